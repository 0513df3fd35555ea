"""A simulated Cloud Run job: its task is a span, the parent of what the program traces."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_init.intake.received import ReceivedSpan
from serverless_init.testing import Fault, IntakeThread, MetadataServer

WITH_DDTRACE = """
import sys
from ddtrace import tracer
with tracer.trace("load", service="shop", resource="orders"):
    with tracer.trace("query"):
        pass
tracer.flush()
print("no such order", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""
JOB = {"CLOUD_RUN_JOB": "nightly", "CLOUD_RUN_EXECUTION": "nightly-x", "CLOUD_RUN_TASK_INDEX": "0"}

Spans = dict[str, ReceivedSpan]
Play = Callable[..., tuple[Spans, dict[str, dict[str, object]]]]


@pytest.fixture
def play(run: Callable[..., object], environment: dict[str, str]) -> Play:
    """Run a program as a job: its spans by name, and the accounts of all signals."""

    def played(
        program: str, code: int, **settings: str
    ) -> tuple[Spans, dict[str, dict[str, object]]]:
        with IntakeThread() as intake:
            env = {
                "DD_API_KEY": "0123456789abcdef0123456789abcdef",
                "DD_DD_URL": intake.url,
                "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url,
                "DD_TRACE_AGENT_URL": f"http://127.0.0.1:{environment['DD_APM_RECEIVER_PORT']}",
                "DD_SERVERLESS_RECEIPT": "json",
                "DD_SERVERLESS_FLUSH_TIMEOUT": "60",
                "GCE_METADATA_HOST": "127.0.0.1:1",
                "DD_ENV": "prod",
                **JOB,
                **settings,
            }
            done = run(sys.executable, "-c", program, str(code), env=env, timeout_s=90)
            spans = {span.name: span for span in intake.snapshot().spans}
        assert done.returncode == code  # type: ignore[attr-defined]
        receipt = json.loads(done.stderr.splitlines()[-1])  # type: ignore[attr-defined]
        assert receipt["balanced"]
        return spans, receipt["signals"]

    return played


def test_what_the_program_traces_is_below_the_span_of_the_task(play: Play) -> None:
    spans, accounts = play(WITH_DDTRACE, 0)
    task, root, child = (spans[name] for name in ("gcp.run.job.task", "load", "query"))
    assert (task.service, task.resource, task.parent_id, task.error) == ("nightly", "nightly", 0, 0)
    assert {task.trace_id, root.trace_id, child.trace_id} == {root.trace_id}
    assert task.meta["_dd.p.tid"] == root.meta["_dd.p.tid"]
    assert (root.parent_id, child.parent_id) == (task.span_id, root.span_id)
    assert task.start_ns + task.duration_ns >= root.start_ns + root.duration_ns
    assert task.meta["env"] == "prod"
    assert "exit_code" not in task.meta
    assert accounts["spans"] == {"accepted": 3, "delivered": 3, "dropped": {}, "held": 0}


def test_the_failure_of_a_program_is_on_the_span_of_its_task(play: Play) -> None:
    spans, _ = play(WITH_DDTRACE, 3, DD_LOGS_ENABLED="true")
    task = spans["gcp.run.job.task"]
    assert task.error == 1
    assert (task.meta["error.msg"], task.meta["exit_code"]) == ("exit status 3", "3")
    assert task.meta["error.stack"] == "no such order"
    assert spans["load"].error == 0


def test_a_program_that_traces_nothing_has_the_span_of_its_task(play: Play) -> None:
    spans, accounts = play("import sys; sys.exit(int(sys.argv[1]))", 4)
    (task,) = spans.values()
    assert (task.name, task.error, task.meta["exit_code"]) == ("gcp.run.job.task", 1, "4")
    assert "error.stack" not in task.meta
    assert accounts["spans"]["delivered"] == 1


def test_a_trace_of_which_the_answer_is_not_awaited_is_below_the_task_too(
    play: Play, environment: dict[str, str]
) -> None:
    """The span of the task was over before the last request had been read."""
    program = f"""
import os, socket, sys
client = socket.create_connection(("127.0.0.1", {environment["DD_APM_RECEIVER_PORT"]}))
body = (b'[[{{"service":"shop","name":"load","resource":"orders","trace_id":7,"span_id":8,'
        b'"start":1,"duration":1,"metrics":{{"_sampling_priority_v1":1}}}}]]')
client.sendall(b"PUT /v0.4/traces HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n"
               b"Content-Length: %d\\r\\n\\r\\n%b" % (len(body), body))
os._exit(0)
"""
    spans, _ = play(program, 0)
    assert spans["load"].parent_id == spans["gcp.run.job.task"].span_id
    assert spans["gcp.run.job.task"].trace_id == 7


def test_a_task_has_a_span_though_nobody_listens_for_traces(play: Play) -> None:
    spans, _ = play("import sys; sys.exit(int(sys.argv[1]))", 0, DD_APM_RECEIVER_PORT="0")
    assert list(spans) == ["gcp.run.job.task"]


def test_the_task_began_before_its_program(play: Play, tmp_path: Path) -> None:
    """It began when the metadata server had answered, and its duration lacked that time."""
    note = tmp_path / "began"
    program = f"import time; open({str(note)!r}, 'w').write(str(time.time_ns()))"
    with MetadataServer(Fault.HANG) as server:
        spans, _ = play(program, 0, **server.environment)
    task, program_ns = spans["gcp.run.job.task"], int(note.read_text())
    assert task.start_ns < program_ns < task.start_ns + task.duration_ns


def test_the_setting_turns_it_off(play: Play) -> None:
    spans, accounts = play("import sys; sys.exit(int(sys.argv[1]))", 0, DD_TRACE_ENABLED="false")
    assert spans == {}
    assert "spans" not in accounts
