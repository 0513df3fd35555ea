"""Tracers that programs use: the spans they made are the spans that arrive, and are counted."""

import json
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from serverless_init.intake.received_traces import ReceivedSpan
from serverless_init.testing import IntakeThread, is_listening, wait_until

FOLDER = Path(__file__).parent
DDTRACE_RUN = Path(sys.executable).with_name("ddtrace-run")
TEST_AGENT = Path(sys.executable).with_name("ddapm-test-agent")
NODE = Path(sys.executable).with_name("node")
NODE_APP = FOLDER / "node" / "traced.js"
APP = FOLDER / "python" / "traced.py"
REQUESTS = 5
SHOP = (DDTRACE_RUN, sys.executable, APP, str(REQUESTS))
# A name begins with a letter.
NORMALIZED = {"__main__.order": "main.order"}

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Traced = Callable[..., dict[str, Any]]


@pytest.fixture
def intake() -> Iterator[IntakeThread]:
    with IntakeThread() as running:
        yield running


@pytest.fixture
def traced(run: Run, environment: dict[str, str], intake: IntakeThread) -> Traced:
    """Run a program under its tracer to a good end: the account of its spans."""
    receiver = f"http://127.0.0.1:{environment['DD_APM_RECEIVER_PORT']}"

    def ran(*command: str | Path, **settings: str) -> dict[str, Any]:
        env = {
            "DD_TRACE_AGENT_URL": receiver,
            "DD_SERVICE": "shop",
            "DD_ENV": "test",
            "DD_SERVERLESS_RECEIPT": "json",
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_DD_URL": intake.url,
            **settings,
        }
        outcome = run(*map(str, command), env=env, timeout_s=90.0)
        assert outcome.returncode == 0, outcome.stderr
        account: dict[str, Any] = json.loads(outcome.stderr.splitlines()[-1])["signals"]["spans"]
        return account

    return ran


def by_id(spans: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {span["span_id"]: span for span in spans}


def as_made(span: ReceivedSpan) -> dict[str, object]:
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "service": span.service,
        "name": span.name,
        "start_ns": span.start_ns,
        "duration_ns": span.duration_ns,
        "error": span.error,
    }


@pytest.fixture
def test_agent(environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Datadog's own check of what tracers send, in front of us; its address."""
    with ExitStack() as probes:
        port, http, grpc = (
            str(probes.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])
            for _ in range(3)
        )
    command = [TEST_AGENT, "--port", port, "--otlp-http-port", http, "--otlp-grpc-port", grpc]
    command += ["--agent-url", f"http://127.0.0.1:{environment['DD_APM_RECEIVER_PORT']}"]
    command += ["--pool-trace-check-failures", "true"]
    with (tmp_path / "test-agent.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=tmp_path)
        try:
            wait_until(lambda: is_listening(int(port)), 30.0)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("version", ["v0.4", "v0.5"])
def test_the_spans_that_ddtrace_makes_arrive_as_they_were_made(
    traced: Traced, intake: IntakeThread, tmp_path: Path, version: str
) -> None:
    made = tmp_path / "made.json"
    account = traced(*SHOP, made, DD_TRACE_API_VERSION=version)
    snapshot = intake.snapshot()
    expected = by_id(json.loads(made.read_text()))
    arrived = by_id([as_made(span) for span in snapshot.spans])
    for span in expected.values():
        span["name"] = NORMALIZED.get(str(span["name"]), span["name"])
    assert arrived == expected
    routes = [route for route in snapshot.totals.routes if route.startswith("/api/v0.2/")]
    assert sorted(routes) == ["/api/v0.2/stats", "/api/v0.2/traces"]
    queries = [span for span in snapshot.spans if span.name == "orders.query"]
    assert [span.resource for span in queries] == ["SELECT * FROM orders WHERE id = ?"] * REQUESTS
    hits = Counter(group.name for group in snapshot.stats for _ in range(group.hits))
    assert hits["orders.query"] == hits["flask.request"] == REQUESTS
    assert sum(group.failed.count for group in snapshot.stats if group.name == "flask.request") == 1
    assert account == {
        "accepted": len(expected),
        "delivered": len(expected),
        "dropped": {},
        "held": 0,
    }


@pytest.mark.usefixtures("node_packages")
def test_the_spans_that_dd_trace_of_node_makes_arrive(
    traced: Traced, intake: IntakeThread, tmp_path: Path
) -> None:
    made = tmp_path / "made.json"
    traced(NODE, NODE_APP, str(REQUESTS), made)
    spans = intake.snapshot().spans
    arrived = [
        {"trace_id": str(span.trace_id), "span_id": str(span.span_id)}
        for span in spans
        if span.name == "orders.query"
    ]
    assert sorted(arrived, key=str) == sorted(json.loads(made.read_text()), key=str)
    requests = {span.trace_id for span in spans if span.name == "web.request"}
    assert len(requests) == REQUESTS


def test_a_rate_that_we_answer_is_obeyed_by_ddtrace(traced: Traced, intake: IntakeThread) -> None:
    account = traced(sys.executable, FOLDER / "python" / "sampled.py", DD_APM_TARGET_TPS="5")
    arrived = intake.snapshot().spans
    kept = [span.metrics["_dd.agent_psr"] for span in arrived if span.name == "after"]
    # 0.5, unless a window ended among the first.
    assert max(kept) < 1.0
    assert 0 < len(kept) < 60
    assert account["dropped"] == {"not_sampled": account["accepted"] - account["delivered"]}


def test_the_test_agent_of_datadog_finds_nothing_wrong_between_tracer_and_us(
    traced: Traced, intake: IntakeThread, tmp_path: Path, test_agent: str
) -> None:
    made = tmp_path / "made.json"
    traced(*SHOP, made, DD_TRACE_AGENT_URL=test_agent)
    with urllib.request.urlopen(f"{test_agent}/test/trace_check/failures", timeout=10) as answer:
        assert (answer.status, answer.read()) == (200, b"200: OK")
    with urllib.request.urlopen(f"{test_agent}/test/traces", timeout=10) as answer:
        seen = {span["span_id"] for trace in json.load(answer) for span in trace}
    assert seen == {span.span_id for span in intake.snapshot().spans}
