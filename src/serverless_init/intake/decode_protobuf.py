"""The agent's own bodies: series v2 (``MetricPayload``) and sketches (``SketchPayload``).

Field numbers are those of the public ``agent_payload.proto``. Unknown fields are skipped, as every
protobuf reader does. Everything here raises `Undecodable` for what is not such a message.
"""

from math import isfinite

from serverless_init.errors import Undecodable
from serverless_init.intake.protobuf_reader import (
    double,
    fields,
    repeated_unsigned,
    repeated_zigzag,
    signed,
    submessage,
    text,
    unsigned,
)
from serverless_init.intake.received import (
    SERIES_KINDS,
    ReceivedOrigin,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)


def decode_series(body: bytes) -> tuple[ReceivedSeries, ...]:
    """The series of a ``MetricPayload``."""
    return tuple(_series(submessage(value)) for number, value in fields(body) if number == 1)


def decode_sketches(body: bytes) -> tuple[ReceivedSketches, ...]:
    """The distributions of a ``SketchPayload``."""
    return tuple(_sketches(submessage(value)) for number, value in fields(body) if number == 1)


def _series(message: bytes) -> ReceivedSeries:
    metric = host = unit = source_type = ""
    kind = interval_s = 0
    resources: list[tuple[str, str]] = []
    tags: list[str] = []
    points: list[tuple[int, float]] = []
    origin = None
    for number, value in fields(message):
        match number:
            case 1:
                resources.append(_resource(submessage(value)))
            case 2:
                metric = text(value)
            case 3:
                tags.append(text(value))
            case 4:
                points.append(_point(submessage(value)))
            case 5:
                kind = unsigned(value)
            case 6:
                unit = text(value)
            case 7:
                source_type = text(value)
            case 8:
                interval_s = signed(value)
            case 9:
                origin = _origin(submessage(value))
    if kind >= len(SERIES_KINDS):
        raise Undecodable(f"a series has the type {kind}")
    host = next((name for type_, name in resources if type_ == "host"), "")
    return ReceivedSeries(
        metric=named(metric),
        kind=SERIES_KINDS[kind],
        points=tuple(points),
        tags=tuple(tags),
        host=host,
        unit=unit,
        interval_s=interval_s,
        source_type=source_type,
        resources=tuple(resource for resource in resources if resource[0] != "host"),
        origin=origin,
    )


def _resource(message: bytes) -> tuple[str, str]:
    parts = {number: text(value) for number, value in fields(message) if number in (1, 2)}
    return parts.get(1, ""), parts.get(2, "")


def _point(message: bytes) -> tuple[int, float]:
    timestamp, amount = 0, 0.0
    for number, value in fields(message):
        if number == 1:
            amount = finite(double(value))
        elif number == 2:
            timestamp = signed(value)
    return timestamp, amount


def _origin(metadata: bytes) -> ReceivedOrigin | None:
    """The origin in a series' or sketch's metadata: product 4, category 5, service 6 of field 1."""
    for number, value in fields(metadata):
        if number == 1:
            numbers = {n: unsigned(v) for n, v in fields(submessage(value)) if n in (4, 5, 6)}
            return ReceivedOrigin(*(numbers.get(n, 0) for n in (4, 5, 6)))
    return None


def _sketches(message: bytes) -> ReceivedSketches:
    metric = host = ""
    tags: list[str] = []
    points: list[ReceivedSketch] = []
    origin = None
    for number, value in fields(message):
        match number:
            case 1:
                metric = text(value)
            case 2:
                host = text(value)
            case 4:
                tags.append(text(value))
            case 7:
                points.append(_sketch(submessage(value)))
            case 8:
                origin = _origin(submessage(value))
    return ReceivedSketches(named(metric), tuple(points), tuple(tags), host, origin)


def _sketch(message: bytes) -> ReceivedSketch:
    timestamp = count = 0
    minimum = maximum = average = total = 0.0
    keys: list[int] = []
    counts: list[int] = []
    for number, value in fields(message):
        match number:
            case 1:
                timestamp = signed(value)
            case 2:
                count = signed(value)
            case 3:
                minimum = finite(double(value))
            case 4:
                maximum = finite(double(value))
            case 5:
                average = finite(double(value))
            case 6:
                total = finite(double(value))
            case 7:
                keys += repeated_zigzag(value)
            case 8:
                counts += repeated_unsigned(value)
    if len(keys) != len(counts):
        raise Undecodable(f"a sketch has {len(keys)} keys and {len(counts)} counts")
    if count < 0:
        raise Undecodable(f"a sketch counts {count} values")
    return ReceivedSketch(
        timestamp, count, minimum, maximum, average, total, tuple(keys), tuple(counts)
    )


def named(metric: str) -> str:
    """`metric` if it is a name; raises `Undecodable`."""
    if not metric:
        raise Undecodable("a metric has no name")
    return metric


def finite(number: float) -> float:
    """`number` if it can be plotted; raises `Undecodable`."""
    if not isfinite(number):
        raise Undecodable(f"a value is {number}")
    return number
