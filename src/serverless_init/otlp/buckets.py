"""Counts by buckets to a distribution sketch.

What lies where inside a bucket nobody knows. With explicit bounds its count is spread evenly, with
whole numbers for the sketch's bins, by the Agent's rule: bins are walked from the lower bound on
until one sample at least has come together, and what is left at the end goes to the last of them. A
bucket without a lower or an upper bound puts all of its samples on the bound that it has.

The buckets of an exponential histogram are spread evenly too; its n samples come to lie in the
middle of the n equal parts of their bucket.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from sys import float_info

from serverless_init.model import SketchPoint
from serverless_init.otlp.values import ExponentialBuckets
from serverless_init.sampler import Store, key_of, value_of

Interval = tuple[float, float]

_EXPONENT_MAX = 1023.999
_FLOAT_MAX = float_info.max
# DDSketch takes a bin's arithmetic centre for its value, a hair below the geometric one.
_GAMMA = 1 + 2 / 128
_ARITHMETIC = 2 * math.sqrt(_GAMMA) / (1 + _GAMMA)


def buckets_of(bounds: Sequence[float]) -> Iterator[Interval]:
    """The lower and upper bound of each bucket; the outer ones are infinite."""
    edges = (-math.inf, *bounds, math.inf)
    return pairwise(edges)


class SketchBuilder:
    """One sketch in the making: its keys' counts, and the extremes as far as they are known."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._minimum = math.inf
        self._maximum = -math.inf

    def add(self, bounds: Sequence[float], counts: Sequence[float]) -> None:
        """Take the counts of buckets with explicit bounds."""
        lowest, highest = math.inf, -math.inf
        for (lower, upper), count in zip(buckets_of(bounds), counts, strict=True):
            if count > 0:
                lowest, highest = min(lowest, lower), max(highest, upper)
                self._spread(lower, upper, int(count))
        # Where the outermost bucket has a bound, nothing lies beyond it.
        if math.isfinite(lowest):
            self._minimum = lowest
        if math.isfinite(highest):
            self._maximum = highest

    def add_at(self, value: float, count: int) -> None:
        """Take `count` samples of which nothing but a value is known."""
        self._put(key_of(value), count)

    def add_exponential(self, buckets: ExponentialBuckets, scale: int, sign: int) -> None:
        """Take the buckets on one side of zero."""
        for index, count in enumerate(buckets.bucket_counts, buckets.offset):
            if count:
                lower, upper = (_power(index + side, scale) for side in (0, 1))
                self._place(lower, upper, count, sign)

    def point(
        self,
        timestamp: int,
        *,
        count: int,
        total: float,
        minimum: float | None,
        maximum: float | None,
    ) -> SketchPoint | None:
        """The sketch; the exact numbers count, where there are any. None when it is empty."""
        if not self._counts or not count or not math.isfinite(total):
            return None
        bins = Store(self._counts.items()).bins()
        return SketchPoint(
            timestamp=timestamp,
            count=count,
            minimum=self._minimum if minimum is None else minimum,
            maximum=self._maximum if maximum is None else maximum,
            average=total / count,
            total=total,
            keys=tuple(key for key, _ in bins),
            counts=tuple(number for _, number in bins),
        )

    def _put(self, key: int, count: int) -> None:
        self._counts[key] += count
        value = _finite(key)
        self._minimum, self._maximum = min(self._minimum, value), max(self._maximum, value)

    def _spread(self, lower: float, upper: float, count: int) -> None:
        if math.isinf(lower) or lower == 0:
            lower = upper
        if math.isinf(upper):
            upper = lower
        begin, last = key_of(lower), key_of(upper)
        width, left, carried = upper - lower, count, 0.0
        from_value = value_of(begin)
        for key in range(begin + 1, last + 1):
            to_value = value_of(key)
            share = (to_value - from_value) / width * count
            if share < 1:
                continue
            carried += share - int(share)
            number = int(share)
            if carried > 1:
                number, carried = number + 1, carried - 1
            number = min(number, left)
            self._put(begin, number)
            begin, from_value, left = key, to_value, left - number
            if not left:
                return
        self._put(begin, left)

    def _place(self, lower: float, upper: float, count: int, sign: int) -> None:
        """Put `count` samples evenly between two values; `sign` says on which side of zero."""
        first, last = key_of(lower), key_of(upper)
        if count <= last - first:
            step = (upper - lower) / count
            for index in range(count):
                self._counts[sign * key_of(lower + step * (index + 0.5))] += 1
        else:
            placed, width = 0, (upper - lower) or 1.0
            for key in range(first, last):
                # A bin ends half way, in logarithms, to the next one's centre.
                edge = math.sqrt(value_of(key)) * math.sqrt(value_of(key + 1))
                below = round(min(max((edge - lower) / width, 0.0), 1.0) * count)
                self._counts[sign * key] += below - placed
                placed = below
            self._counts[sign * last] += count - placed
        ends = (sign * _finite(first) * _ARITHMETIC, sign * _finite(last) * _ARITHMETIC)
        self._minimum = min(self._minimum, *ends)
        self._maximum = max(self._maximum, *ends)


def _finite(key: int) -> float:
    return max(-_FLOAT_MAX, min(_FLOAT_MAX, value_of(key)))


def _power(index: int, scale: int) -> float:
    """The bound with this index: 2 to the power of index / 2^scale, as far as floats go."""
    exponent = math.ldexp(index, -scale) if -1100 < scale < 1100 else math.inf * (index or 1)
    power: float = 2.0 ** max(-_EXPONENT_MAX - 50, min(_EXPONENT_MAX, exponent))
    return power
