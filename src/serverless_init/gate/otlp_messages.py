"""What a load of OTLP consists of: requests in protobuf from a seed, the same on every machine.

The shape follows lading's (its public documentation): resources with up to 20 attributes, with
up to 20 scopes each; gauges, sums, histograms; log records of all severities; small traces. Metrics
are delta or gauges: a cumulative series, sent again and again, would not grow. All requests are
made before anything is sent; `stamped` gives one the time of its sending. The encoder is of the
gate's own, so that sender and receiver do not share mistakes.
"""

import random
import struct
from collections.abc import Callable

from serverless_init.gate.experiment import OtlpLoad
from serverless_init.gate.messages import Packet

_MARK = b"\xa5OTLPnow"
"""Stands for the time of sending, in a field of eight bytes."""

_TEXT = "order cart stock user paid shipped retry timeout cache miss hit page query"
_WORDS = _TEXT.split()
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SEVERITIES = [1] * 5 + [5] * 10 + [9] * 50 + [13] * 20 + [17] * 10 + [21] * 5
_KINDS = ["gauge"] * 30 + ["sum"] * 15 + ["histogram"] * 10 + ["exponential"] * 5
_BOUNDS = (1.0, 5.0, 10.0, 50.0, 100.0, 500.0)
_DELTA = 1


def requests_of(load: OtlpLoad) -> list[Packet]:
    """As many requests of the load's signal as fill its prebuilt bytes; samples are its items."""
    source = random.Random(load.seed)
    make = {"metrics": _metrics, "logs": _logs, "traces": _traces}[load.signal]
    requests: list[Packet] = []
    built = 0
    while built < load.prebuild_bytes:
        request = _request(source, load, make)
        requests.append(request)
        built += len(request.data)
    return requests


def stamped(request: bytes, now_ns: int) -> bytes:
    """`request` as one that is made at `now_ns`, in unix nanoseconds."""
    return request.replace(_MARK, now_ns.to_bytes(8, "little"))


_Make = Callable[[random.Random], tuple[list[bytes], int]]


def _request(source: random.Random, load: OtlpLoad, make: _Make) -> Packet:
    groups: list[bytes] = []
    size = items = 0
    while size < load.request_bytes:
        scopes = []
        for _ in range(source.randint(1, 20)):
            entries, count = make(source)
            scope = _field(1, _text(1, _name(source)) + _text(2, "1.0"))
            scopes.append(_field(2, scope + b"".join(_field(2, entry) for entry in entries)))
            items += count
        resource = _field(1, _attributes(1, source, source.randint(1, 20)))
        groups.append(_field(1, resource + b"".join(scopes)))
        size += len(groups[-1])
    return Packet(b"".join(groups), items, items)


def _metrics(source: random.Random) -> tuple[list[bytes], int]:
    metrics = [_metric(source) for _ in range(source.randint(1, 20))]
    return metrics, len(metrics)


def _metric(source: random.Random) -> bytes:
    kind, tags = source.choice(_KINDS), source.randint(0, 10)
    times = _fixed(2, _MARK) + _fixed(3, _MARK)
    temporality = _number(2, _DELTA)
    if kind in ("gauge", "sum"):
        value = _double(4, round(source.uniform(0, 1e6), 3))
        point = _field(1, times + value + _attributes(7, source, tags))
        data = _field(5, point) if kind == "gauge" else _field(7, point + temporality)
        return _text(1, _name(source)) + data
    counts = [source.randint(0, 9) for _ in range(len(_BOUNDS) + 1)]
    total = _fixed(4, max(1, sum(counts)).to_bytes(8, "little")) + _double(5, 10.0 * sum(counts))
    counts[-1] += not sum(counts)
    if kind == "histogram":
        buckets = b"".join(count.to_bytes(8, "little") for count in counts)
        bounds = struct.pack(f"<{len(_BOUNDS)}d", *_BOUNDS)
        shape = _field(6, buckets) + _field(7, bounds) + _attributes(9, source, tags)
        return _text(1, _name(source)) + _field(9, _field(1, times + total + shape) + temporality)
    buckets = _field(8, _field(2, bytes(counts)))
    shape = _attributes(1, source, tags) + times + total + buckets
    return _text(1, _name(source)) + _field(10, _field(1, shape) + temporality)


def _logs(source: random.Random) -> tuple[list[bytes], int]:
    records = []
    for _ in range(source.randint(1, 20)):
        body = " ".join(source.choices(_WORDS, k=source.randrange(8, 48)))
        records.append(
            _fixed(1, _MARK)
            + _number(2, source.choice(_SEVERITIES))
            + _field(5, _text(1, body))
            + _attributes(6, source, source.randint(0, 10))
            + _field(9, source.randbytes(16))
            + _field(10, source.randbytes(8))
        )
    return records, len(records)


def _traces(source: random.Random) -> tuple[list[bytes], int]:
    trace, parent, spans = source.randbytes(16), b"", []
    for depth in range(source.randint(1, 16)):
        own = source.randbytes(8)
        spans.append(
            _field(1, trace)
            + _field(2, own)
            + (_field(4, parent) if parent else b"")
            + _text(5, f"{source.choice(_WORDS)} {depth}")
            + _number(6, source.randint(1, 5))
            + _fixed(7, _MARK)
            + _fixed(8, _MARK)
            + _attributes(9, source, source.randint(0, 10))
        )
        parent = own
    return spans, len(spans)


def _attributes(number: int, source: random.Random, count: int) -> bytes:
    pairs = (
        _text(1, _name(source)) + _field(2, _text(1, source.choice(_WORDS))) for _ in range(count)
    )
    return b"".join(_field(number, pair) for pair in pairs)


def _name(source: random.Random) -> str:
    return f"{source.choice(_WORDS)}.{source.choice(_LETTERS)}{source.randrange(8)}"


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _fixed(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 1]) + content


def _double(number: int, value: float) -> bytes:
    return _fixed(number, struct.pack("<d", value))


def _number(number: int, value: int) -> bytes:
    return bytes([number << 3]) + _varint(value)


def _varint(value: int) -> bytes:
    digits: list[int] = []
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
