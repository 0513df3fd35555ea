"""Unix datagrams at 100 MiB a second: what is lost, and how much of a core it takes."""

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.messages import counters
from tests.bench.programs import (
    SCRIPT,
    Program,
    build_app,
    environment,
    local_intake,
)

from serverless_init.testing import free_port

_ROUNDS, _SECONDS, _BYTES_PER_S = 3, 10, 100 << 20
_DATAGRAM_BYTES, _CONTEXTS, _TAGS = 8_192, 1_000, 20


def measure() -> Iterator[Figure]:
    """Cores of the process, MiB/s that were sent, and messages lost."""
    with tempfile.TemporaryDirectory() as folder, local_intake() as url:
        app = build_app(Path(folder))
        runs = [_run(app, f"{folder}/dsd.sock", url) for _ in range(_ROUNDS)]
    cores, rates, lost = zip(*runs, strict=True)
    what = f"Unix datagrams of up to {_DATAGRAM_BYTES:,} bytes"
    yield Figure(f"{what}: in use", "cores", cores)
    yield Figure(f"{what}: sent", "MiB/s", rates)
    yield Figure(f"{what}: lost", "messages", lost)


def _datagrams() -> list[bytes]:
    """Messages with long tags, as many to a datagram as it holds."""
    datagrams, lines, size = list[bytes](), list[bytes](), 0
    for line in counters(_CONTEXTS, _TAGS):
        if size + len(line) + 1 > _DATAGRAM_BYTES:
            datagrams.append(b"\n".join(lines))
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    return [*datagrams, b"\n".join(lines)]


def _run(app: str, path: str, url: str) -> tuple[float, float, float]:
    environ = environment(free_port(), dogstatsd_socket=path, dd_url=url, serverless_receipt="json")
    with Program([SCRIPT, app, "wait"], environ) as program:
        time.sleep(1.0)
        before_s, began = program.cpu_s(), time.monotonic()
        messages, sent = _send(path, began)
        took_s = time.monotonic() - began
        time.sleep(0.5)  # what waits in the backlog is ingested
        cores = (program.cpu_s() - before_s) / took_s
        program.terminate()
        receipt = json.loads(program.stderr.read())
    return cores, sent / took_s / (1 << 20), float(messages - receipt["delivered"])


def _send(path: str, began: float) -> tuple[int, int]:
    """Messages and bytes that the server's socket took, at an even pace."""
    messages = sent = 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(path)
        for datagram in cycle(_datagrams()):
            if sent >= (time.monotonic() - began) * _BYTES_PER_S:
                time.sleep(0.001)
            if sent >= _SECONDS * _BYTES_PER_S:
                return messages, sent
            client.send(datagram)
            messages += datagram.count(b"\n") + 1
            sent += len(datagram)
    raise AssertionError("cycled for ever")
