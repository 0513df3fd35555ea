"""Two files of 500 KiB/s each, rotated at 5 MiB, followed for a minute: is a line missing?

The intake takes 75 ms for every answer. Each line has its file and its number.
"""

import json
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import zstandard
from tests.bench.figures import Figure
from tests.bench.programs import (
    SCRIPT,
    Program,
    environment,
)

from serverless_init.testing import free_port

_SECONDS = 60
_BYTES_PER_S, _ROTATE_BYTES = 500 * 1024, 5 * 1024 * 1024
_LATENCY_S = 0.075
_LINE = "{name} {number:08d} " + "x" * 105 + "\n"
_STEP_S = 0.05


class _Generator(threading.Thread):
    """Writes one file at an even pace and rotates it by renaming."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.lines = path, 0

    def run(self) -> None:
        file = self.path.open("a")
        began = time.monotonic()
        written = total = 0
        while (elapsed := time.monotonic() - began) < _SECONDS:
            while total < elapsed * _BYTES_PER_S:
                line = _LINE.format(name=self.path.name, number=self.lines)
                file.write(line)
                self.lines += 1
                written += len(line)
                total += len(line)
            file.flush()
            if written >= _ROTATE_BYTES:
                file.close()
                self.path.replace(self.path.with_suffix(".1"))
                file = self.path.open("a")
                written = 0
            time.sleep(_STEP_S)
        file.close()


def measure() -> Iterator[Figure]:
    """Lines written, lines that did not arrive, lines that arrived twice, connections."""
    with tempfile.TemporaryDirectory() as folder, _slow_intake() as (url, got):
        generators = [_Generator(Path(folder) / f"{n}.log") for n in "ab"]
        settings = {
            "dd_url": url,
            "logs_config_logs_dd_url": url,
            "serverless_log_path": f"{folder}/*.log",
            "serverless_receipt": "off",
        }
        with Program([SCRIPT], environment(free_port(), **settings)) as program:
            for generator in generators:
                generator.start()
            for generator in generators:
                generator.join()
            cpu_s = program.cpu_s()
    written = sum(generator.lines for generator in generators)
    missing = sum(g.lines - len(got.numbers[g.path.name]) for g in generators)
    yield Figure("lines written", "lines", (written,))
    yield Figure("lines missing", "lines", (missing,))
    yield Figure("lines that came twice", "lines", (got.lines - written + missing,))
    yield Figure("lines that came out of order", "lines", (got.disorder,))
    yield Figure("connections", "connections", (got.connections,))
    yield Figure("most requests at once", "requests", (got.most_at_once,))
    yield Figure("CPU while following", "% of a core", (100 * cpu_s / _SECONDS,))


class _Got:
    """What came, by the file's name."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.numbers: dict[str, set[int]] = defaultdict(set)
        self.last: dict[str, int] = defaultdict(lambda: -1)
        self.lines = self.disorder = self.connections = self.at_once = self.most_at_once = 0

    def take(self, body: bytes) -> None:
        plain = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        with self.lock:
            for entry in json.loads(plain):
                name, number, _ = entry["message"].split(" ")
                self.numbers[name].add(int(number))
                self.disorder += int(number) < self.last[name]
                self.last[name] = int(number)
                self.lines += 1


@contextmanager
def _slow_intake() -> Iterator[tuple[str, _Got]]:
    got = _Got()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with got.lock:
                got.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with got.lock:
                got.at_once += 1
                got.most_at_once = max(got.most_at_once, got.at_once)
            time.sleep(_LATENCY_S)
            if self.path == "/api/v2/logs":
                got.take(body)
            with got.lock:
                got.at_once -= 1
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()
