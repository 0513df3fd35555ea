"""The agent's protobuf bodies, every field of them."""

from collections.abc import Callable

import pytest

from serverless_init.errors import Undecodable
from serverless_init.intake.decode_protobuf import decode_series, decode_sketches
from serverless_init.intake.received import (
    ReceivedOrigin,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)

Encode = Callable[..., bytes]


def test_every_field_of_a_series_is_decoded(encode: Encode) -> None:
    origin = encode((3, 0), (4, 10), (5, 36), (6, 472))
    series = encode(
        (1, encode((1, "host"), (2, "web-1"))),
        (1, encode((1, "device"), (2, "sda"))),
        (2, "disk.used"),
        (3, "env:prod"),
        (3, "b"),
        (4, encode((2, 1_700_000_000), (1, 1.5))),
        (4, encode((1, -0.25), (2, -1))),
        (5, 2),
        (6, "byte"),
        (7, "System"),
        (8, 10),
        (9, encode((1, origin))),
        (99, "from the future"),
    )
    assert decode_series(encode((1, series))) == (
        ReceivedSeries(
            metric="disk.used",
            kind="rate",
            points=((1_700_000_000, 1.5), (-1, -0.25)),
            tags=("env:prod", "b"),
            host="web-1",
            unit="byte",
            interval_s=10,
            source_type="System",
            resources=(("device", "sda"),),
            origin=ReceivedOrigin(10, 36, 472),
        ),
    )


def test_fields_that_are_left_out_are_zero(encode: Encode) -> None:
    assert decode_series(encode((1, encode((2, "m"), (4, b""))))) == (
        ReceivedSeries(metric="m", kind="unspecified", points=((0, 0.0),)),
    )


def test_a_payload_has_many_series_and_may_have_none(encode: Encode) -> None:
    body = encode((1, encode((2, "a"))), (1, encode((2, "b"))))
    assert [series.metric for series in decode_series(body)] == ["a", "b"]
    assert decode_series(b"") == ()


def test_every_field_of_a_sketch_is_decoded(encode: Encode, packed: Encode) -> None:
    point = encode(
        (1, 1_700_000_000),
        (2, 3_000_000_007),
        (3, -1.0),
        (4, 9.0),
        (5, 4.0),
        (6, 12.0),
        (7, packed(2675, 0, 2676)),
        (8, packed(2, 3_000_000_000, 5)),
    )
    origin = encode((1, encode((4, 1), (5, 38))))
    sketch = encode((1, "d"), (2, "h"), (4, "a:1"), (4, "b:2"), (7, point), (8, origin))
    assert decode_sketches(encode((1, sketch), (2, b""))) == (
        ReceivedSketches(
            metric="d",
            points=(
                ReceivedSketch(
                    1_700_000_000,
                    3_000_000_007,
                    -1.0,
                    9.0,
                    4.0,
                    12.0,
                    (-1338, 0, 1338),
                    (2, 3_000_000_000, 5),
                ),
            ),
            tags=("a:1", "b:2"),
            host="h",
            origin=ReceivedOrigin(1, 38, 0),
        ),
    )


def test_bins_may_come_unpacked(encode: Encode) -> None:
    point = encode((2, 2), (7, 2676), (8, 1), (7, 2678), (8, 1))
    (sketches,) = decode_sketches(encode((1, encode((1, "d"), (7, point)))))
    assert sketches.points[0].keys == (1338, 1339)
    assert sketches.points[0].counts == (1, 1)


def test_what_datadog_would_not_understand_is_undecodable(encode: Encode) -> None:
    point = encode((1, 1.0), (2, 1))
    for body, why in [
        (encode((1, encode((4, point)))), "a metric has no name"),
        (encode((1, encode((2, "m"), (5, 4)))), "a series has the type 4"),
        (encode((1, encode((2, "m"), (4, encode((1, float("nan"))))))), "a value is nan"),
        (encode((1, encode((2, "m"), (4, encode((1, float("-inf"))))))), "a value is -inf"),
        (encode((1, 5)), "a message is expected, not 5"),
        (b'{"series":[]}', "field 15 has the wire type 3"),
    ]:
        with pytest.raises(Undecodable) as raised:
            decode_series(body)
        assert str(raised.value) == why


def test_a_sketch_that_contradicts_itself_is_undecodable(encode: Encode, packed: Encode) -> None:
    for fields, why in [
        ([(7, packed(2, 4)), (8, packed(1))], "a sketch has 2 keys and 1 counts"),
        ([(2, -1)], "a sketch counts -1 values"),
        ([(6, float("inf"))], "a value is inf"),
    ]:
        with pytest.raises(Undecodable) as raised:
            decode_sketches(encode((1, encode((1, "d"), (7, encode(*fields))))))
        assert str(raised.value) == why
