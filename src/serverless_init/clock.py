"""Clocks: wall time for data, monotonic time for waiting. Components are given one."""

import time
from typing import Protocol


class Clock(Protocol):
    """The two readings a component may ask for."""

    def now(self) -> float:
        """Unix time in seconds: what samples and payloads are stamped with. May jump."""

    def monotonic(self) -> float:
        """Seconds that never go back: what deadlines and backoffs are measured with."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """See `Clock.now`."""
        return time.time()

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()
