"""Closed buckets on their way out: their cells become series and sketch series, one by one.

A cell is gone once what it became has been yielded, so the memory shrinks as the owner consumes,
and what is left is still held. The points of one context from several buckets become one serie per
name and kind.
"""

from collections.abc import Iterable, Iterator

from serverless_init.model import Serie, SerieKind, SketchPoint, SketchSerie
from serverless_init.sampler.buckets import INTERVAL_S, Bucket
from serverless_init.sampler.contexts import Context
from serverless_init.sampler.name_filter import NameFilter
from serverless_init.sampler.statistics import Statistics
from serverless_init.sampler.stats import FILTERED, NO_OUTPUT, SamplerStats

_ZERO = (b"", SerieKind.RATE)


class Closing:
    """The buckets of one flush, in ascending order of their starts. Ingest never sees them.

    What leaves is counted in `stats` and, by metric, in `statistics` if there is one. Outputs of
    histograms whose names are `unwanted` do not leave.
    """

    def __init__(
        self,
        buckets: list[Bucket],
        stats: SamplerStats,
        statistics: Statistics | None,
        *,
        unwanted: NameFilter,
    ) -> None:
        self._buckets = sorted(buckets, key=lambda bucket: bucket.start)
        self._stats = stats
        self._statistics = statistics
        self._unwanted = unwanted
        self._is_plain = len(buckets) == 1 and not unwanted and not statistics

    def samples(self) -> int:
        """How many samples have not been yielded yet."""
        return sum(bucket.samples() for bucket in self._buckets)

    def series(self, context: Context, *, zero_before: int) -> Iterable[Serie]:
        """The series of `context`; the first one carries its samples.

        A bucket that starts before `zero_before` and has no sample of it gives a zero. The cells of
        `context` are gone once the first one is taken.
        """
        if self._is_plain:
            (bucket,) = self._buckets
            cell = bucket.cells.get(context)
            if cell is not None and cell.has_one_output and cell.samples:
                return self._only_serie(context, bucket)
        return self._joined(context, zero_before)

    def _only_serie(self, context: Context, bucket: Bucket) -> tuple[Serie, ...]:
        """As `_joined` where there is nothing to join, which is nearly always: half the time."""
        cell = bucket.cells.pop(context)
        name, host, tags = context.identity
        for _, kind, value in cell.outputs():
            self._stats.samples_flushed += cell.samples
            points = ((bucket.start, value),)
            return (Serie(name, tags, host, kind, points, INTERVAL_S, cell.unit, cell.samples),)
        self._stats.drop(NO_OUTPUT, cell.samples)
        return ()

    def _joined(self, context: Context, zero_before: int) -> Iterator[Serie]:
        points: dict[tuple[bytes, SerieKind], list[tuple[int, float]]] = {}
        samples = 0
        unit = b""
        for bucket in self._buckets:
            cell = bucket.cells.pop(context, None)
            if cell is None or not cell.samples:
                if bucket.start < zero_before:
                    points.setdefault(_ZERO, []).append((bucket.start, 0.0))
                continue
            outputs = list(cell.outputs())
            if self._unwanted and outputs:
                outputs = [output for output in outputs if self._wants(context, output[0])]
                if not outputs:
                    self._stats.drop(FILTERED, cell.samples)
                    continue
            for suffix, kind, value in outputs:
                points.setdefault((suffix, kind), []).append((bucket.start, value))
            unit = unit or cell.unit
            if outputs:
                samples += cell.samples
            else:
                self._stats.drop(NO_OUTPUT, cell.samples)
        if samples and self._statistics:
            self._statistics.count(context.identity, samples, context.last_seen)
        name, host, tags = context.identity
        for (suffix, kind), ascending in points.items():
            self._stats.samples_flushed += samples
            yield Serie(
                name + suffix, tags, host, kind, tuple(ascending), INTERVAL_S, unit, samples
            )
            samples = 0

    def _wants(self, context: Context, suffix: bytes) -> bool:
        return not suffix or not self._unwanted.rejects(context.identity.name + suffix)

    def sketches(self) -> Iterator[SketchSerie]:
        """The sketch series of all contexts."""
        contexts = dict.fromkeys(c for bucket in self._buckets for c in bucket.distributions)
        for context in contexts:
            points: list[SketchPoint] = []
            samples = 0
            for bucket in self._buckets:
                cell = bucket.distributions.pop(context, None)
                if cell is None:
                    continue
                point = cell.point(bucket.start)
                if point is None:
                    self._stats.drop(NO_OUTPUT, cell.samples)
                else:
                    points.append(point)
                    samples += cell.samples
            if points:
                if self._statistics:
                    self._statistics.count(context.identity, samples, context.last_seen)
                name, host, tags = context.identity
                self._stats.samples_flushed += samples
                yield SketchSerie(name, tags, host, tuple(points), INTERVAL_S, samples)
