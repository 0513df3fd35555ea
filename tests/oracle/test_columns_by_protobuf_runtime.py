"""What the official protobuf runtime reads from our columns is, put together, what was put in.

The runtime reads the columns; the putting together is written here from the specification (3.7),
with the arrays as a whole before it, where the local intake reads entry by entry.
"""

import math
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import SerializerSettings
from serverless_init.model import Origin, Serie, SerieKind, SketchPoint, SketchSerie
from serverless_init.serializer import Destination, Serializer
from serverless_init.wire import choose_codec

URL = "https://app.datadoghq.com"
V3 = SerializerSettings(v3_series="true", v3_sketch_urls=(URL,))


def serializer(origin: Origin | None = None) -> Serializer:
    return Serializer(
        V3,
        codec=choose_codec("none"),
        origin=lambda name: origin,
        hostname=b"",
        destinations=[Destination(URL)],
    )


def decoded(messages: Any, *values: Serie | SketchSerie, origin: Origin | None = None) -> Any:
    subject = serializer(origin)
    open_batch = subject.series if isinstance(values[0], Serie) else subject.sketches
    (payload,) = open_batch(values)  # type: ignore[arg-type]
    return messages["ColumnPayload"].FromString(payload.body).metricData


def texts(raw: bytes) -> list[str]:
    found = [""]
    while raw:
        length, at = 0, 0
        while True:
            length |= (raw[at] & 0x7F) << 7 * at
            at += 1
            if raw[at - 1] < 0x80:
                break
        found.append(raw[at : at + length].decode())
        raw = raw[at + length :]
    return found


def tag_sets(data: Any) -> list[list[str]]:
    tags, numbers = texts(data.dictTagStr), list(data.dictTagsets)
    sets: list[list[str]] = [[]]
    while numbers:
        count = numbers.pop(0)
        sets.append([tags[number] for number in accumulate(numbers[:count])])
        del numbers[:count]
    return sets


def resource_sets(data: Any) -> list[list[tuple[str, str]]]:
    words, at = texts(data.dictResourceStr), 0
    sets: list[list[tuple[str, str]]] = [[]]
    for count in data.dictResourceLen:
        kinds = accumulate(data.dictResourceType[at : at + count])
        names = accumulate(data.dictResourceName[at : at + count])
        sets.append([(words[k], words[n]) for k, n in zip(kinds, names, strict=True)])
        at += count
    return sets


def rows(data: Any) -> list[dict[str, Any]]:
    """The rows as dictionaries: what all columns but those of values say."""
    names, units = texts(data.dictNameStr), texts(data.dictUnitStr)
    sets, resources = tag_sets(data), resource_sets(data)
    origins = [(), *zip(*[iter(data.dictOriginInfo)] * 3, strict=True)]
    unit_refs = iter(list(accumulate(data.unitRefs)))
    assert list(accumulate(data.sourceTypeNameRefs)) == [0] * len(data.types)
    return [
        {
            "type": kind & 0xF,
            "values": kind & 0xF0,
            "name": names[name],
            "tags": sets[tag_set],
            "resources": resources[resource_set],
            "origin": origins[origin],
            "interval": interval,
            "points": points,
            "unit": units[next(unit_refs)] if kind & 0x200 else "",
        }
        for kind, name, tag_set, resource_set, origin, interval, points in zip(
            data.types,
            accumulate(data.nameRefs),
            accumulate(data.tagsetRefs),
            accumulate(data.resourcesRefs),
            accumulate(data.originInfoRefs),
            data.intervals,
            data.numPoints,
            strict=True,
        )
    ]


def points(data: Any) -> list[list[tuple[int, float]]]:
    """The points of each row of series."""
    columns = {
        0x10: iter(data.valsSint64),
        0x20: iter(data.valsFloat32),
        0x30: iter(data.valsFloat64),
    }
    times = iter(list(accumulate(data.timestamps)))
    found = [
        [(next(times), next(columns[kind & 0xF0]) if kind & 0xF0 else 0.0) for _ in range(count)]
        for kind, count in zip(data.types, data.numPoints, strict=True)
    ]
    assert [next(column, None) for column in (*columns.values(), times)] == [None] * 4
    return found


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


def a_sketch(*points: SketchPoint, **changes: Any) -> SketchSerie:
    fields: dict[str, Any] = {"name": b"m", "tags": (), "host": b"", "interval_s": 10}
    return SketchSerie(points=points, **fields | changes)


def a_point(total: float, minimum: float, maximum: float, **changes: Any) -> SketchPoint:
    fields: dict[str, Any] = {"timestamp": 1, "count": 1, "keys": (0,), "counts": (1,)}
    average = total / changes.get("count", 1)
    return SketchPoint(
        minimum=minimum, maximum=maximum, average=average, total=total, **fields | changes
    )


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

    data = decoded(metric_messages, serie, origin=Origin(1, 36, 472))

    assert rows(data) == [
        {
            "type": 2,
            "values": 0x20,
            "name": "shop.orders",
            "tags": ["env:prod", "città:è"],
            "resources": [("host", "web-1")],
            "origin": (1, 36, 472),
            "interval": 10,
            "points": 2,
            "unit": "millisecond",
        }
    ]
    assert points(data) == [[(1_700_000_000, 0.5), (1_700_000_010, -2.25)]]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (SerieKind.COUNT, 1),
        (SerieKind.RATE, 2),
        (SerieKind.GAUGE, 3),
        (SerieKind.UNSPECIFIED, 3),
    ],
)
def test_the_type_is_the_columns_own_and_what_has_none_is_a_gauge(
    metric_messages: Any, kind: SerieKind, number: int
) -> None:
    (row,) = rows(decoded(metric_messages, a_serie(kind=kind)))
    assert row["type"] == number


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ((0.0,), 0x00),
        ((0.0, -0.0), 0x00),
        ((1.0,), 0x10),
        ((0.0, -1.0), 0x10),
        ((2.0**48 - 1,), 0x10),
        ((-(2.0**48),), 0x10),
        ((2.0**48,), 0x20),
        ((-(2.0**48) - 1,), 0x30),
        ((0.5,), 0x20),
        ((3.0, 0.5), 0x20),
        ((3.4028234663852886e38,), 0x20),
        ((math.inf, -math.inf), 0x20),
        ((0.1,), 0x30),
        ((0.5, 0.1), 0x30),
        ((1e39,), 0x30),
        ((5e-324,), 0x30),
        # Each of the two fits one of the small columns, but no small one holds both.
        ((16_777_217.0, 0.5), 0x30),
    ],
)
def test_values_stand_in_the_smallest_column_that_holds_them_exactly(
    metric_messages: Any, values: tuple[float, ...], column: int
) -> None:
    serie = a_serie(points=tuple(enumerate(values)))

    data = decoded(metric_messages, serie)

    assert rows(data)[0]["values"] == column
    assert points(data) == [list(serie.points)]


def test_a_host_is_a_resource_only_when_there_is_one(metric_messages: Any) -> None:
    data = decoded(metric_messages, a_serie(), a_serie(host=b"h"), a_serie())

    assert [row["resources"] for row in rows(data)] == [[], [("host", "h")], []]


def test_device_and_resource_tags_become_resources_after_the_host(metric_messages: Any) -> None:
    tags = (b"a:1", b"dd.internal.resource:db:d:5432", b"device:sda1", b"device:", b"z:2")

    (row,) = rows(decoded(metric_messages, a_serie(tags=tags, host=b"h")))

    assert row["resources"] == [("host", "h"), ("device", "sda1"), ("db", "d:5432")]
    assert row["tags"] == ["a:1", "device:", "z:2"]


def test_what_series_have_in_common_stands_once(metric_messages: Any) -> None:
    series = [
        a_serie(name=b"n%d" % (n % 2), tags=(b"a", b"b%d" % (n % 3)), host=b"h", unit=b"byte")
        for n in range(30)
    ]

    data = decoded(metric_messages, *series, origin=Origin(1, 0, 472))

    assert texts(data.dictNameStr) == ["", "n0", "n1"]
    assert texts(data.dictTagStr) == ["", "a", "b0", "b1", "b2"]
    assert list(data.dictTagsets) == [2, 1, 1, 2, 1, 2, 2, 1, 3]
    assert texts(data.dictResourceStr) == ["", "host", "h"]
    assert list(data.dictResourceLen) == [1]
    assert list(data.dictOriginInfo) == [1, 0, 472]
    assert texts(data.dictUnitStr) == ["", "byte"]
    assert [row["name"] for row in rows(data)] == [f"n{n % 2}" for n in range(30)]
    assert [row["tags"] for row in rows(data)] == [["a", f"b{n % 3}"] for n in range(30)]


def test_tag_sets_in_another_order_are_the_same_set(metric_messages: Any) -> None:
    data = decoded(metric_messages, a_serie(tags=(b"a", b"b")), a_serie(tags=(b"b", b"a")))

    assert list(data.dictTagsets) == [2, 1, 1]
    assert list(data.tagsetRefs) == [1, 0]


def test_only_series_with_a_unit_have_an_entry_for_it(metric_messages: Any) -> None:
    units = (b"", b"byte", b"", b"second", b"byte")

    data = decoded(metric_messages, *(a_serie(unit=unit) for unit in units))

    assert list(data.unitRefs) == [1, 1, -1]
    assert [row["unit"] for row in rows(data)] == [unit.decode() for unit in units]


def test_a_serie_without_origin_refers_to_none(metric_messages: Any) -> None:
    data = decoded(metric_messages, a_serie())

    assert list(data.originInfoRefs) == [0]
    assert list(data.dictOriginInfo) == []


def test_an_empty_tag_and_an_empty_name_are_read_back(metric_messages: Any) -> None:
    (row,) = rows(decoded(metric_messages, a_serie(name=b"", tags=(b"", b"a"))))

    assert (row["name"], row["tags"]) == ("", ["", "a"])


def test_invalid_utf8_is_replaced_wherever_a_row_has_text(metric_messages: Any) -> None:
    serie = a_serie(name=b"m\xff", tags=(b"t:\xc3", b"device:d\xff"), host=b"h\xfe", unit=b"u\x80")

    (row,) = rows(decoded(metric_messages, serie))

    assert (row["name"], row["tags"], row["unit"]) == ("m\ufffd", ["t:\ufffd"], "u\ufffd")
    assert row["resources"] == [("host", "h\ufffd"), ("device", "d\ufffd")]


def test_timestamps_of_every_size_and_order_are_read_back(metric_messages: Any) -> None:
    times = (-(2**62), -1, 0, 1_700_000_000, 63, 64, 2**62, 5)

    data = decoded(metric_messages, *(a_serie(points=((t, 1.0),)) for t in times))

    assert points(data) == [[(t, 1.0)] for t in times]


def test_every_field_of_a_distribution_is_read_back(metric_messages: Any) -> None:
    serie = a_sketch(
        a_point(6.5, -1.0, 5.5, timestamp=10, count=3, keys=(-1337, -1, 0, 64),
                counts=(1, 1, 2, 9)),
        a_point(0.5, 0.5, 0.5, timestamp=20, keys=(7,), counts=(1,)),
        name=b"latency",
        tags=(b"device:sda", b"env:prod"),
        host=b"h",
    )  # fmt: skip

    data = decoded(metric_messages, serie, origin=Origin(1, 36, 472))

    assert rows(data) == [
        {
            "type": 4,
            "values": 0x20,
            "name": "latency",
            "tags": ["device:sda", "env:prod"],
            "resources": [("host", "h")],
            "origin": (1, 36, 472),
            "interval": 0,
            "points": 2,
            "unit": "",
        }
    ]
    assert list(accumulate(data.timestamps)) == [10, 20]
    assert list(data.valsFloat32) == [6.5, -1.0, 5.5, 0.5, 0.5, 0.5]
    assert list(data.valsSint64) == [3, 1]
    assert list(data.sketchNumBins) == [4, 1]
    assert list(data.sketchBinKeys) == [-1337, 1336, 1, 64, 7]
    assert list(data.sketchBinCnts) == [1, 1, 2, 9, 1]


def test_whole_sums_share_a_column_with_the_count_which_is_the_last(metric_messages: Any) -> None:
    first = a_point(30.0, 10.0, 20.0, count=2)
    data = decoded(metric_messages, a_sketch(first, a_point(7.0, 7.0, 7.0)))

    assert list(data.valsSint64) == [30, 10, 20, 2, 7, 7, 7, 1]


def test_sums_of_zero_leave_only_the_count(metric_messages: Any) -> None:
    data = decoded(metric_messages, a_sketch(a_point(0.0, 0.0, 0.0, count=5)))

    assert list(data.types) == [0x04]
    assert list(data.valsSint64) == [5]


texts_of_clients = st.text(max_size=8).map(str.encode)
series = st.builds(
    Serie,
    name=texts_of_clients,
    tags=st.lists(texts_of_clients, max_size=4).map(tuple),
    host=texts_of_clients,
    kind=st.sampled_from([SerieKind.COUNT, SerieKind.RATE, SerieKind.GAUGE]),
    points=st.lists(
        st.tuples(
            st.integers(-(2**40), 2**40),
            st.one_of(
                st.floats(allow_nan=False),
                st.floats(width=32, allow_nan=False),
                st.integers(-(2**49), 2**49).map(float),
            ),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    interval_s=st.integers(0, 100),
    unit=st.sampled_from([b"", b"byte", b"second"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(series, min_size=1, max_size=8))
def test_whatever_series_are_put_in_are_read_back(
    metric_messages: Any, given_series: list[Serie]
) -> None:
    """decode(encode(s)) = s: names, tags as a set, host, type, interval, unit, points exactly."""
    data = decoded(metric_messages, *given_series)
    assert points(data) == [list(serie.points) for serie in given_series]
    for row, serie in zip(rows(data), given_series, strict=True):
        assert row["name"].encode() == serie.name
        assert sorted(row["tags"]) == sorted(tag.decode() for tag in serie.tags)
        assert row["resources"] == ([("host", serie.host.decode())] if serie.host else [])
        assert (row["type"], row["interval"]) == (serie.kind, serie.interval_s)
        assert row["unit"].encode() == serie.unit
