"""Which metrics are not wanted, by their names."""

from bisect import bisect_right
from collections.abc import Iterable

from serverless_init.sampler.histogram import AGGREGATES


class NameFilter:
    """A list of names, or with `prefix` of beginnings of names, that are dropped."""

    def __init__(self, names: Iterable[bytes] = (), *, prefix: bool = False) -> None:
        self._prefix = prefix
        self._names = frozenset(names) - {b""}
        # A beginning that a shorter one covers is left out, so that the one before a name in this
        # order is the only one that can cover it.
        self._beginnings: list[bytes] = []
        for name in sorted(self._names) if prefix else ():
            if not self._beginnings or not name.startswith(self._beginnings[-1]):
                self._beginnings.append(name)

    def __bool__(self) -> bool:
        return bool(self._names)

    def rejects(self, name: bytes) -> bool:
        """Whether a metric of this name is dropped."""
        if not self._prefix:
            return name in self._names
        at = bisect_right(self._beginnings, name)
        return at > 0 and name.startswith(self._beginnings[at - 1])

    def of_histograms(self) -> "NameFilter":
        """What of the list can mean one output of a histogram: ``.avg``, ``.95percentile``.

        As in the Agent only such names are compared with a histogram's outputs: a beginning that
        ends elsewhere has dropped the histogram before it had any, or does not mean it.
        """
        outputs = (name for name in self._names if _is_output(name))
        return NameFilter(outputs, prefix=self._prefix)


def _is_output(name: bytes) -> bool:
    _, dot, last = name.rpartition(b".")
    word = last.decode("ascii", "replace")
    percentile = word.removesuffix("percentile")
    return bool(dot) and (word in AGGREGATES or (percentile != word and percentile.isdecimal()))
