"""Versions 0.3 and 0.4: an array of traces, each an array of spans, in MessagePack or JSON."""

from collections.abc import Callable

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.model import TraceChunk
from serverless_init.traces.decode import lenient
from serverless_init.traces.decode.unpack import Tree, unpack
from serverless_init.traces.decode.wire import REFUSED, SPANS_MAX, Spans, WireSpan, span_of

_decode_traces: Callable[[bytes], list[msgspec.Raw]] = msgspec.msgpack.Decoder(
    list[msgspec.Raw]
).decode
_decode_json_traces: Callable[[bytes], list[list[WireSpan]]] = msgspec.json.Decoder(
    list[list[WireSpan]]
).decode


def decode_v04(body: bytes) -> list[TraceChunk]:
    """The chunks of a MessagePack body."""
    try:
        spans = Spans(len(body))
        return [TraceChunk(spans.decode(chunk)) for chunk in _decode_traces(body)]
    except REFUSED:
        return lenient.chunks(unpack(body))


def decode_v04_json(body: bytes) -> list[TraceChunk]:
    """The chunks of a JSON body."""
    count_objects(body)
    try:
        return [TraceChunk(list(map(span_of, trace))) for trace in _decode_json_traces(body)]
    except REFUSED:
        return lenient.chunks(json_tree(body))


def json_tree(body: bytes) -> Tree:
    """A JSON body as plain values; bytes that are not UTF-8 become U+FFFD."""
    try:
        return lenient.as_tree(msgspec.json.decode(body.decode("utf-8", "replace")))
    except REFUSED as refused:
        raise Undecodable(f"no JSON: {refused}") from None


def count_objects(body: bytes) -> None:
    """Refuse a JSON body that may hold too many spans before there is memory for them."""
    if body.count(b"{") > 4 * SPANS_MAX:
        raise Undecodable(f"more than {SPANS_MAX} spans in one request")
