"""From cumulative points to what came since the last one.

A series is known by its name, tags and host. Of each the last point is remembered: when it was, and
its numbers, which only grow. A later point gives the differences. One with a start of its own,
after the point that is remembered, comes from a program that has begun anew: it counts in full. A
number that shrinks without a new start is a reset that nobody has announced: the point is the base
of the next one and gives nothing, as in the Agent.

The first point of a series gives nothing either when its program was counting before we were there
to see: most of it has been counted elsewhere, or would be counted twice after a restart. When the
program began after us, all of it is new.
"""

from dataclasses import dataclass
from typing import NamedTuple

from serverless_init.otlp.stats import BASELINE, CONTEXTS_MAX, OUT_OF_ORDER


class Step(NamedTuple):
    """What `numbers` have grown by, and what stood `beside` them at the last point.

    That is None where the numbers count in full.
    """

    numbers: tuple[float, ...]
    beside: tuple[float, ...] | None


@dataclass(slots=True)
class _Last:
    time_ns: int
    numbers: tuple[float, ...]
    beside: tuple[float, ...]
    seen_at: float


class Deltas:
    """The last point of every series, at most `series_max`, none older than `ttl_s`.

    `first` is ``auto``, ``keep`` or ``drop``; `began_ns` is when we began.
    """

    def __init__(self, *, first: str, began_ns: int, ttl_s: float, series_max: int) -> None:
        self._first = first
        self._began_ns = began_ns
        self._ttl_s = ttl_s
        self._series_max = series_max
        self._last: dict[tuple[object, ...], _Last] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        return len(self._last)

    def advance(
        self,
        series: tuple[object, ...],
        *,
        start_ns: int,
        time_ns: int,
        numbers: tuple[float, ...],
        beside: tuple[float, ...] = (),
        now: float,
    ) -> Step | str:
        """What `numbers` are more than at the last point of `series`, or the reason to drop them.

        What is `beside` them may shrink and is kept for the next point as it is. `now` is in unix
        seconds.
        """
        self._sweep(now)
        last = self._last.get(series)
        if last is None:
            if len(self._last) >= self._series_max:
                return CONTEXTS_MAX
            self._last[series] = _Last(time_ns, numbers, beside, now)
            whole = self._counts_from_zero(start_ns, time_ns)
            return Step(numbers, None) if whole else BASELINE
        if time_ns <= last.time_ns:
            return OUT_OF_ORDER
        self._last[series] = _Last(time_ns, numbers, beside, now)
        if start_ns > last.time_ns:
            return Step(numbers, None)
        if len(last.numbers) != len(numbers):
            return BASELINE
        grown = tuple(new - old for new, old in zip(numbers, last.numbers, strict=True))
        if min(grown) < 0:
            return BASELINE
        return Step(grown, last.beside)

    def _counts_from_zero(self, start_ns: int, time_ns: int) -> bool:
        if self._first == "auto":
            return start_ns > self._began_ns and start_ns != time_ns
        return self._first == "keep"

    def _sweep(self, now: float) -> None:
        if now - self._swept_at < self._ttl_s / 2:
            return
        self._swept_at = now
        stale = [key for key, last in self._last.items() if now - last.seen_at >= self._ttl_s]
        for key in stale:
            del self._last[key]
