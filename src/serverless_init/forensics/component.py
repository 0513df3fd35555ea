"""The component: stands above all others, so that what it finds out still goes their whole way.

When the app has ended, and not well, it waits a moment for the last of stderr, asks the kernel how
many processes it has killed, and tells everybody who wants to know. They drain afterwards.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from signal import Signals

from serverless_init.clock import Clock
from serverless_init.forensics.tail import StderrTail
from serverless_init.lifecycle import Drained
from serverless_init.model import ExitReport

# What the app wrote last is in a pipe when it ends; in a flood of lines it may take too long.
_STDERR_S_MAX = 0.5


@dataclass(frozen=True, slots=True)
class AppEnd:
    """What is known of the app's end without looking any further.

    `code` is as a shell gives it, `signal` the number of the one that ended it or 0; `was_stopped`
    says that we had been told to stop.
    """

    code: int
    signal: int
    was_stopped: bool


class Forensics:
    """The component. `end` is asked at the end, `kills` at start and end.

    With `owns_group` everything that the kernel has killed in our group was the app's doing, also
    before our start. Each of `tell` is given the report.
    """

    name = "forensics"

    def __init__(
        self,
        *,
        end: Callable[[], AppEnd],
        kills: Callable[[], int | None],
        owns_group: bool,
        tail: StderrTail | None,
        tell: Iterable[Callable[[ExitReport], None]],
        clock: Clock,
    ) -> None:
        self.report: ExitReport | None = None
        self._end = end
        self._kills = kills
        self._kills_before: int | None = 0 if owns_group else None
        self._tail = tail
        self._tell = tuple(tell)
        self._clock = clock

    async def start(self) -> None:
        """Remember how many were killed before."""
        if self._kills_before is None:
            self._kills_before = self._kills()

    async def drain(self, deadline: float) -> Drained:
        """Find out, and tell."""
        end, kills = self._end(), self._kills()
        lines: list[str] = []
        if end.code and self._tail is not None:
            left_s = min(deadline - self._clock.monotonic(), _STDERR_S_MAX)
            await _ended(self._tail, left_s)
            lines = self._tail.lines()
        before = self._kills_before
        self.report = ExitReport(
            code=end.code,
            signal=_name_of(end.signal),
            oom_kills=None if kills is None or before is None else max(0, kills - before),
            last_lines=tuple(lines),
            was_stopped=end.was_stopped,
        )
        for tell in self._tell:
            tell(self.report)
        return Drained()

    def close(self) -> None:
        """Nothing is held."""


async def _ended(tail: StderrTail, within_s: float) -> None:
    """Wait until all of stderr has been read, for a moment."""
    if tail.ended:
        return
    ended = asyncio.Event()
    tail.on_end = ended.set
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, within_s)):
            await ended.wait()


def _name_of(number: int) -> str:
    """``SIGKILL`` and the like; real-time signals have numbers only."""
    if not number:
        return ""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
