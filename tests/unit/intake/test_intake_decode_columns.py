"""The agent's columnar bodies (v3), every column of them, and what is wrong with one."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from serverless_init.errors import Undecodable
from serverless_init.intake.decode_columns import decode_columns
from serverless_init.intake.received import (
    ReceivedOrigin,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)

ZIGZAG = (3, 6, 7, 11, 12, 13, 16, 17, 21, 23, 24, 26)
Body = Callable[..., bytes]


@pytest.fixture
def body(encode: Callable[..., bytes], packed: Callable[..., bytes]) -> Body:
    """A payload with the columns given by number, as texts, whole numbers or floats."""

    def column(number: int, content: list[Any]) -> bytes:
        if number in (1, 2, 4, 8, 25):
            return b"".join(packed(len(text)) + text for text in content)
        if number in (18, 19):
            return struct.pack(f"<{len(content)}{'f' if number == 18 else 'd'}", *content)
        if number in ZIGZAG:
            content = [2 * n if n >= 0 else -2 * n - 1 for n in content]
        return packed(*(n % 2**64 for n in content))

    def build(columns: dict[int, list[Any]], *metadata: tuple[int, str]) -> bytes:
        data = encode(*((number, column(number, content)) for number, content in columns.items()))
        return encode((2, encode(*metadata)), (3, data))

    return build


# One gauge with the least that a row must have.
ONE: dict[int, list[Any]] = {
    1: [b"m"],
    10: [0x03],
    11: [1],
    12: [0],
    13: [0],
    14: [0],
    15: [1],
    16: [7],
    23: [0],
    24: [0],
}


def test_every_column_of_a_series_is_decoded(body: Body) -> None:
    columns = {
        1: [b"disk.used", b"hits"],
        2: [b"env:prod", b"a", b"b"],
        3: [2, 1, 1, 3, -1, 2, 2],  # {1, 2}; {all of set 1, 1, 3}
        4: [b"host", b"web-1", b"device", b"sda"],
        5: [2, 1],
        6: [1, 2, 1],
        7: [2, 2, 2],
        8: [b"System"],
        9: [10, 36, 472],
        10: [0x332, 0x13, 0x01],  # a rate of doubles, with a unit, not indexed; a gauge; a count
        11: [1, 1, 0],
        12: [1, 1, -2],
        13: [1, 1, -2],
        14: [10, 0, 20],
        15: [2, 1, 1],
        16: [1_700_000_000, 10, -5, 0],
        17: [-3],
        19: [0.1, -2.5],
        23: [1, -1, 0],
        24: [1, -1, 0],
        25: [b"byte"],
        26: [1],
        99: [1],
    }
    assert decode_columns(body(columns)) == (
        ReceivedSeries(
            metric="disk.used",
            kind="rate",
            points=((1_700_000_000, 0.1), (1_700_000_010, -2.5)),
            tags=("env:prod", "a"),
            host="web-1",
            unit="byte",
            interval_s=10,
            source_type="System",
            resources=(("device", "sda"),),
            origin=ReceivedOrigin(10, 36, 472),
        ),
        ReceivedSeries(
            metric="hits",
            kind="gauge",
            points=((1_700_000_005, -3.0),),
            tags=("env:prod", "a", "env:prod", "b"),
            host="web-1",
        ),
        ReceivedSeries(metric="hits", kind="count", points=((1_700_000_005, 0.0),), interval_s=20),
    )


def test_every_column_of_a_distribution_is_decoded(body: Body) -> None:
    columns = ONE | {
        10: [0x24],
        15: [2],
        16: [10, 10],
        17: [2, 1],
        18: [3.0, 1.0, 2.0, 0.5, 0.5, 0.5],
        20: [2, 1],
        21: [5, 3, -4],
        22: [1, 1, 1],
    }
    assert decode_columns(body(columns)) == (
        ReceivedSketches(
            metric="m",
            points=(
                ReceivedSketch(10, 2, 1.0, 2.0, 1.5, 3.0, (5, 8), (1, 1)),
                ReceivedSketch(20, 1, 0.5, 0.5, 0.5, 0.5, (-4,), (1,)),
            ),
        ),
    )


def test_the_count_of_a_distribution_stands_behind_its_whole_numbers(body: Body) -> None:
    columns = ONE | {10: [0x14], 17: [30, 10, 20, 2], 20: [0]}
    (sketches,) = decode_columns(body(columns))
    assert isinstance(sketches, ReceivedSketches)
    assert sketches.points == (ReceivedSketch(7, 2, 10.0, 20.0, 15.0, 30.0, (), ()),)


def test_a_distribution_of_zeros_stores_only_its_count(body: Body) -> None:
    (sketches,) = decode_columns(body(ONE | {10: [0x04], 17: [0], 20: [0]}))
    assert isinstance(sketches, ReceivedSketches)
    assert sketches.points == (ReceivedSketch(7, 0, 0.0, 0.0, 0.0, 0.0, (), ()),)


def test_tags_and_resources_of_the_payload_are_every_rows(body: Body) -> None:
    (series,) = decode_columns(body(ONE, (1, "a"), (2, "host"), (2, "web-1"), (2, "r"), (2, "s")))
    assert series == ReceivedSeries(
        metric="m",
        kind="gauge",
        points=((7, 0.0),),
        tags=("a",),
        host="web-1",
        resources=(("r", "s"),),
    )


def test_a_message_in_two_parts_is_one(encode: Callable[..., bytes], body: Body) -> None:
    parts = [body({n: c for n, c in ONE.items() if (n < 12) is early}) for early in (True, False)]
    assert decode_columns(b"".join(parts)) == decode_columns(body(ONE))


def test_a_payload_may_be_empty() -> None:
    assert decode_columns(b"") == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({10: [0x03, 0x03]}, "nameRefs is too short|resourcesRefs is too short"),
        ({14: []}, "intervals is too short"),
        ({16: [7, 7]}, "timestamps is too long"),
        ({15: [2**60]}, "timestamps is too short"),
        ({10: [0x23]}, "valsFloat32 is too short"),
        ({10: [0x33], 19: [1.0, 2.0]}, "valsFloat64 is too long"),
        ({10: [0x33], 19: [float("nan")]}, "a value is nan"),
        ({10: [0x43]}, "a row has the type 0x43"),
        ({10: [0x05]}, "a row has the type 0x5"),
        ({10: [0x00]}, "a row has the type 0x0"),
        ({10: [0x203]}, "unitRefs is too short"),
        ({11: [0]}, "a metric has no name"),
        ({11: [2]}, "there is no entry 2 in a dictionary of 2"),
        ({11: [-1]}, "there is no entry -1 in a dictionary of 2"),
        ({3: [2, 1]}, "dictTagsets is too short"),
        ({3: [-1]}, "dictTagsets is too short"),
        ({3: [1, 1]}, "there is no entry 1 in a dictionary of 1"),
        ({3: [1, -1]}, "there is no entry 1 in a dictionary of 1"),
        ({5: [1], 6: [0]}, "dictResourceName is too short"),
        ({5: [0], 6: [0], 7: [0]}, "dictResourceType or dictResourceName is too long"),
        ({9: [1, 2]}, "dictOriginInfo is not made of threes"),
        ({10: [0x04], 17: [-1], 20: [0]}, "a sketch counts -1 values"),
        ({10: [0x04], 17: [1], 20: [1], 21: [1]}, "sketchBinCnts is too short"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_reason(
    body: Body, changes: dict[int, list[Any]], reason: str
) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode_columns(body(ONE | changes))


def test_sets_that_include_sets_do_not_grow_without_bound(body: Body) -> None:
    doubling = [x for n in range(1, 60) for x in (2, -n, 0)]
    columns = ONE | {2: [b"t"], 3: [1, 1, *doubling]}
    with pytest.raises(Undecodable, match="the sets have more than 1000000 tags"):
        decode_columns(body(columns))


def test_a_text_that_is_cut_off_is_refused(encode: Callable[..., bytes]) -> None:
    with pytest.raises(Undecodable, match="dictNameStr is cut off"):
        decode_columns(encode((3, encode((1, b"\x05abc")))))


def test_floats_that_are_cut_off_are_refused(encode: Callable[..., bytes]) -> None:
    with pytest.raises(Undecodable, match="5 bytes are no numbers of 4 bytes"):
        decode_columns(encode((3, encode((18, b"\0\0\0\0\0")))))


def test_resources_of_the_payload_that_are_not_pairs_are_refused(body: Body) -> None:
    with pytest.raises(Undecodable, match="the resources of the metadata are not pairs"):
        decode_columns(body(ONE, (2, "host")))
