"""What a histogram or timing becomes: aggregates and percentiles over weighted values."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from serverless_init.sampler.numbers import parse_float

AGGREGATES = ("max", "min", "median", "avg", "sum", "count")

# The Agent truncates 1/rate to a signed 64-bit integer.
_WEIGHT_MAX = 2.0**62


@dataclass(frozen=True, slots=True)
class HistogramOutputs:
    """What to compute: aggregates in configured order, then percentiles (whole per cents)."""

    aggregates: tuple[str, ...]
    percentiles: tuple[int, ...]
    unknown: tuple[str, ...]

    @classmethod
    def configured(
        cls, aggregates: Iterable[str], percentiles: Iterable[str]
    ) -> "HistogramOutputs":
        """From the settings' words. What cannot be understood is skipped and kept in `unknown`."""
        words = list(aggregates)
        known = tuple(word for word in words if word in AGGREGATES)
        unknown = [word for word in words if word not in AGGREGATES]
        whole = []
        for word in percentiles:
            share = parse_float(word.encode())
            if share is not None and 0 <= share <= 1:
                whole.append(int(share * 100 + 0.5))
            else:
                unknown.append(word)
        return cls(known, tuple(sorted(whole)), tuple(unknown))


def weight_of(rate: float) -> int:
    """How many values a sampled one stands for: 1/rate, truncated; 1 for a rate of 0 or NaN.

    A rate above 1 gives 0, as in the Agent: such a value counts for the extremes only.
    """
    if rate == 0 or math.isnan(rate):
        return 1
    return int(max(-_WEIGHT_MAX, min(_WEIGHT_MAX, 1 / rate)))


def summarize(
    groups: Sequence[tuple[int, "array[float]"]], outputs: HistogramOutputs, interval_s: int
) -> Iterator[tuple[bytes, float]]:
    """The configured outputs, as (suffix, value), of values grouped by their weight.

    ``count`` is per second. What needs a positive total weight is left out when there is none, and
    so is what leaves the floats. At least one value is needed.
    """
    values, cumulative = _rank(groups)
    total = sum(weight * len(group) for weight, group in groups)
    for aggregate in outputs.aggregates:
        value = _aggregate(aggregate, groups, values, cumulative, total, interval_s)
        if value is not None and math.isfinite(value):
            yield b".%b" % aggregate.encode(), value
    for percentile in outputs.percentiles:
        target = max(0, (percentile * total - 1) // 100)
        value = _first_above(target, values, cumulative, total)
        if value is not None:
            yield b".%dpercentile" % percentile, value


def _aggregate(
    aggregate: str,
    groups: Sequence[tuple[int, "array[float]"]],
    values: Sequence[float],
    cumulative: Sequence[int],
    total: int,
    interval_s: int,
) -> float | None:
    if aggregate == "max":
        return values[-1]
    if aggregate == "min":
        return values[0]
    if aggregate == "median":
        return _first_above((total - 1) // 2, values, cumulative, total)
    if aggregate == "count":
        return total / interval_s
    if aggregate == "sum":
        return _exact_sum(groups)
    return _exact_sum(groups) / total if total > 0 else None


def _rank(
    groups: Sequence[tuple[int, "array[float]"]],
) -> tuple[Sequence[float], Sequence[int]]:
    """The values in ascending order, and the weight of each one and all before it."""
    if len(groups) == 1:
        weight, group = groups[0]
        return sorted(group), range(weight, weight * (len(group) + 1), weight or 1)
    pairs = sorted((value, weight) for weight, group in groups for value in group)
    return [value for value, _ in pairs], list(accumulate(weight for _, weight in pairs))


def _first_above(
    target: int, values: Sequence[float], cumulative: Sequence[int], total: int
) -> float | None:
    """The first value whose cumulative weight exceeds `target`."""
    if total <= 0:
        return None
    index = bisect_right(cumulative, target)
    return values[index] if index < len(values) else None


def _exact_sum(groups: Sequence[tuple[int, "array[float]"]]) -> float:
    """The sum of value times weight, rounded once; infinite when it leaves the floats."""
    try:
        return math.fsum(value * weight for weight, group in groups for value in group)
    except (OverflowError, ValueError):
        return math.inf
