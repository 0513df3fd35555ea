"""The busiest of very many keys, in bounded memory: the Space-Saving algorithm.

A table of `keys_max` counts. A new key takes the place of the least busy one and inherits its
count, so that a key which is busy later can rise; what it inherited is remembered, and only what is
certainly its own is told. While there were never more keys than fit, the counts are exact. A key
that has more than 1/`keys_max` of everything counted is always in the table (Metwally, Agrawal and
El Abbadi, 2005).
"""


class Busiest:
    """Counts keys."""

    __slots__ = ("_counts", "_inherited", "_keys_max")

    def __init__(self, keys_max: int) -> None:
        self._keys_max = keys_max
        self._counts: dict[bytes, int] = {}
        self._inherited: dict[bytes, int] = {}

    def __bool__(self) -> bool:
        return bool(self._counts)

    def count(self, key: bytes, times: int) -> None:
        """Count `key` so many times."""
        counts = self._counts
        known = counts.get(key)
        if known is None:
            known = self._replace_the_least(key) if len(counts) >= self._keys_max else 0
        counts[key] = known + times

    def top(self, keys: int) -> list[tuple[bytes, int]]:
        """At most so many keys, busiest first, each with how often it was seen at least."""
        inherited = self._inherited
        own = [(key, count - inherited.get(key, 0)) for key, count in self._counts.items()]
        return sorted(own, key=lambda item: -item[1])[:keys]

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()
        self._inherited.clear()

    def _replace_the_least(self, key: bytes) -> int:
        """Give the least busy key's place to `key`; the count that it inherits."""
        least = min(self._counts, key=self._counts.__getitem__)
        self._inherited.pop(least, None)
        self._inherited[key] = self._counts.pop(least)
        return self._inherited[key]
