"""The processes of one replicate: the sink, the sender, the target, each with a life of its own."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from serverless_init.errors import ServerlessInitError

LOGS_ROUTE = "/api/v2/logs"

_PATIENCE_S = 60.0
_NAP_S = 0.01


class ReplicateFailed(ServerlessInitError):
    """A replicate has no result: a process of it did not do what it should."""


class Running:
    """A started process; ended, if need be by force, when the block ends."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        cpu: int | None = None,
        stderr: str = os.devnull,
    ) -> None:
        self.command = command
        self.stderr_path = stderr
        with open(stderr, "wb") as errors:
            self.process = subprocess.Popen(
                command,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._pin(cpu)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def line(self) -> str:
        """The next line of its stdout. Raises `ReplicateFailed` at its end."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        if not line:
            raise ReplicateFailed(f"{self.command[0]} ended early: {self.errors()[-200:]}")
        return line.strip()

    def tell(self, text: str) -> None:
        """Write one line to its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def terminate(self) -> float:
        """Send SIGTERM and wait; the seconds that took. Raises `ReplicateFailed` after a minute."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.wait()
        return time.monotonic() - began

    def wait(self) -> None:
        """Wait for the end. Raises `ReplicateFailed` after a minute."""
        try:
            self.process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise ReplicateFailed(f"{self.command[0]} does not end") from None

    def errors(self) -> str:
        """What it has written to stderr."""
        with open(self.stderr_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def _pin(self, cpu: int | None) -> None:
        if cpu is not None and cpu in os.sched_getaffinity(0):
            os.sched_setaffinity(self.process.pid, {cpu})


class Sink(Running):
    """The local intake in a process of its own."""

    def __init__(self, own_bin: str, environ: Mapping[str, str], *, cpu: int | None) -> None:
        command = [os.path.join(own_bin, "sictl"), "intake"]
        super().__init__(command, environ, cpu=cpu)
        self.url = self.line().split()[-1]
        self.port = int(self.url.rpartition(":")[2])

    def delay(self, route: str, milliseconds: int) -> None:
        """Answer every request to `route` that much later."""
        steps = [{"delay_s": milliseconds / 1000, "times": 10**9}]
        order = json.dumps({"route": route, "steps": steps}).encode()
        with urllib.request.urlopen(f"{self.url}/local/faults", order, timeout=10):  # noqa: S310
            pass

    def totals(self) -> dict[str, int]:
        """What has been received: requests, payloads, items, bytes; `payloads` without logs."""
        with urllib.request.urlopen(f"{self.url}/local/totals", timeout=10) as answer:  # noqa: S310
            said = json.load(answer)
        logs = said.pop("routes").get(LOGS_ROUTE, {})
        said["payloads"] -= logs.get("payloads", 0)
        totals: dict[str, int] = said
        return totals


class Generator(Running):
    """A process that makes a load: ``python -m MODULE``. It is ready when the constructor returns.

    `orders` are what it is told; see `sender` and `log_files`.
    """

    def __init__(
        self,
        python: str,
        environ: Mapping[str, str],
        module: str,
        orders: Mapping[str, object],
        *,
        cpu: int | None,
    ) -> None:
        super().__init__([python, "-m", f"serverless_init.gate.{module}"], environ, cpu=cpu)
        self.tell(json.dumps(orders))
        if self.line() != "ready":
            raise ReplicateFailed(f"{module} is not ready")

    def go(self) -> None:
        """Begin."""
        self.tell("go")

    def done(self) -> dict[str, float]:
        """What has been sent or written, at the end."""
        said: dict[str, float] = json.loads(self.line())
        return said


def wait_for(path: str) -> None:
    """Wait until `path` is there. Raises `ReplicateFailed` after a minute."""
    deadline = time.monotonic() + _PATIENCE_S
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise ReplicateFailed(f"{path} does not appear")
        time.sleep(_NAP_S)


def receipt_of(target: Running) -> dict[str, object]:
    """The receipt: the last line of the target's stderr. Raises `ReplicateFailed`."""
    lines = target.errors().strip().splitlines()
    try:
        said: dict[str, object] = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise ReplicateFailed(f"no receipt: {lines[-1:]}") from None
    return said
