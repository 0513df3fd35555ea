"""A program under measurement: started, looked at through ``/proc``, ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from serverless_init.gate.procfs import parse_rollup, parse_stat
from serverless_init.gate.programs import CannotMeasure

_PATIENCE_S = 15.0
_POLL_S = 0.02
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Running:
    """A context manager: the program runs while the block does. What it says goes to `log`.

    Entering raises `CannotMeasure` when it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], folder: str, log: str
    ) -> None:
        self._command = command
        self._environ = environ
        self._folder = folder
        self._log = log

    def __enter__(self) -> "Running":
        with open(self._log, "wb") as log:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    env=self._environ,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            except OSError as error:  # a binary for another machine, say
                raise CannotMeasure(f"{self._command[0]}: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """End it with SIGTERM, so that it may deliver; with SIGKILL if it does not end."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once `ready`. Raises `CannotMeasure`, with its last words, when it never is."""
        deadline = time.monotonic() + _PATIENCE_S
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                with open(self._log, encoding="utf-8", errors="replace") as log:
                    said = log.read().strip().splitlines() or ["it says nothing"]
                raise CannotMeasure(f"{self._command[0]} does not listen: {said[-1]}")
            time.sleep(_POLL_S)

    def cpu_s(self) -> float:
        """Seconds of CPU that all of its threads have used."""
        with open(f"/proc/{self._process.pid}/stat", encoding="utf-8") as file:
            return parse_stat(file.read()).ticks / _TICKS_PER_S

    def memory_bytes(self) -> tuple[int, int]:
        """PSS and RSS."""
        with open(f"/proc/{self._process.pid}/smaps_rollup", encoding="utf-8") as file:
            return parse_rollup(file.read())


def udp_drops(port: int) -> int | None:
    """Packets that the kernel has dropped at the sockets bound to `port`; None without any."""
    drops = []
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        if os.path.exists(table):
            with open(table, encoding="utf-8") as file:
                rows = [line.split() for line in file][1:]
            drops += [int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) == port]
    return sum(drops) if drops else None
