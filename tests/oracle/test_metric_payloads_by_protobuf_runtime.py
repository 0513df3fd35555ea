"""What the official protobuf runtime reads from our payloads is what was put in."""

import math
from typing import Any

from serverless_init.config import SerializerSettings
from serverless_init.model import Origin, Serie, SerieKind, SketchPoint, SketchSerie
from serverless_init.serializer import Serializer
from serverless_init.wire import choose_codec


def serializer(origin: Origin | None) -> Serializer:
    return Serializer(
        SerializerSettings(),
        codec=choose_codec("none"),
        origin=lambda name: origin,
        hostname=b"",
    )


def decoded_series(messages: Any, *series: Serie, origin: Origin | None = None) -> Any:
    (payload,) = serializer(origin).series(series)
    return messages["MetricPayload"].FromString(payload.body).series


def decoded_sketches(messages: Any, *series: SketchSerie, origin: Origin | None = None) -> Any:
    (payload,) = serializer(origin).sketches(series)
    return messages["SketchPayload"].FromString(payload.body)


def a_serie(**changes: Any) -> Serie:
    fields: dict[str, Any] = {
        "name": b"m",
        "tags": (),
        "host": b"",
        "kind": SerieKind.GAUGE,
        "points": ((1, 1.0),),
        "interval_s": 10,
    }
    return Serie(**fields | changes)


def a_point(**changes: Any) -> SketchPoint:
    fields: dict[str, Any] = {
        "timestamp": 1,
        "count": 1,
        "minimum": 1.0,
        "maximum": 1.0,
        "average": 1.0,
        "total": 1.0,
        "keys": (0,),
        "counts": (1,),
    }
    return SketchPoint(**fields | changes)


def test_every_field_of_a_serie_is_read_back(metric_messages: Any) -> None:
    serie = Serie(
        name=b"shop.orders",
        tags=(b"env:prod", "città:è".encode()),
        host=b"web-1",
        kind=SerieKind.RATE,
        points=((1_700_000_000, 0.5), (1_700_000_010, -2.25)),
        interval_s=10,
        unit=b"millisecond",
    )

    (read,) = decoded_series(metric_messages, serie, origin=Origin(1, 36, 472))

    assert read.metric == "shop.orders"
    assert list(read.tags) == ["env:prod", "città:è"]
    assert [(r.type, r.name) for r in read.resources] == [("host", "web-1")]
    assert read.type == 2
    assert [(p.timestamp, p.value) for p in read.points] == [
        (1_700_000_000, 0.5),
        (1_700_000_010, -2.25),
    ]
    assert read.interval == 10
    assert read.unit == "millisecond"
    assert read.source_type_name == ""
    origin = read.metadata.origin
    assert (origin.origin_product, origin.origin_category, origin.origin_service) == (1, 36, 472)
    assert origin.metric_type == 0


def test_the_whole_range_of_timestamps_and_values_of_a_serie_is_read_back(
    metric_messages: Any,
) -> None:
    points = (
        (-(2**63), -math.inf),
        (-1, -1.7976931348623157e308),
        (0, 0.0),
        (127, 5e-324),
        (128, -5e-324),
        (16_383, 0.1),
        (16_384, -0.1),
        (2**31, 1e300),
        (2**40, 2.0**53),
        (2**63 - 1, math.inf),
    )

    (read,) = decoded_series(metric_messages, a_serie(points=points))

    assert tuple((p.timestamp, p.value) for p in read.points) == points


def test_the_order_of_many_series_is_kept(metric_messages: Any) -> None:
    read = decoded_series(metric_messages, *(a_serie(name=b"m%d" % n) for n in range(300)))

    assert [serie.metric for serie in read] == [f"m{n}" for n in range(300)]


def test_strings_of_every_length_class_are_read_back(metric_messages: Any) -> None:
    lengths = (1, 127, 128, 16_383, 16_384, 70_000)
    tags = tuple(b"t" * length for length in lengths)

    (read,) = decoded_series(metric_messages, a_serie(tags=tags, name=b"n" * 70_000))

    assert [len(tag) for tag in read.tags] == list(lengths)
    assert read.metric == "n" * 70_000


def test_an_empty_tag_is_read_back(metric_messages: Any) -> None:
    (read,) = decoded_series(metric_messages, a_serie(tags=(b"", b"a")))

    assert list(read.tags) == ["", "a"]


def test_without_a_host_the_first_resource_is_a_nameless_host(metric_messages: Any) -> None:
    (read,) = decoded_series(metric_messages, a_serie(host=b""))

    assert [(r.type, r.name) for r in read.resources] == [("host", "")]


def test_device_and_resource_tags_become_resources_after_the_host(metric_messages: Any) -> None:
    tags = (
        b"a:1",
        b"dd.internal.resource:database_instance:db:5432",
        b"device:sda1",
        b"z:2",
    )

    (read,) = decoded_series(metric_messages, a_serie(tags=tags, host=b"h"))

    assert [(r.type, r.name) for r in read.resources] == [
        ("host", "h"),
        ("device", "sda1"),
        ("database_instance", "db:5432"),
    ]
    assert list(read.tags) == ["a:1", "z:2"]


def test_resource_tags_without_type_or_name_stay_tags(metric_messages: Any) -> None:
    tags = (b"device:", b"device", b"dd.internal.resource:", b"dd.internal.resource:kind")

    (read,) = decoded_series(metric_messages, a_serie(tags=tags))

    assert list(read.tags) == [tag.decode() for tag in tags]
    assert len(read.resources) == 1


def test_resources_survive_more_tags_than_are_remembered(metric_messages: Any) -> None:
    many = tuple(b"t:%d" % n for n in range(5000))
    device = (b"device:sda1",)

    read = decoded_series(
        metric_messages,
        a_serie(tags=device),
        a_serie(tags=device + many),
        a_serie(tags=device),
        a_serie(tags=(b"t:1",)),
    )

    assert [[(r.type, r.name) for r in serie.resources[1:]] for serie in read] == [
        [("device", "sda1")],
        [("device", "sda1")],
        [("device", "sda1")],
        [],
    ]
    assert [len(serie.tags) for serie in read] == [0, 5000, 0, 1]


def test_invalid_utf8_is_replaced_wherever_a_serie_has_text(metric_messages: Any) -> None:
    serie = a_serie(
        name=b"m\xff",
        tags=(b"t:\xc3", b"device:d\xff", b"dd.internal.resource:r\xff:n\xff"),
        host=b"h\xfe",
        unit=b"u\x80",
    )

    (read,) = decoded_series(metric_messages, serie)

    assert read.metric == "m�"
    assert list(read.tags) == ["t:�"]
    assert [(r.type, r.name) for r in read.resources] == [
        ("host", "h�"),
        ("device", "d�"),
        ("r�", "n�"),
    ]
    assert read.unit == "u�"


def test_a_serie_without_origin_has_no_metadata(metric_messages: Any) -> None:
    (read,) = decoded_series(metric_messages, a_serie(), origin=None)

    assert not read.HasField("metadata")


def test_every_field_of_a_sketch_serie_is_read_back(metric_messages: Any) -> None:
    point = SketchPoint(
        timestamp=1_700_000_000,
        count=6,
        minimum=-3.5,
        maximum=8.0,
        average=-1.25,
        total=-7.5,
        keys=(-1400, -1, 0, 63, 64, 1500, 1500),
        counts=(1, 1, 1, 127, 128, 65_535, 4_000_000_000),
    )
    serie = SketchSerie(
        name=b"latency",
        tags=(b"a:b", b"device:sda1"),
        host=b"web-1",
        points=(point, a_point(timestamp=1_700_000_010)),
        interval_s=10,
    )

    read = decoded_sketches(metric_messages, serie, origin=Origin(1, 37, 474))
    (sketch,) = read.sketches

    assert read.HasField("metadata")
    assert sketch.metric == "latency"
    assert sketch.host == "web-1"
    assert list(sketch.tags) == ["a:b", "device:sda1"]
    assert [dog.ts for dog in sketch.dogsketches] == [1_700_000_000, 1_700_000_010]
    dog = sketch.dogsketches[0]
    assert (dog.cnt, dog.min, dog.max, dog.avg, dog.sum) == (6, -3.5, 8.0, -1.25, -7.5)
    assert tuple(dog.k) == point.keys
    assert tuple(dog.n) == point.counts
    origin = sketch.metadata.origin
    assert (origin.origin_product, origin.origin_category, origin.origin_service) == (1, 37, 474)


def test_the_whole_range_of_sketch_numbers_is_read_back(metric_messages: Any) -> None:
    point = a_point(
        timestamp=-(2**63),
        count=2**63 - 1,
        minimum=-math.inf,
        maximum=math.inf,
        average=0.0,
        total=-1e300,
        keys=(-(2**31), 2**31 - 1),
        counts=(2**31, 2**32 - 1),
    )
    serie = SketchSerie(name=b"m", tags=(), host=b"", points=(point,), interval_s=10)

    (dog,) = decoded_sketches(metric_messages, serie).sketches[0].dogsketches

    assert (dog.ts, dog.cnt) == (-(2**63), 2**63 - 1)
    assert (dog.min, dog.max, dog.avg, dog.sum) == (-math.inf, math.inf, 0.0, -1e300)
    assert tuple(dog.k) == (-(2**31), 2**31 - 1)
    assert tuple(dog.n) == (2**31, 2**32 - 1)


def test_invalid_utf8_is_replaced_wherever_a_sketch_has_text(metric_messages: Any) -> None:
    serie = SketchSerie(
        name=b"m\xff", tags=(b"t\xff",), host=b"h\xff", points=(a_point(),), interval_s=10
    )

    (sketch,) = decoded_sketches(metric_messages, serie).sketches

    assert (sketch.metric, list(sketch.tags), sketch.host) == ("m�", ["t�"], "h�")
