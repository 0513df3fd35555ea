"""When the payload of series that need no aggregation is ended; spec/dogstatsd.md 4.6."""

from serverless_init.aggregator.stream import SerieStream
from serverless_init.config import SerializerSettings
from serverless_init.model import Serie, SerieKind
from serverless_init.serializer import Serializer
from serverless_init.wire import choose_codec


def serie(samples: int = 1) -> Serie:
    points = ((5, 1.0),)
    return Serie(b"m", (), b"", SerieKind.GAUGE, points, interval_s=10, samples=samples)


def stream_of(samples_max: int, **settings: object) -> SerieStream:
    codec = choose_codec("zstd", zstd_level=1)
    serializer = Serializer(
        SerializerSettings(**settings), codec=codec, origin=lambda _: None, hostname=b""
    )
    return SerieStream(serializer.open_series, samples_max=samples_max)


def test_a_payload_is_ended_when_it_has_more_samples_than_the_batch_size() -> None:
    stream = stream_of(3)
    assert [len(stream.add(serie(), 0.0)) for _ in range(3)] == [0, 0, 0]
    (payload,) = stream.add(serie(), 0.0)
    assert (payload.samples, payload.points, stream.is_open) == (4, 4, False)


def test_the_next_payload_counts_from_the_beginning() -> None:
    stream = stream_of(3)
    stream.add(serie(9), 0.0)
    assert stream.add(serie(3), 0.0) == ()
    assert [payload.samples for payload in stream.add(serie(), 0.0)] == [4]


def test_a_payload_that_a_limit_ends_leaves_the_rest_to_the_next() -> None:
    stream = stream_of(100, series_points_max=2)
    ended = [payload.points for _ in range(5) for payload in stream.add(serie(), 0.0)]
    assert ended == [2, 2]
    assert [payload.points for payload in stream.finish()] == [1]


def test_a_payload_is_due_when_nothing_came_for_a_second() -> None:
    stream = stream_of(100)
    assert not stream.is_due(1000.0)
    stream.add(serie(), 1000.0)
    stream.add(serie(), 1001.5)
    assert not stream.is_due(1002.0)
    assert stream.is_due(1002.5)


def test_a_payload_of_a_client_that_never_pauses_is_due_after_ten_seconds() -> None:
    stream = stream_of(100)
    for tenth in range(100):
        stream.add(serie(), 1000.0 + tenth / 10)
    assert not stream.is_due(1009.9)
    assert stream.is_due(1010.0)


def test_nothing_begun_is_nothing_to_finish() -> None:
    stream = stream_of(100)
    assert stream.finish() == ()
    assert not stream.is_open
