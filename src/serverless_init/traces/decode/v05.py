"""Version 0.5: a dictionary of strings, then traces whose spans are arrays of twelve.

The order is service, name, resource, trace id, span id, parent id, start, duration, error, meta,
metrics, type; text stands as an index into the dictionary. There are no links, events or structs.
Entries after the two, and bytes after the array, are ignored.
"""

from collections.abc import Callable

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.model import Span, TraceChunk
from serverless_init.traces.decode.lenient import (
    Mismatch,
    identifier,
    long,
    mapping,
    number,
    sequence,
    short,
    text,
)
from serverless_init.traces.decode.unpack import Tree, unpack
from serverless_init.traces.decode.wire import (
    REFUSED,
    UINT64_MASK,
    Index,
    Int32,
    Int64,
    Spans,
)

_BODY_BYTES_MAX = 25_000_000
_SPAN_FIELDS = 12

_Row = tuple[
    Index, Index, Index,
    int, int, int,
    Int64, Int64, Int32,
    dict[Index, Index], dict[Index, float], Index,
]  # fmt: skip
_decode_body: Callable[[bytes], tuple[list[str], list[msgspec.Raw]]] = msgspec.msgpack.Decoder(
    tuple[list[str], list[msgspec.Raw]]
).decode
_decode_rows: Callable[[msgspec.Raw], list[_Row]] = msgspec.msgpack.Decoder(list[_Row]).decode


def decode_v05(body: bytes) -> list[TraceChunk]:
    """The chunks of a body."""
    if len(body) > _BODY_BYTES_MAX:
        raise Undecodable("too long payload")
    try:
        return _decode(body)
    except REFUSED:
        strings, traces = _lenient(unpack(body))
        return [TraceChunk([_span(row, strings) for row in trace]) for trace in traces]


def _decode(body: bytes) -> list[TraceChunk]:
    strings, traces = _decode_body(body)
    spans = Spans(len(body))
    chunks = []
    for trace in traces:
        spans.count(trace)
        chunks.append(TraceChunk([_span(row, strings) for row in _decode_rows(trace)]))
    return chunks


def _span(row: _Row, strings: list[str]) -> Span:
    """One span; an index that is not in the dictionary is refused."""
    try:
        return Span(
            strings[row[0]],
            strings[row[1]],
            strings[row[2]],
            row[3] & UINT64_MASK,
            row[4] & UINT64_MASK,
            row[5] & UINT64_MASK,
            row[6],
            row[7],
            row[8],
            {strings[key]: strings[value] for key, value in row[9].items()},
            {strings[key]: value for key, value in row[10].items()},
            strings[row[11]],
        )
    except IndexError:
        indices = (*row[:3], row[11], *row[9], *row[9].values(), *row[10])
        wrong = next(index for index in indices if index >= len(strings))
        raise _outside(wrong) from None


def _lenient(tree: Tree) -> tuple[list[str], list[list[_Row]]]:
    """The same two parts, forgiving nil, bytes as text, and what follows."""
    parts = sequence(tree)
    if len(parts) < 2:
        raise Undecodable("a dictionary and an array of traces are expected")
    strings = [text(each) for each in sequence(parts[0])]
    size = len(strings)
    return strings, [
        [_row(sequence(row), size, f"{index}/{at}") for at, row in enumerate(sequence(trace))]
        for index, trace in enumerate(sequence(parts[1]))
    ]


def _row(values: list[Tree], size: int, place: str) -> _Row:
    if len(values) != _SPAN_FIELDS:
        raise Undecodable(f"{len(values)} fields instead of {_SPAN_FIELDS} at {place}")
    try:
        return (
            _index(values[0], size),
            _index(values[1], size),
            _index(values[2], size),
            identifier(values[3]),
            identifier(values[4]),
            identifier(values[5]),
            long(values[6]),
            long(values[7]),
            short(values[8]),
            {_index(key, size): _index(value, size) for key, value in mapping(values[9]).items()},
            {_index(key, size): number(value) for key, value in mapping(values[10]).items()},
            _index(values[11], size),
        )
    except Mismatch as mismatch:
        raise Undecodable(f"{mismatch} at {place}") from None


def _index(value: Tree, size: int) -> int:
    """An index into the dictionary; nil is its first entry, as the zero of numbers."""
    index = long(value)
    if index < 0:
        raise Mismatch(value, "uint")
    if index >= size:
        raise _outside(index)
    return index


def _outside(index: int) -> Undecodable:
    return Undecodable(f"dictionary index {index} out of range")
