"""The distribution sketch: DDSketch with the Agent's mapping, so that all senders' sketches merge.

A value falls into the bin whose key is its logarithm to the base ``gamma`` = 1 + 2/128, rounded
half to even and shifted by a bias; a quantile is then right within 1/128. Bins hold at most 65,535
(16 bits in the Agent), so a busy key owns several adjacent bins: first the remainder, then full
ones. That layout is a function of the key's total count, whatever the inserts and merges were, so
the totals are kept in a dictionary and laid out as bins only to be trimmed or read.

A sketch has at most 4,096 bins. When it has more, the lowest are folded into the lowest kept one;
what that one cannot hold stays as full bins, so that the limit can be exceeded.

One deviation: with sample rates close to zero a total of 16-bit bins would need unbounded memory.
The weight of one insert is bounded, and a sketch whose count exceeds what 4,096 full bins hold is
laid out in bins of 32 bits, which is what the wire carries and what later Agents use.
"""

import math
from array import array
from collections.abc import Iterable, Mapping

from serverless_init.model import SketchPoint

Bin = tuple[int, int]

_GAMMA = 1 + 2 / 128
_LN_GAMMA = math.log1p(2 / 128)
_BIAS = 1338
_VALUE_MIN = 9.94185408912145e-10
_KEY_MAX = 32766
_KEY_INFINITE = 32767

BINS_MAX = 4096
BIN_COUNT_MAX = 65_535
_BIN_COUNT_MAX_WIDE = 4_294_967_295
WEIGHT_MAX = BINS_MAX * BIN_COUNT_MAX

_PENDING_MAX = 512


def key_of(value: float) -> int:
    """The bin key of a finite value; ±32767 beyond the largest finite key."""
    if value < 0:
        return -key_of(-value)
    if value < _VALUE_MIN:
        return 0
    key = round(math.log(value) / _LN_GAMMA) + _BIAS
    return _KEY_INFINITE if key > _KEY_MAX else max(key, 1)


def value_of(key: int) -> float:
    """The geometric centre of a bin: ``key_of(value_of(key)) == key`` for all finite keys."""
    if key < 0:
        return -value_of(-key)
    if key == 0:
        return 0.0
    return math.inf if key == _KEY_INFINITE else _GAMMA ** (key - _BIAS)


def quantile(point: SketchPoint, q: float) -> float:
    """The value below which the share `q` of the samples lies; 0 for an empty point."""
    if not point.count:
        return 0.0
    if q <= 0:
        return point.minimum
    rank = round(q * (point.count - 1))
    below = 0
    for index, (key, count) in enumerate(zip(point.keys, point.counts, strict=True)):
        below += count
        if q < 1 and below > rank:
            weight = (below - rank) / count
            low = value_of(key) if index else point.minimum
            return low * weight + value_of(key) * _GAMMA * (1 - weight)
    return point.maximum


class Store:
    """How many samples each key has. `bins_max` is smaller than 4,096 in tests only."""

    __slots__ = ("_bins_max", "_totals", "count")

    def __init__(self, bins: Iterable[Bin] = (), *, bins_max: int = BINS_MAX) -> None:
        self.count = 0
        self._bins_max = bins_max
        self._totals: dict[int, int] = {}
        self.insert_counts(bins)

    def insert(self, keys: Iterable[int]) -> None:
        """Add one sample per key."""
        totals = self._totals
        inserted = 0
        for key in keys:
            totals[key] = totals.get(key, 0) + 1
            inserted += 1
        self.count += inserted
        self._trim()

    def insert_counts(self, bins: Iterable[Bin]) -> None:
        """Add `count` samples for each (key, count)."""
        for key, count in bins:
            self._totals[key] = self._totals.get(key, 0) + count
            self.count += count
        self._trim()

    def merge(self, other: "Store") -> None:
        """Add all samples of `other`, which does not change."""
        self.insert_counts(other._totals.items())

    def bins(self) -> list[Bin]:
        """The bins in ascending order of their keys; a key may own several."""
        return lay_out(self._totals, self._width())

    def _width(self) -> int:
        return BIN_COUNT_MAX if self.count <= WEIGHT_MAX else _BIN_COUNT_MAX_WIDE

    def _trim(self) -> None:
        width = self._width()
        # No more bins than keys and full bins: a bound that is cheap to look at.
        if len(self._totals) + self.count // width <= self._bins_max:
            return
        totals: dict[int, int] = {}
        for key, count in trim(self.bins(), self._bins_max, width):
            totals[key] = totals.get(key, 0) + count
        self._totals = totals


def lay_out(totals: Mapping[int, int], width: int = BIN_COUNT_MAX) -> list[Bin]:
    """The bins of `totals` (key to count): per key the remainder first, then full bins."""
    bins: list[Bin] = []
    for key in sorted(totals):
        full, remainder = divmod(totals[key], width)
        if remainder:
            bins.append((key, remainder))
        bins.extend([(key, width)] * full)
    return bins


def trim(bins: list[Bin], bins_max: int, width: int = BIN_COUNT_MAX) -> list[Bin]:
    """`bins` with the lowest folded into the lowest of the `bins_max` that are kept."""
    folded = len(bins) - bins_max
    if folded <= 0:
        return bins
    overflow: list[Bin] = []
    carried = 0
    for key, count in bins[:folded]:
        carried += count
        if carried > width:
            overflow.append((key, width))
            carried -= width
    key, count = bins[folded]
    taken = min(carried, width - count)
    overflow.extend(lay_out({key: carried - taken}, width))
    return [*overflow, (key, count + taken), *bins[folded + 1 :]]


class Sketch:
    """The distribution of one context in one bucket: a summary and a store.

    Values wait in a compact array and enter the summary and the store 512 at a time.
    """

    __slots__ = ("_average", "_count", "_maximum", "_minimum", "_pending", "_store", "_total")

    def __init__(self) -> None:
        self._count = 0
        self._total = 0.0
        self._average = 0.0
        self._minimum = math.inf
        self._maximum = -math.inf
        self._store = Store()
        self._pending = array("d")

    def insert(self, value: float) -> None:
        """Add one finite value."""
        self._pending.append(value)
        if len(self._pending) >= _PENDING_MAX:
            self._settle()

    def insert_weighted(self, value: float, weight: float) -> None:
        """Add one finite value that stands for `weight` (1 to `WEIGHT_MAX`) of its kind.

        Bins and count are whole numbers; the sum keeps the fraction.
        """
        self._settle()
        whole = int(weight)
        self._count += whole
        self._total += value * weight
        # An empty summary takes the value over as it is; the update would round it.
        if self._count == whole:
            self._average = value
        else:
            self._average += (value - self._average) * whole / self._count
        self._minimum = min(self._minimum, value)
        self._maximum = max(self._maximum, value)
        self._store.insert_counts(((key_of(value), whole),))

    def point(self, timestamp: int) -> SketchPoint | None:
        """The sketch as of now; None when it is empty or when its sum left the floats."""
        self._settle()
        if not self._count or not math.isfinite(self._total) or not math.isfinite(self._average):
            return None
        bins = self._store.bins()
        return SketchPoint(
            timestamp=timestamp,
            count=self._count,
            minimum=self._minimum,
            maximum=self._maximum,
            average=self._average,
            total=self._total,
            keys=tuple(key for key, _ in bins),
            counts=tuple(count for _, count in bins),
        )

    def _settle(self) -> None:
        """Move the pending values to the summary and the store."""
        pending = self._pending
        if not pending:
            return
        count, total, average = self._count, self._total, self._average
        for value in pending:
            count += 1
            total += value
            average += (value - average) / count
        self._count, self._total, self._average = count, total, average
        self._minimum = min(self._minimum, min(pending))
        self._maximum = max(self._maximum, max(pending))
        self._store.insert(map(key_of, pending))
        self._pending = array("d")
