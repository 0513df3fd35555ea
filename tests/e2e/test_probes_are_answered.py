"""A platform's probes on ``DD_HEALTH_PORT``."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

KEY = "0123456789abcdef0123456789abcdef"
HEALTHY = [
    "aggregator",
    "api_key",
    "dogstatsd",
    "forwarder",
    "trace_stats_forwarder",
    "traces",
    "traces_forwarder",
]
Answer = tuple[int, dict[str, list[str]]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sidecar(start: Callable[..., object], port: int) -> Iterator[Callable[..., object]]:
    """Start a sidecar with probes; it is stopped at the end."""
    started = []

    def starting(**env: str) -> object:
        env = {"DD_HEALTH_PORT": str(port), "DD_DOGSTATSD_NON_LOCAL_TRAFFIC": "false", **env}
        started.append(start(env=env))
        return started[-1]

    yield starting
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


def ask(port: int, path: str, host: str = "127.0.0.1") -> Answer:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def until(port: int, path: str, status: int) -> Answer:
    """Ask, as a platform does, until the answer has `status`."""
    deadline = time.monotonic() + 20
    while True:
        try:
            answer = ask(port, path)
            if answer[0] == status:
                return answer
        except OSError:
            answer = None
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)


def test_a_sidecar_becomes_ready_and_is_live(sidecar: Callable[..., object], port: int) -> None:
    with IntakeThread() as intake:
        sidecar(DD_API_KEY=KEY, DD_DD_URL=intake.url)
        _, body = until(port, "/ready", 200)
        assert (sorted(body["Healthy"]), body["Unhealthy"]) == (HEALTHY, [])
        assert ask(port, "/startup")[0] == 200
        assert ask(port, "/live") == (200, {"Healthy": ["health"], "Unhealthy": []})
        assert ask(port, "/ready", "::1")[0] == 200
        assert ask(port, "/other")[0] == 404


def test_a_key_that_datadog_refuses_is_no_reason_to_be_restarted(
    sidecar: Callable[..., object], port: int, free_port: int
) -> None:
    with IntakeThread() as intake:
        intake.script(steps=[FaultStep(status=403, times=100)])
        sidecar(DD_API_KEY=KEY, DD_DD_URL=intake.url)
        until(port, "/ready", 200)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"orders:1|c", ("127.0.0.1", free_port))
        _, body = until(port, "/ready", 500)
        assert body["Unhealthy"] == ["api_key"]
        assert ask(port, "/live")[0] == ask(port, "/startup")[0] == 200


def test_a_port_that_is_taken_costs_the_probes_only(run: Callable[..., object], port: int) -> None:
    with socket.create_server(("", port)):
        ended = run("true", env={"DD_HEALTH_PORT": str(port), "DD_SERVERLESS_RECEIPT": "off"})
    assert ended.returncode == 0
    assert "health cannot start" in ended.stderr
