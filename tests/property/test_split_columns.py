"""Series in columns: what comes out of the payloads is what went in, and no limit is passed."""

import random
from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.intake.decode_columns import decode_columns
from serverless_init.intake.received import ReceivedSeries, ReceivedSketches
from serverless_init.model import Payload, Serie, SerieKind, SketchPoint, SketchSerie
from serverless_init.serializer.columns import Columns
from serverless_init.serializer.series_v3 import (
    SKETCHES_V3_FORMAT,
    SeriesRows,
    SketchRows,
    series_v3_format,
)
from serverless_init.serializer.split import Limits
from serverless_init.serializer.split_columns import ColumnBatch
from serverless_init.serializer.stats import SerializerStats
from serverless_init.wire import choose_codec
from serverless_init.wire.inflate import inflate

MANY = 10_000_000
UNBOUNDED = Limits(MANY, MANY, MANY)

kinds = st.sampled_from(["zstd", "gzip", "none"])
limits = st.builds(
    Limits,
    compressed_bytes_max=st.one_of(st.integers(1, 1500), st.integers(1500, 40_000)),
    uncompressed_bytes_max=st.one_of(st.integers(1, 3000), st.integers(3000, 80_000)),
    points_max=st.one_of(st.none(), st.integers(1, 20), st.integers(20, 2000)),
)


seeds = st.integers(0, 2**32)
counts = st.one_of(st.integers(0, 20), st.integers(0, 300))


def many_series(seed: int, count: int) -> list[Serie]:
    """Series with random or repetitive tags, a few with more points or bytes than fit anywhere."""
    rolls = random.Random(seed)
    return [
        Serie(
            name=b"m%d" % rolls.randrange(50),
            tags=tuple(_tag(rolls) for _ in range(rolls.randrange(4))),
            host=rolls.choice([b"", b"h"]),
            kind=rolls.choice([SerieKind.COUNT, SerieKind.RATE, SerieKind.GAUGE]),
            points=tuple(
                (rolls.randrange(2**40), rolls.choice([0.0, 7.0, 0.5, rolls.random()]))
                for _ in range(rolls.choice([1, 1, 1, 2, 30]))
            ),
            interval_s=10,
            unit=rolls.choice([b"", b"byte"]),
            samples=rolls.randrange(4),
        )
        for _ in range(count)
    ]


def _tag(rolls: random.Random) -> bytes:
    if rolls.random() < 0.5:
        return b"env:%d" % rolls.randrange(5)
    return bytes(rolls.choices(range(33, 127), k=rolls.choice([5, 50, 2000])))


def series_batch(bounds: Limits, kind: str, stats: SerializerStats) -> ColumnBatch[Serie]:
    def rows(columns: Columns) -> SeriesRows:
        return SeriesRows(columns, lambda _: None)

    codec = choose_codec(kind)
    return ColumnBatch(series_v3_format(), rows, limits=bounds, codec=codec, stats=stats)


def payloads(batch: ColumnBatch[Serie], given_series: Iterable[Serie]) -> list[Payload]:
    return [*(p for serie in given_series for p in batch.add(serie)), *batch.finish()]


def plain(payload: Payload) -> bytes:
    return inflate(payload.body, payload.content_encoding, bytes_max=MANY)


def as_received(serie: Serie) -> ReceivedSeries:
    """`serie` as an intake is to understand it."""
    return ReceivedSeries(
        metric=serie.name.decode(),
        kind=serie.kind.name.lower(),
        points=serie.points,
        # Within a set tags stand in the order of their numbers: those seen before come first.
        tags=tuple(sorted(tag.decode() for tag in serie.tags)),
        host=serie.host.decode(),
        unit=serie.unit.decode(),
        interval_s=serie.interval_s,
    )


def received(sent: Iterable[Payload]) -> list[ReceivedSeries]:
    found = []
    for payload in sent:
        for series in decode_columns(plain(payload)):
            assert isinstance(series, ReceivedSeries)
            found.append(series)
    return [
        ReceivedSeries(
            series.metric, series.kind, series.points, tuple(sorted(series.tags)), series.host,
            series.unit, series.interval_s,
        )
        for series in found
    ]  # fmt: skip


def fits_alone(serie: Serie, kind: str, bounds: Limits) -> bool:
    stats = SerializerStats()
    (payload,) = payloads(series_batch(UNBOUNDED, kind, stats), [serie])
    return (
        stats.bytes_uncompressed <= bounds.uncompressed_bytes_max
        and len(payload.body) <= bounds.compressed_bytes_max
        and (bounds.points_max is None or len(serie.points) <= bounds.points_max)
    )


@settings(max_examples=60, deadline=None)
@given(seeds, counts, limits, kinds)
def test_joining_the_payloads_gives_the_series_that_fit(
    seed: int, count: int, bounds: Limits, kind: str
) -> None:
    """join(split(p)) = p, without exactly those series that exceed a limit by themselves."""
    given_series = many_series(seed, count)
    stats = SerializerStats()
    sent = payloads(series_batch(bounds, kind, stats), given_series)
    expected = [serie for serie in given_series if fits_alone(serie, kind, bounds)]

    assert received(sent) == [as_received(serie) for serie in expected]
    assert sum(payload.points for payload in sent) == sum(len(s.points) for s in expected)
    assert sum(payload.samples for payload in sent) == sum(s.samples for s in expected)
    assert stats.items_serialized == len(expected)


@settings(max_examples=60, deadline=None)
@given(seeds, counts, limits, kinds)
def test_every_payload_is_within_the_limits_and_not_empty(
    seed: int, count: int, bounds: Limits, kind: str
) -> None:
    """Each part is within all three limits and carries at least one series."""
    given_series = many_series(seed, count)
    stats = SerializerStats()
    sent = payloads(series_batch(bounds, kind, stats), given_series)
    for payload in sent:
        assert len(payload.body) <= bounds.compressed_bytes_max
        assert len(plain(payload)) <= bounds.uncompressed_bytes_max
        assert bounds.points_max is None or payload.points <= bounds.points_max
        assert payload.points > 0
    assert stats.bytes_uncompressed == sum(len(plain(payload)) for payload in sent)
    assert stats.bytes_compressed == sum(len(payload.body) for payload in sent)


@settings(max_examples=60, deadline=None)
@given(seeds, counts, limits, kinds)
def test_samples_balance_after_every_serie(
    seed: int, count: int, bounds: Limits, kind: str
) -> None:
    """accepted = serialized + sum(dropped) + held, at every instant; held is 0 at the end."""
    given_series = many_series(seed, count)
    stats = SerializerStats()
    batch = series_batch(bounds, kind, stats)
    for n, serie in enumerate(given_series):
        batch.add(serie)
        assert stats.samples_accepted == sum(s.samples for s in given_series[: n + 1])
        dropped = sum(stats.dropped.values())
        assert stats.samples_accepted == stats.samples_serialized + dropped + stats.samples_held
    batch.finish()
    assert stats.samples_held == 0


points = st.builds(
    SketchPoint,
    timestamp=st.integers(0, 2**40),
    count=st.integers(1, 2**40),
    minimum=st.floats(-1e300, 1e300),
    maximum=st.floats(-1e300, 1e300),
    average=st.just(0.0),
    total=st.floats(-1e300, 1e300),
    keys=st.lists(st.integers(-2000, 2000), min_size=3, max_size=3).map(sorted).map(tuple),
    counts=st.tuples(*[st.integers(1, 2**31)] * 3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(points, min_size=1, max_size=3), max_size=30), st.integers(1, 5), kinds)
def test_distributions_come_out_as_they_went_in(
    given_points: list[Sequence[SketchPoint]], points_max: int, kind: str
) -> None:
    """join(split(p)) = p for distributions; the average is the sum by the count."""
    batch: ColumnBatch[SketchSerie] = ColumnBatch(
        SKETCHES_V3_FORMAT,
        lambda columns: SketchRows(columns, lambda _: None),
        limits=Limits(MANY, MANY, points_max),
        codec=choose_codec(kind),
        stats=SerializerStats(),
    )
    series = [
        SketchSerie(b"m%d" % (n % 3), (b"t",), b"", tuple(each), 10)
        for n, each in enumerate(given_points)
    ]
    sent = [*(p for serie in series for p in batch.add(serie)), *batch.finish()]

    assert all(payload.points <= points_max for payload in sent)
    read = [each for payload in sent for each in decode_columns(plain(payload))]
    expected = [serie for serie in series if len(serie.points) <= points_max]
    for one, serie in zip(read, expected, strict=True):
        assert isinstance(one, ReceivedSketches)
        assert (one.metric.encode(), one.tags) == (serie.name, ("t",))
        for point, put_in in zip(one.points, serie.points, strict=True):
            for field in ("timestamp", "count", "minimum", "maximum", "total", "keys", "counts"):
                assert getattr(point, field) == getattr(put_in, field)
            assert point.average == put_in.total / put_in.count
