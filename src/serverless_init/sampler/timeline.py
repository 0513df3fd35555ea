"""Which timestamp a bucket's points get.

The intake overwrites a point when another one of the same series has the same timestamp. A bucket
normally starts where its ten second window starts; but a window can need a second bucket, when the
first was flushed before the window was over, or when the clock jumped back into a window that was
flushed. Its points must not take the place of those already sent. So each start is given out once:

- after a forced flush at second t, the rest of the window that t is in starts at t;
- a start that was given out before, in this window or by running over from an earlier one, is
  passed over for the next free second.

Which window a bucket belongs to, and hence when it is over, doesn't depend on its start.
"""

# Half a day of windows. Beyond it, what was given out longest ago is forgotten.
_STARTS_MAX = 4096


class Timeline:
    """Gives out the starts of buckets, each one once."""

    def __init__(self, interval_s: int) -> None:
        self._interval_s = interval_s
        self._cut_at = 0
        self._given: dict[int, None] = {}

    def window_of(self, second: int) -> int:
        """The start of the window that `second` is in."""
        return second - second % self._interval_s

    def cut(self, second: int) -> None:
        """A forced flush happened: what is left of its window starts at `second`."""
        self._cut_at = second

    def claim(self, window: int) -> int:
        """The start of a new bucket for `window`. Never the same twice."""
        start = self._cut_at if self.window_of(self._cut_at) == window else window
        while start in self._given:
            start += 1
        if len(self._given) >= _STARTS_MAX:
            del self._given[next(iter(self._given))]
        self._given[start] = None
        return start
