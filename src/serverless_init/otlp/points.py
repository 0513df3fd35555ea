"""One point to the series and sketches that it becomes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from serverless_init.model import Serie, SerieKind, SketchPoint, SketchSerie
from serverless_init.otlp.buckets import SketchBuilder, buckets_of
from serverless_init.otlp.deltas import Deltas, Step
from serverless_init.otlp.stats import (
    CUMULATIVE_EXPONENTIAL,
    NO_OUTPUT,
    NON_FINITE,
    POINT_MALFORMED,
)
from serverless_init.otlp.values import (
    CUMULATIVE,
    DELTA,
    ExponentialHistogram,
    ExponentialPoint,
    Gauge,
    Histogram,
    HistogramPoint,
    NumberPoint,
    Sum,
    Summary,
    SummaryPoint,
)

_NS = 1_000_000_000

Out = Serie | SketchSerie
Point = NumberPoint | HistogramPoint | ExponentialPoint | SummaryPoint
Data = Gauge | Sum | Histogram | ExponentialHistogram | Summary


class Identity(NamedTuple):
    """What the series of a point have in common."""

    name: str
    tags: tuple[str, ...]
    host: str


@dataclass(frozen=True, slots=True)
class PointOptions:
    """The fields named like settings mean the same."""

    histogram_mode: str = "distributions"
    aggregations: bool = False
    raw_cumulative: bool = False
    quantiles: bool = True


@dataclass(frozen=True, slots=True)
class _Moved:
    """What a histogram has taken since its last point; extremes as far as they are known."""

    count: int
    total: float
    buckets: tuple[float, ...]
    minimum: float | None
    maximum: float | None


class PointMapper:
    """Maps points, those of a series in their order."""

    def __init__(self, options: PointOptions, deltas: Deltas) -> None:
        self._options = options
        self._deltas = deltas

    def map(self, data: Data, point: Point, identity: Identity, now: float) -> list[Out] | str:
        """What `point` of `data` becomes, or why it becomes nothing. `now` is in unix seconds."""
        match data, point:
            case (Gauge() | Sum(), NumberPoint()):
                return self._number(data, point, identity, now)
            case Histogram(), HistogramPoint():
                return self._histogram(data, point, identity, now)
            case ExponentialHistogram(), ExponentialPoint():
                return self._exponential(data, point, identity)
            case Summary(), SummaryPoint():
                return self._summary(point, identity, now)
            case _:
                raise AssertionError("points are of the kind of their metric")

    def _number(
        self, data: Gauge | Sum, point: NumberPoint, identity: Identity, now: float
    ) -> list[Out] | str:
        value = _float(point.value)
        if not math.isfinite(value):
            return NON_FINITE
        kind = SerieKind.GAUGE
        if isinstance(data, Sum) and data.temporality == DELTA:
            kind = SerieKind.COUNT
        elif isinstance(data, Sum) and data.is_monotonic and not self._options.raw_cumulative:
            step = self._advance(identity, point, (value,), (), now)
            if isinstance(step, str):
                return step
            kind, (value,) = SerieKind.COUNT, step.numbers
        return [_serie(identity, kind, point, value)]

    def _histogram(
        self, data: Histogram, point: HistogramPoint, identity: Identity, now: float
    ) -> list[Out] | str:
        counts, bounds = tuple(map(float, point.bucket_counts)), point.bounds
        if (counts and len(counts) != len(bounds) + 1) or bounds != sorted(bounds):
            return POINT_MALFORMED
        total = _float(point.sum or 0.0)
        if not math.isfinite(total):
            return NON_FINITE
        moved = _Moved(point.count, total, counts, point.minimum, point.maximum)
        if data.temporality == CUMULATIVE:
            numbers, beside = (float(point.count), *counts), (total, *_extremes(point))
            step = self._advance((*identity, *bounds), point, numbers, beside, now)
            if isinstance(step, str):
                return step
            moved = _since(moved, step)
        if not moved.count:
            return []
        outs: list[Out] = []
        if self._options.aggregations:
            outs += _aggregations(identity, point, moved)
        if self._options.histogram_mode == "counters":
            outs += _bucket_counts(identity, point, moved)
        elif self._options.histogram_mode == "distributions":
            outs += _sketch(identity, _histogram_sketch(point, moved))
        return outs or NO_OUTPUT

    def _exponential(
        self, data: ExponentialHistogram, point: ExponentialPoint, identity: Identity
    ) -> list[Out] | str:
        if data.temporality == CUMULATIVE:
            return CUMULATIVE_EXPONENTIAL
        total = _float(point.sum or 0.0)
        if not math.isfinite(total):
            return NON_FINITE
        if not point.count:
            return []
        moved = _Moved(point.count, total, (), point.minimum, point.maximum)
        outs: list[Out] = []
        if self._options.aggregations:
            outs += _aggregations(identity, point, moved)
        builder = SketchBuilder()
        builder.add_exponential(point.negative, point.scale, -1)
        if point.zero_count:
            builder.add_at(0.0, point.zero_count)
        builder.add_exponential(point.positive, point.scale, 1)
        outs += _sketch(identity, _finished(builder, point, moved))
        return outs or NO_OUTPUT

    def _summary(self, point: SummaryPoint, identity: Identity, now: float) -> list[Out] | str:
        total = _float(point.sum)
        if not math.isfinite(total):
            return NON_FINITE
        outs: list[Out] = []
        step = self._advance(identity, point, (float(point.count),), (total,), now)
        if isinstance(step, Step):
            before = step.beside[0] if step.beside else 0.0
            outs.append(_suffixed(identity, ".count", SerieKind.COUNT, point, step.numbers[0]))
            outs.append(_suffixed(identity, ".sum", SerieKind.COUNT, point, total - before))
        for quantile in point.quantiles if self._options.quantiles else ():
            if math.isfinite(quantile.value):
                tag = f"quantile:{bound_text(quantile.quantile)}"
                series = Identity(identity.name + ".quantile", (tag, *identity.tags), identity.host)
                outs.append(_serie(series, SerieKind.GAUGE, point, quantile.value))
        if outs:
            return outs
        return step if isinstance(step, str) else NO_OUTPUT

    def _advance(
        self,
        series: tuple[object, ...],
        point: Point,
        numbers: tuple[float, ...],
        beside: tuple[float, ...],
        now: float,
    ) -> Step | str:
        name, tags, *rest = series
        assert isinstance(tags, tuple)
        return self._deltas.advance(
            (name, tuple(sorted(tags)), *rest),
            start_ns=point.start_ns,
            time_ns=point.time_ns,
            numbers=numbers,
            beside=beside,
            now=now,
        )


def bound_text(number: float) -> str:
    """A bound or a quantile as the Agent writes it into a tag: with a fraction or an exponent."""
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if not number:
        return "0"
    text, exponent = repr(float(number)), int(f"{number:.16e}".partition("e")[2])
    if -4 <= exponent < 6 or "e" in text:
        return text
    digits = text.removeprefix("-").replace(".", "").strip("0")
    fraction = f".{digits[1:]}" if digits[1:] else ""
    return f"{'-' * (number < 0)}{digits[0]}{fraction}e{exponent:+03d}"


def _float(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _extremes(point: HistogramPoint) -> tuple[float, float]:
    return (
        math.inf if point.minimum is None else point.minimum,
        -math.inf if point.maximum is None else point.maximum,
    )


def _since(whole: _Moved, step: Step) -> _Moved:
    """What is new of a cumulative histogram.

    An extreme is one of the new samples' when it has moved since the last point.
    """
    if step.beside is None:
        return whole
    total, minimum, maximum = step.beside
    count, *buckets = step.numbers
    lower, higher = whole.minimum, whole.maximum
    return _Moved(
        int(count),
        whole.total - total,
        tuple(buckets),
        lower if lower is not None and lower < minimum else None,
        higher if higher is not None and higher > maximum else None,
    )


def _aggregations(identity: Identity, point: Point, moved: _Moved) -> Iterator[Serie]:
    yield _suffixed(identity, ".count", SerieKind.COUNT, point, moved.count)
    yield _suffixed(identity, ".sum", SerieKind.COUNT, point, moved.total)
    if moved.minimum is not None and math.isfinite(moved.minimum):
        yield _suffixed(identity, ".min", SerieKind.GAUGE, point, moved.minimum)
    if moved.maximum is not None and math.isfinite(moved.maximum):
        yield _suffixed(identity, ".max", SerieKind.GAUGE, point, moved.maximum)


def _bucket_counts(identity: Identity, point: HistogramPoint, moved: _Moved) -> Iterator[Serie]:
    for (lower, upper), count in zip(buckets_of(point.bounds), moved.buckets, strict=False):
        if count > 0:
            tags = f"lower_bound:{bound_text(lower)}", f"upper_bound:{bound_text(upper)}"
            series = Identity(identity.name + ".bucket", (*tags, *identity.tags), identity.host)
            yield _serie(series, SerieKind.COUNT, point, count)


def _histogram_sketch(point: HistogramPoint, moved: _Moved) -> SketchPoint | None:
    builder = SketchBuilder()
    if len(moved.buckets) > 1:
        builder.add(point.bounds, moved.buckets)
    else:
        # Nothing is known but how many there were and what they come to.
        builder.add_at(moved.total / moved.count, moved.count)
    return _finished(builder, point, moved)


def _finished(builder: SketchBuilder, point: Point, moved: _Moved) -> SketchPoint | None:
    return builder.point(
        point.time_ns // _NS,
        count=moved.count,
        total=moved.total,
        minimum=moved.minimum,
        maximum=moved.maximum,
    )


def _sketch(identity: Identity, sketch: SketchPoint | None) -> Iterator[SketchSerie]:
    if sketch is not None:
        name, tags, host = _encoded(identity)
        yield SketchSerie(name, tags, host, (sketch,), interval_s=0)


def _suffixed(
    identity: Identity, suffix: str, kind: SerieKind, point: Point, value: float
) -> Serie:
    return _serie(identity._replace(name=identity.name + suffix), kind, point, value)


def _serie(identity: Identity, kind: SerieKind, point: Point, value: float) -> Serie:
    name, tags, host = _encoded(identity)
    return Serie(name, tags, host, kind, ((point.time_ns // _NS, value),), interval_s=0)


def _encoded(identity: Identity) -> tuple[bytes, tuple[bytes, ...], bytes]:
    tags = tuple(tag.encode() for tag in identity.tags)
    return identity.name.encode(), tags, identity.host.encode()
