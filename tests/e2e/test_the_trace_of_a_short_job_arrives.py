"""A job that makes one trace and ends at once: the trace arrives, and so do its statistics.

``TRACES_RUNS`` says how often each is played; by default twice.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

RUNS = int(os.environ.get("TRACES_RUNS", "2"))
Run = Callable[..., "subprocess.CompletedProcess[str]"]

WITH_DDTRACE = """
from ddtrace import tracer
with tracer.trace("job", service="shop", resource="nightly"):
    pass
"""
# Connects in its first milliseconds, and is gone as soon as it has its answer.
BY_HAND = """
import os, socket, sys
path = sys.argv[1]
if path.startswith("/"):
    client = socket.socket(socket.AF_UNIX); client.connect(path)
else:
    client = socket.create_connection(("127.0.0.1", int(path)))
body = (b'[[{"service":"shop","name":"job","resource":"nightly","trace_id":7,"span_id":7,'
        b'"start":1,"duration":1,"metrics":{"_sampling_priority_v1":1}}]]')
client.sendall(b"PUT /v0.4/traces HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n"
               b"Content-Length: %d\\r\\n\\r\\n%b" % (len(body), body))
answer = client.recv(4096)
os._exit(0 if answer.startswith(b"HTTP/1.1 200 ") else 1)
"""


@pytest.fixture
def intake() -> Iterator[IntakeThread]:
    with IntakeThread() as running:
        yield running


def settings(intake: IntakeThread, **more: str) -> dict[str, str]:
    return {
        "DD_API_KEY": "0123456789abcdef0123456789abcdef",
        "DD_DD_URL": intake.url,
        "DD_SERVERLESS_RECEIPT": "json",
        **more,
    }


def expect_the_trace(outcome: "subprocess.CompletedProcess[str]", intake: IntakeThread) -> None:
    assert outcome.returncode == 0, outcome.stderr
    snapshot = intake.snapshot()
    assert [(span.name, span.resource) for span in snapshot.spans] == [("job", "nightly")]
    assert [(group.name, group.hits) for group in snapshot.stats] == [("job", 1)]
    signals = json.loads(outcome.stderr.splitlines()[-1])["signals"]
    whole = {"accepted": 1, "delivered": 1, "dropped": {}, "held": 0}
    assert signals == {"spans": whole, "span_stats": whole}


@pytest.mark.parametrize("_", range(RUNS))
def test_with_a_real_tracer(
    run: Run, environment: dict[str, str], intake: IntakeThread, _: int
) -> None:
    address = f"http://127.0.0.1:{environment['DD_APM_RECEIVER_PORT']}"
    env = settings(intake, DD_TRACE_AGENT_URL=address)
    expect_the_trace(run(sys.executable, "-c", WITH_DDTRACE, env=env), intake)


@pytest.mark.parametrize("_", range(RUNS))
@pytest.mark.parametrize("way", ["port", "socket"])
def test_in_the_first_millisecond(
    run: Run, environment: dict[str, str], intake: IntakeThread, way: str, tmp_path: object, _: int
) -> None:
    socket_path = f"{tmp_path}/apm.socket"
    where = environment["DD_APM_RECEIVER_PORT"] if way == "port" else socket_path
    env = settings(intake, DD_APM_RECEIVER_SOCKET=socket_path)
    outcome = run(sys.executable, "-S", "-E", "-c", BY_HAND, where, env=env)
    expect_the_trace(outcome, intake)


@pytest.mark.parametrize("_", range(RUNS))
def test_while_the_intake_fails_at_first(run: Run, environment: dict[str, str], _: int) -> None:
    faults = {
        route: [FaultStep(status=503, times=2)] for route in ("/api/v0.2/traces", "/api/v0.2/stats")
    }
    with IntakeThread(faults=faults) as intake:
        where = environment["DD_APM_RECEIVER_PORT"]
        outcome = run(sys.executable, "-S", "-E", "-c", BY_HAND, where, env=settings(intake))
        expect_the_trace(outcome, intake)
