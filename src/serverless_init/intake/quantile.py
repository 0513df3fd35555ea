"""Quantiles of a sketch's bins, as Datadog reads them (agent mapping: accuracy 1/128).

A bin's key stands for a value; between a bin's two edges the quantile is interpolated. Written for
the intake alone, so that a wrong mapping in the sampler shows here.
"""

from collections.abc import Iterable

from serverless_init.intake.received import ReceivedSketch

_GAMMA = 1.015625
_KEY_BIAS = 1338
_KEY_OF_INFINITY = 32767

EMPTY = ReceivedSketch(0, 0, 0.0, 0.0, 0.0, 0.0, (), ())


def quantile(sketch: ReceivedSketch, q: float) -> float:
    """The value below which the share `q` (0 to 1) of the sketch lies; 0 for an empty one."""
    if not sketch.count:
        return 0.0
    if q <= 0:
        return sketch.minimum
    if q >= 1:
        return sketch.maximum
    # Python's round is half to even, as the agent's.
    rank = round(q * (sketch.count - 1))
    seen = 0
    for index, (key, count) in enumerate(zip(sketch.keys, sketch.counts, strict=True)):
        seen += count
        if seen > rank:
            if abs(key) >= _KEY_OF_INFINITY:
                return sketch.maximum if key > 0 else sketch.minimum
            share = (seen - rank) / count
            low = sketch.minimum if index == 0 else value_of(key)
            return low * share + value_of(key) * _GAMMA * (1 - share)
    return sketch.maximum


def value_of(key: int) -> float:
    """The value that a bin's key stands for."""
    if key < 0:
        return -value_of(-key)
    if key == 0:
        return 0.0
    return float("inf") if key >= _KEY_OF_INFINITY else _GAMMA ** (key - _KEY_BIAS)


def merge(sketches: Iterable[ReceivedSketch]) -> ReceivedSketch:
    """All of them as one, stamped with the latest timestamp; one alone stays as it is."""
    given = list(sketches)
    kept = [sketch for sketch in given if sketch.count]
    if len(given) == 1 or not kept:
        return given[-1] if given else EMPTY
    bins: dict[int, int] = {}
    for sketch in kept:
        for key, count in zip(sketch.keys, sketch.counts, strict=True):
            bins[key] = bins.get(key, 0) + count
    count = sum(sketch.count for sketch in kept)
    keys = tuple(sorted(bins))
    return ReceivedSketch(
        timestamp=max(sketch.timestamp for sketch in kept),
        count=count,
        minimum=min(sketch.minimum for sketch in kept),
        maximum=max(sketch.maximum for sketch in kept),
        average=sum(sketch.average * sketch.count for sketch in kept) / count,
        total=sum(sketch.total for sketch in kept),
        keys=keys,
        counts=tuple(bins[key] for key in keys),
    )
