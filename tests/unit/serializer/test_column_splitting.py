import pytest

from serverless_init.intake.decode_columns import decode_columns
from serverless_init.model import Payload, Serie, SerieKind
from serverless_init.serializer.series_v3 import SeriesRows, series_v3_format
from serverless_init.serializer.split import Limits
from serverless_init.serializer.split_columns import ColumnBatch
from serverless_init.serializer.stats import SerializerStats
from serverless_init.wire import choose_codec
from serverless_init.wire.inflate import inflate

MANY = 10_000_000


def a_batch(
    kind: str = "none",
    *,
    compressed: int = MANY,
    uncompressed: int = MANY,
    points: int | None = None,
) -> tuple[ColumnBatch[Serie], SerializerStats]:
    stats = SerializerStats()
    batch: ColumnBatch[Serie] = ColumnBatch(
        series_v3_format(),
        lambda columns: SeriesRows(columns, lambda _: None),
        limits=Limits(compressed, uncompressed, points),
        codec=choose_codec(kind),
        stats=stats,
    )
    return batch, stats


def a_serie(
    name: bytes = b"m", *, tags: tuple[bytes, ...] = (), points: int = 1, samples: int = 1
) -> Serie:
    return Serie(
        name=name,
        tags=tags,
        host=b"",
        kind=SerieKind.GAUGE,
        points=tuple((n, 1.0) for n in range(points)),
        interval_s=10,
        samples=samples,
    )


def payloads(batch: ColumnBatch[Serie], series: list[Serie]) -> list[Payload]:
    return [*(payload for serie in series for payload in batch.add(serie)), *batch.finish()]


def names(payload: Payload) -> list[str]:
    plain = inflate(payload.body, payload.content_encoding, bytes_max=MANY)
    return [received.metric for received in decode_columns(plain)]


def test_without_series_there_is_no_payload() -> None:
    batch, stats = a_batch()

    assert batch.finish() == ()
    assert stats.payloads == 0


def test_a_finished_batch_starts_over_with_empty_dictionaries() -> None:
    batch, _ = a_batch()

    (first,) = payloads(batch, [a_serie(b"a", tags=(b"t",))])
    (second,) = payloads(batch, [a_serie(b"a", tags=(b"t",))])

    assert first.body == second.body


def test_a_payload_is_closed_before_the_points_limit_is_passed() -> None:
    batch, _ = a_batch(points=3)
    points = {b"a": 2, b"b": 1, b"c": 1, b"d": 3}

    sent = payloads(batch, [a_serie(name, points=count) for name, count in points.items()])

    assert [names(payload) for payload in sent] == [["a", "b"], ["c"], ["d"]]
    assert [payload.points for payload in sent] == [3, 1, 3]


def test_a_serie_above_the_points_limit_is_dropped_and_the_others_are_sent_together() -> None:
    batch, stats = a_batch(points=3)

    (payload,) = payloads(batch, [a_serie(b"a"), a_serie(b"b", points=4, samples=9), a_serie(b"c")])

    assert names(payload) == ["a", "c"]
    assert stats.dropped == {"points_max": 9}


def test_a_serie_without_points_is_dropped_and_counted() -> None:
    batch, stats = a_batch()

    (payload,) = payloads(batch, [a_serie(b"a"), a_serie(b"b", points=0, samples=2)])

    assert names(payload) == ["a"]
    assert stats.dropped == {"no_points": 2}
    assert stats.samples_held == 0


@pytest.mark.parametrize("limit", ["compressed", "uncompressed"])
def test_a_serie_that_alone_passes_a_limit_is_dropped_and_the_others_are_sent(limit: str) -> None:
    batch, stats = a_batch(**{limit: 600})  # type: ignore[arg-type]

    sent = payloads(batch, [a_serie(b"a"), a_serie(b"x" * 600, samples=4), a_serie(b"b")])

    assert [names(payload) for payload in sent] == [["a"], ["b"]]
    assert stats.dropped == {"too_big": 4}
    assert stats.samples_held == 0


def test_a_large_serie_that_compresses_into_the_limit_is_sent_alone() -> None:
    batch, stats = a_batch("zstd", compressed=1000)
    large = a_serie(tags=tuple(b"t" * 1000 + b"%d" % n for n in range(100)))

    sent = payloads(batch, [a_serie(b"a"), large, a_serie(b"b")])

    assert [names(payload) for payload in sent] == [["a"], ["m"], ["b"]]
    assert stats.dropped == {}


def test_what_is_taken_back_leaves_nothing_behind() -> None:
    """A serie that did not fit had left its name and tags in the dictionaries of the payload."""
    batch, _ = a_batch(uncompressed=800)
    long = a_serie(b"b", tags=(b"t" * 500,))

    sent = payloads(batch, [a_serie(b"a", tags=(b"u" * 300,)), long, long])

    assert [names(payload) for payload in sent] == [["a"], ["b", "b"]]


def test_a_payload_that_surely_fits_is_one_stream() -> None:
    batch, _ = a_batch("zstd", compressed=100_000)

    (payload,) = payloads(batch, [a_serie(b"m%d" % n) for n in range(1000)])

    assert payload.body.count(b"\x28\xb5\x2f\xfd") == 1


@pytest.mark.parametrize("kind", ["zstd", "gzip"])
def test_compressible_series_fill_a_payload_far_beyond_the_worst_case(kind: str) -> None:
    batch, stats = a_batch(kind, compressed=20_000)
    series = [
        a_serie(b"shop.checkout.%06d" % n, tags=(b"shop:%d" % (n % 9),)) for n in range(12_000)
    ]

    sent = payloads(batch, series)

    assert all(len(payload.body) <= 20_000 for payload in sent)
    assert min(len(payload.body) for payload in sent[:-1]) > 12_000
    assert stats.bytes_uncompressed > 2 * 20_000 * (len(sent) - 1)
    assert [name for payload in sent for name in names(payload)] == [
        serie.name.decode() for serie in series
    ]


def test_the_serie_that_completes_a_payload_can_complete_a_second_one() -> None:
    batch, _ = a_batch("zstd", compressed=1000)
    batch.add(a_serie(b"a"))

    done = batch.add(a_serie(b"z" * 500_000))

    assert [len(names(payload)[0]) for payload in done] == [1, 500_000]


def test_counters_balance_while_a_payload_is_open() -> None:
    batch, stats = a_batch(points=1)
    batch.add(a_serie(samples=2))
    batch.add(a_serie(points=2, samples=3))
    (sent,) = batch.add(a_serie(samples=5))

    assert (stats.samples_accepted, stats.samples_serialized, stats.samples_held) == (10, 2, 5)
    assert stats.dropped == {"points_max": 3}
    assert (stats.items_serialized, stats.payloads) == (1, 1)
    assert stats.bytes_compressed == len(sent.body) == stats.bytes_uncompressed
