"""One line of DogStatsD to one metric sample: the readable reference of the metric grammar.

    name ":" value { ":" value } "|" type { "|" field }

A name holds neither ``:`` nor ``|``; everything else is allowed, in any encoding. Nothing is
trimmed, lower-cased or deduplicated here. Fields come in any order, unknown ones are ignored, and
of repeated ones the last counts. The sampler comes here only for lines that it cannot take by a
shorter way, and counts on the outcome being the same.
"""

from enum import StrEnum

from serverless_init.model import MetricKind, MetricSample
from serverless_init.sampler.numbers import parse_float, parse_int


class Malformed(StrEnum):
    """Why a line is not a metric."""

    NO_TYPE = "no_type"
    NO_COLON = "no_colon"
    EMPTY_NAME = "empty_name"
    EMPTY_VALUE = "empty_value"
    BAD_TYPE = "bad_type"
    BAD_VALUE = "bad_value"
    NO_VALUE = "no_value"
    BAD_RATE = "bad_rate"
    BAD_TIMESTAMP = "bad_timestamp"


_KINDS = {
    b"g": MetricKind.GAUGE,
    b"c": MetricKind.COUNTER,
    b"h": MetricKind.HISTOGRAM,
    b"ms": MetricKind.TIMING,
    b"d": MetricKind.DISTRIBUTION,
    b"s": MetricKind.SET,
}


def parse_metric(
    line: bytes, *, client_origin: bool = False, timestamps: bool = True
) -> MetricSample | Malformed:
    """The sample that `line` (without its line end) spells, or why there is none.

    As in the Agent, the fields ``c:``, ``e:`` and ``card:`` are read only with `client_origin`, and
    ``T`` only with `timestamps`; otherwise they are unknown fields.
    """
    head, bar, tail = line.partition(b"|")
    if not bar:
        return Malformed.NO_TYPE
    name, colon, value = head.partition(b":")
    if not colon:
        return Malformed.NO_COLON
    if not name:
        return Malformed.EMPTY_NAME
    if not value:
        return Malformed.EMPTY_VALUE
    letters, *fields = tail.split(b"|")
    kind = _KINDS.get(letters)
    if kind is None:
        return Malformed.BAD_TYPE
    is_set = kind is MetricKind.SET
    values = () if is_set else parse_values(value)
    if isinstance(values, Malformed):
        return values
    optional = _parse_fields(fields, client_origin, timestamps)
    if isinstance(optional, Malformed):
        return optional
    return MetricSample(name, kind, values, value if is_set else b"", *optional)


def parse_values(text: bytes) -> tuple[float, ...] | Malformed:
    """The numbers of a packed value, in order. Empty items are skipped, one bad item fails all."""
    numbers = []
    for item in text.split(b":"):
        if item:
            number = parse_float(item)
            if number is None:
                return Malformed.BAD_VALUE
            numbers.append(number)
    return tuple(numbers) or Malformed.NO_VALUE


def split_tags(text: bytes) -> tuple[bytes, ...]:
    """The tags of a ``#`` field's text. An empty item is a tag; an empty text has none."""
    return tuple(text.split(b",")) if text else ()


# Rate, tags, timestamp, local data, external data, cardinality: as in `MetricSample`.
_Optional = tuple[float, tuple[bytes, ...], int, bytes, bytes, bytes]


def _parse_fields(
    fields: list[bytes], client_origin: bool, timestamps: bool
) -> _Optional | Malformed:
    """What the optional fields say."""
    rate = 1.0
    tags: tuple[bytes, ...] = ()
    timestamp = 0
    local_data = external_data = cardinality = b""
    for field in fields:
        first = field[:1]
        if first == b"#":
            tags = split_tags(field[1:])
        elif first == b"@":
            number = parse_float(field[1:])
            if number is None:
                return Malformed.BAD_RATE
            rate = number
        elif first == b"T" and timestamps:
            # Any unknown field that begins with a capital T ends here too, as in the Agent.
            timestamp = parse_int(field[1:]) or 0
            if timestamp < 1:
                return Malformed.BAD_TIMESTAMP
        elif not client_origin:
            continue
        elif field.startswith(b"c:"):
            local_data = field[2:]
        elif field.startswith(b"e:"):
            external_data = field[2:]
        elif field.startswith(b"card:"):
            cardinality = field[5:]
    return rate, tags, timestamp, local_data, external_data, cardinality
