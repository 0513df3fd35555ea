"""Programs under measurement: built, started at a known instant, observed from outside, ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

PYTHON = sys.executable
SCRIPT = str(Path(PYTHON).with_name("serverless-init"))
SICTL = str(Path(PYTHON).with_name("sictl"))
_SOURCE = Path(__file__).with_name("app.c")
# The low bits of a clock id that mean the CPU time of a whole process: clock_getcpuclockid(3).
_CPU_CLOCK = 2


def build_app(folder: Path) -> str:
    """Compile the app into `folder`; needs a C compiler (``$CC`` or ``cc``)."""
    binary = str(folder / "app")
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-O2", "-Wall", "-o", binary, str(_SOURCE)], check=True)
    return binary


def environment(port: int, **settings: object) -> dict[str, str]:
    """The environment of a run: nothing of this machine's settings, and `port` for UDP and TCP."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DD_", "PYTHON"))}
    told = {f"DD_{name.upper()}": str(value) for name, value in settings.items()}
    ports = dict.fromkeys(("DD_DOGSTATSD_PORT", "DD_APM_RECEIVER_PORT"), str(port))
    return {**kept, **ports, "DD_API_KEY": "0" * 32, **told}


class Program:
    """A started process; `started_ns` is the monotonic clock right before its exec.

    As a context manager it is ended at the block's end, if it has not ended by itself.
    """

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        # Pipes hold what these programs write: nobody needs to read before they have ended.
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, out_end, 1),
            (os.POSIX_SPAWN_DUP2, err_end, 2),
        ]
        self.started_ns = time.monotonic_ns()
        self.pid = os.posix_spawn(command[0], command, environ, file_actions=actions)
        os.close(out_end)
        os.close(err_end)
        self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)
        self._running = True

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._running:
            self.terminate()
        self.stdout.close()
        self.stderr.close()

    def wait(self) -> int:
        """Wait for its end; the monotonic clock, in ns, at that instant."""
        os.waitpid(self.pid, 0)
        ended_ns = time.monotonic_ns()
        self._running = False
        return ended_ns

    def terminate(self) -> None:
        """Send SIGTERM and wait for the end."""
        os.kill(self.pid, signal.SIGTERM)
        self.wait()

    def cpu_s(self) -> float:
        """CPU seconds it has used so far, user and system, its children's not included."""
        return time.clock_gettime(~self.pid << 3 | _CPU_CLOCK)

    def memory_bytes(self) -> tuple[int, int]:
        """Its PSS and RSS now, in bytes."""
        with open(f"/proc/{self.pid}/smaps_rollup") as rollup:
            lines = dict(line.split(":", 1) for line in rollup if ":" in line[:20])
        return _bytes(lines["Pss"]), _bytes(lines["Rss"])


@contextmanager
def local_intake() -> Iterator[str]:
    """Run ``sictl intake`` in a process of its own; gives its URL."""
    with Program([SICTL, "intake"], environment(0)) as intake:
        yield intake.stdout.readline().split()[-1]


@contextmanager
def instant_intake() -> Iterator[str]:
    """Run, on a thread, an intake that accepts without looking, as if it were no work at all."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Accept) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Accept(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _bytes(cell: str) -> int:
    number, unit = cell.split()
    assert unit == "kB", "the kernel's only unit"
    return int(number) * 1024
