"""Whether the app writes so fast that nobody could keep up. Pure.

A bucket that drains at `BYTES_PER_S`: a burst of two full pipes fits, what goes on overflows it.
"""

BYTES_PER_S = 100_000_000
BURST_BYTES = 131_072


class Flood:
    """The bucket of one stream. Times are unix seconds."""

    def __init__(self) -> None:
        self._level = 0.0
        self._at = 0.0

    def passed(self, size: int, at: float) -> bool:
        """Take in `size` bytes, written at `at`; whether this is a flood."""
        drained = max(0.0, at - self._at) * BYTES_PER_S
        self._level = max(0.0, self._level - drained) + size
        self._at = at
        return self._level > BURST_BYTES
