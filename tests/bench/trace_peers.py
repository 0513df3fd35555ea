"""What a span costs as a whole process, ours beside datadog-serverless-compat's.

Both get the same requests of 100 spans, over one connection each, in turn; CPU is that of the
process from the first request until everything has been delivered.
"""

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.programs import (
    Program,
    environment,
    instant_intake,
)
from tests.bench.traces import body_of_now

from serverless_init.gate.peers.fetch import compat
from serverless_init.testing import free_port

_CACHE = Path("build/peers")
_ROUNDS, _REQUESTS, _SPANS = 5, 400, 100
# Both pass on at least every three seconds.
_DELIVERED_S = 4.0
_PATIENCE_S = 20.0
_MIB = 1 << 20


def measure() -> Iterator[Figure]:
    """CPU microseconds a span, and PSS after all of them, in MiB."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    binary = compat(str(_CACHE.resolve()), os.environ)
    names = ("datadog-serverless-compat", "serverless-init")
    cpu: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, list[float]] = {name: [] for name in names}
    bodies = [body_of_now() for _ in range(20)]
    with instant_intake() as url:
        for _ in range(_ROUNDS):
            for name in names:
                port = free_port()
                command, environ = _invocation(name, binary, url, port)
                with Program(command, environ) as program:
                    used, pss = _load(program, port, bodies)
                cpu[name].append(used * 1e6 / (_REQUESTS * _SPANS))
                memory[name].append(pss / _MIB)
    for name in names:
        yield Figure(f"trace-peers: {name}", "CPU us/span", tuple(cpu[name]))
    for name in names:
        yield Figure(f"trace-peers: {name}", "MiB PSS", tuple(memory[name]))


def _invocation(name: str, binary: str, url: str, port: int) -> tuple[list[str], Mapping[str, str]]:
    if name == "serverless-init":
        command = [str(Path(sys.executable).with_name("serverless-init"))]
        return command, environment(port, dd_url=url, apm_dd_url=url)
    peer = {"DD_SITE": f".0.1:{url.rpartition(':')[2]}", "DD_APM_PROFILING_DD_URL": url}
    # The identity of an Azure Spring app, which needs no metadata server.
    peer["ASCSVCRT_SPRING__APPLICATION__NAME"] = "peer"
    return [binary], {**environment(port, apm_dd_url=url), **peer}


def _load(program: Program, port: int, bodies: list[bytes]) -> tuple[float, int]:
    connection = _connected(port)
    began = program.cpu_s()
    for number in range(_REQUESTS):
        headers = {"Content-Type": "application/msgpack", "X-Datadog-Trace-Count": "20"}
        connection.request("PUT", "/v0.4/traces", bodies[number % len(bodies)], headers)
        answer = connection.getresponse()
        json.loads(answer.read())
        assert answer.status == 200
    time.sleep(_DELIVERED_S)
    connection.close()
    return program.cpu_s() - began, program.memory_bytes()[0]


def _connected(port: int) -> http.client.HTTPConnection:
    """A connection that has been answered once: everything is loaded."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        try:
            connection.request("GET", "/info")
            connection.getresponse().read()
        except OSError:
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.05)
        else:
            return connection
