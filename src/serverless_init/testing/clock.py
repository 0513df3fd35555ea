"""A clock that stands still until it is told."""


class ManualClock:
    """A `Clock` advanced by hand. `now` and `monotonic` set where it starts."""

    def __init__(self, now: float = 1_700_000_000.0, *, monotonic: float = 1_000.0) -> None:
        self._now = now
        self._monotonic = monotonic

    def now(self) -> float:
        """See `Clock.now`."""
        return self._now

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks. Time does not go back: `seconds` is not negative."""
        assert seconds >= 0, "use jump to set the wall clock back"
        self._now += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator or NTP does."""
        self._now += seconds
