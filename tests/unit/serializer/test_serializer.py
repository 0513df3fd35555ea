import json
from typing import Any

import zstandard

from serverless_init.config import SerializerSettings
from serverless_init.model import (
    CheckStatus,
    Event,
    Payload,
    PayloadKind,
    Serie,
    SerieKind,
    ServiceCheck,
    SketchPoint,
    SketchSerie,
)
from serverless_init.serializer import Serializer, by_source_type, dogstatsd_origin
from serverless_init.wire import choose_codec


def serializer(kind: str = "none", **settings: Any) -> Serializer:
    return Serializer(
        SerializerSettings(**settings),
        codec=choose_codec(kind),
        origin=dogstatsd_origin("local"),
        hostname=b"",
    )


def a_serie(name: bytes = b"m", *, points: int = 1, samples: int = 1) -> Serie:
    return Serie(
        name=name,
        tags=(),
        host=b"",
        kind=SerieKind.GAUGE,
        points=tuple((n + 1, 1.0) for n in range(points)),
        interval_s=10,
        samples=samples,
    )


def a_sketch(*, samples: int = 1) -> SketchSerie:
    point = SketchPoint(1, 1, 1.0, 1.0, 1.0, 1.0, (1,), (1,))
    return SketchSerie(
        name=b"m", tags=(), host=b"", points=(point,), interval_s=10, samples=samples
    )


def test_each_kind_has_its_route_and_content_type() -> None:
    subject = serializer()
    sent = (
        *subject.series([a_serie()]),
        *subject.sketches([a_sketch()]),
        *subject.events([Event(b"t", b"x")]),
        *subject.service_checks([ServiceCheck(b"c", CheckStatus.OK)]),
    )

    assert [(p.kind, p.endpoint.route, p.content_type) for p in sent] == [
        (PayloadKind.SERIES, "/api/v2/series", "application/x-protobuf"),
        (PayloadKind.SKETCHES, "/api/beta/sketches", "application/x-protobuf"),
        (PayloadKind.EVENTS, "/intake/", "application/json"),
        (PayloadKind.SERVICE_CHECKS, "/api/v1/check_run", "application/json"),
    ]


def test_nothing_gives_no_payload_of_any_kind() -> None:
    subject = serializer()

    assert [
        *subject.series([]),
        *subject.sketches([]),
        *subject.events([]),
        *subject.service_checks([]),
    ] == []


def test_payloads_count_points_and_samples() -> None:
    subject = serializer()
    (series,) = subject.series([a_serie(points=2, samples=7), a_serie(points=1, samples=0)])
    (sketches,) = subject.sketches([a_sketch(samples=500)])
    (events,) = subject.events([Event(b"t", b"x"), Event(b"u", b"y")])

    assert (series.points, series.samples) == (3, 7)
    assert (sketches.points, sketches.samples) == (1, 500)
    assert (events.points, events.samples) == (0, 2)


def test_a_disabled_kind_is_dropped_and_counted_by_its_name() -> None:
    subject = serializer(
        series_enabled=False,
        sketches_enabled=False,
        events_enabled=False,
        service_checks_enabled=False,
    )
    sent = (
        *subject.series([a_serie(samples=2), a_serie(samples=0)]),
        *subject.sketches([a_sketch(samples=3)]),
        *subject.events([Event(b"t", b"x")]),
        *subject.service_checks([ServiceCheck(b"c", CheckStatus.OK)]),
    )

    assert sent == ()
    assert subject.stats.samples_accepted == 7
    assert subject.stats.dropped == {
        "disabled:series": 2,
        "disabled:sketches": 3,
        "disabled:events": 1,
        "disabled:service_checks": 1,
    }
    assert subject.stats.items_dropped["disabled:series"] == 2


def test_series_have_their_own_limits() -> None:
    subject = serializer(series_points_max=2, payload_bytes_max=1, payload_uncompressed_bytes_max=1)

    assert [p.points for p in subject.series([a_serie() for _ in range(5)])] == [2, 2, 1]


def test_sketches_events_and_checks_share_the_general_limits() -> None:
    subject = serializer(payload_uncompressed_bytes_max=10, series_points_max=1)
    sent = (
        *subject.sketches([a_sketch(samples=3)]),
        *subject.events([Event(b"t", b"x")]),
        *subject.service_checks([ServiceCheck(b"c", CheckStatus.OK)]),
    )

    assert sent == ()
    assert subject.stats.dropped == {"too_big": 5}


def test_series_are_split_by_their_own_byte_limits() -> None:
    by_compressed = serializer(series_bytes_max=50)
    by_uncompressed = serializer(series_uncompressed_bytes_max=50)
    series = [a_serie(b"m%d" % n) for n in range(3)]

    assert len(list(by_compressed.series(series))) == 3
    assert len(list(by_uncompressed.series(series))) == 3


def test_a_settings_compression_reaches_the_payload() -> None:
    subject = serializer("zstd")

    (payload,) = subject.service_checks([ServiceCheck(b"c", CheckStatus.OK)])

    assert subject.content_encoding == payload.content_encoding == "zstd"
    body = zstandard.ZstdDecompressor().decompressobj().decompress(payload.body)
    assert [check["check"] for check in json.loads(body)] == ["c"]


def test_events_without_a_source_type_stand_with_those_of_type_api() -> None:
    events = [
        Event(b"1", b"", source_type=b"zabbix"),
        Event(b"2", b"", source_type=b"api"),
        Event(b"3", b"", source_type=b"aaa"),
        Event(b"4", b""),
    ]

    (payload,) = serializer().events(events)

    read = json.loads(payload.body)["events"]
    assert {key: [event["msg_title"] for event in read[key]] for key in read} == {
        "aaa": ["3"],
        "api": ["2", "4"],
        "zabbix": ["1"],
    }


def test_source_types_that_become_equal_when_repaired_share_an_array() -> None:
    events = [
        Event(b"1", b"", source_type=b"\xff"),
        Event(b"2", b"", source_type=b"x"),
        Event(b"3", b"", source_type=b"\xfe"),
    ]

    (payload,) = serializer().events(events)

    assert [len(group) for group in json.loads(payload.body)["events"].values()] == [1, 2]


def test_an_event_batch_in_any_order_loses_nothing() -> None:
    batch = serializer().open_events()
    sent: list[Payload] = []
    for source_type in (b"b", b"a", b"b"):
        sent += batch.add(Event(b"t", b"", source_type=source_type))
    sent += batch.finish()

    assert [list(json.loads(p.body)["events"]) for p in sent] == [["b"], ["a", "b"]]


def test_events_by_source_type_keep_their_order_of_arrival() -> None:
    events = [Event(b"%d" % n, b"", source_type=b"ba"[n % 2 :][:1]) for n in range(6)]

    assert [event.title for event in by_source_type(events)] == [
        b"1", b"3", b"5", b"0", b"2", b"4",
    ]  # fmt: skip


def test_every_string_of_an_event_survives_json() -> None:
    title = 'quote " backslash \\ newline \n bell \x07 nul \x00 emoji 😀'
    event = Event(title.encode(), b"\xff", tags=(b"t:\xff",), source_type=b'a"b')

    (payload,) = serializer().events([event])

    (read,) = json.loads(payload.body)["events"]['a"b']
    assert read["msg_title"] == title
    assert read["msg_text"] == "�"
    assert read["tags"] == ["t:�"]
    assert read["source_type_name"] == 'a"b'


def test_invalid_utf8_is_replaced_wherever_a_check_has_text() -> None:
    check = ServiceCheck(
        b"c\xff", CheckStatus.UNKNOWN, host=b"h\xff", message=b"m\xff", tags=(b"t\xff",)
    )

    (payload,) = serializer().service_checks([check])

    assert json.loads(payload.body) == [
        {
            "check": "c�",
            "host_name": "h�",
            "timestamp": 0,
            "status": 3,
            "message": "m�",
            "tags": ["t�"],
        }
    ]


def test_batches_that_are_open_together_do_not_mix() -> None:
    subject = serializer("zstd")
    series, sketches = subject.open_series(), subject.open_sketches()
    for n in range(50):
        assert series.add(a_serie(b"serie%d" % n)) == ()
        assert sketches.add(a_sketch()) == ()
    assert subject.stats.samples_held == 100

    (of_series,), (of_sketches,) = series.finish(), sketches.finish()

    assert (of_series.kind, of_series.samples) == (PayloadKind.SERIES, 50)
    assert (of_sketches.kind, of_sketches.samples) == (PayloadKind.SKETCHES, 50)
    decompress = zstandard.ZstdDecompressor().decompressobj
    assert decompress().decompress(of_series.body).count(b"serie") == 50
    assert decompress().decompress(of_sketches.body).endswith(b"\x12\x00")
    assert subject.stats.samples_held == 0


def test_a_batch_returns_a_payload_as_soon_as_it_is_full() -> None:
    batch = serializer(series_points_max=2).open_series()

    assert batch.add(a_serie()) == ()
    assert batch.add(a_serie()) == ()
    (full,) = batch.add(a_serie())
    assert full.points == 2
    (rest,) = batch.finish()
    assert rest.points == 1
    assert batch.finish() == ()


def test_payloads_come_before_the_whole_input_has_been_read() -> None:
    read: list[int] = []

    def endless() -> Any:
        while True:
            read.append(1)
            yield a_serie()

    assert next(serializer(series_points_max=10).series(endless())).points == 10
    assert len(read) == 11
