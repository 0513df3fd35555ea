"""Rate limits for what is said: one line per key and interval."""


class RateLimit:
    """Permits one line per key every `interval_s` seconds and counts those kept back.

    It remembers at most `keys_max` keys. While it is full, all further keys share the limit of the
    empty key, so that a flood of new keys is not a flood of lines. Pure: `now` is given, in
    monotonic seconds.
    """

    __slots__ = ("_interval_s", "_keys_max", "_last", "_suppressed")

    def __init__(self, interval_s: float, *, keys_max: int = 100) -> None:
        self._interval_s = interval_s
        self._keys_max = keys_max
        self._last: dict[str, float] = {}
        self._suppressed: dict[str, int] = {}

    def permit(self, key: str, now: float) -> int | None:
        """``None`` when the line is kept back, else how many were since the key's last line."""
        if key not in self._last and len(self._last) >= self._keys_max:
            self._forget(now)
            if len(self._last) >= self._keys_max:
                key = ""
        last = self._last.get(key)
        if last is not None and now - last < self._interval_s:
            self._suppressed[key] = self._suppressed.get(key, 0) + 1
            return None
        self._last[key] = now
        return self._suppressed.pop(key, 0)

    def pending(self) -> dict[str, int]:
        """Lines kept back and not yet spoken of, by key; those of forgotten keys under ``""``."""
        return dict(self._suppressed)

    def _forget(self, now: float) -> None:
        """Make room: forget the keys whose interval is over."""
        for key, last in list(self._last.items()):
            if now - last >= self._interval_s:
                del self._last[key]
                if owed := self._suppressed.pop(key, 0):
                    self._suppressed[""] = self._suppressed.get("", 0) + owed
