"""Version 0.7: one MessagePack map for a tracer, with chunks that carry their own attributes."""

from collections.abc import Callable

import msgspec

from serverless_init.model import PRIORITY_NONE, TraceChunk, TracerPayload
from serverless_init.traces.decode.lenient import (
    boolean,
    mapping,
    sequence,
    short,
    spans,
    text,
    texts,
)
from serverless_init.traces.decode.unpack import Tree, unpack
from serverless_init.traces.decode.wire import REFUSED, Int32, Spans

_TEXT_FIELDS = (
    "container_id",
    "language_name",
    "language_version",
    "tracer_version",
    "runtime_id",
    "env",
    "hostname",
    "app_version",
)
_EMPTY_ARRAY = msgspec.Raw(b"\x90")


class _WireChunk(msgspec.Struct):
    priority: Int32 = PRIORITY_NONE
    origin: str = ""
    spans: msgspec.Raw = _EMPTY_ARRAY
    tags: dict[str, str] | None = None
    dropped_trace: bool = False


class _WirePayload(msgspec.Struct):
    container_id: str = ""
    language_name: str = ""
    language_version: str = ""
    tracer_version: str = ""
    runtime_id: str = ""
    chunks: list[_WireChunk] | None = None
    tags: dict[str, str] | None = None
    env: str = ""
    hostname: str = ""
    app_version: str = ""


_decode_payload: Callable[[bytes], _WirePayload] = msgspec.msgpack.Decoder(_WirePayload).decode


def decode_v07(body: bytes) -> TracerPayload:
    """The payload of a body."""
    try:
        return _payload_of(_decode_payload(body), Spans(len(body)))
    except REFUSED:
        return _lenient(mapping(unpack(body)))


def _payload_of(wire: _WirePayload, counted: Spans) -> TracerPayload:
    chunks = [
        TraceChunk(
            spans=counted.decode(chunk.spans),
            priority=chunk.priority,
            origin=chunk.origin,
            tags=chunk.tags or {},
            is_dropped=chunk.dropped_trace,
        )
        for chunk in wire.chunks or ()
    ]
    payload = TracerPayload(chunks=chunks, tags=wire.tags or {})
    for name in _TEXT_FIELDS:
        setattr(payload, name, getattr(wire, name))
    return payload


def _lenient(tree: dict[Tree, Tree]) -> TracerPayload:
    chunks = [
        _lenient_chunk(mapping(chunk), str(index))
        for index, chunk in enumerate(sequence(tree.get("chunks")))
    ]
    payload = TracerPayload(chunks=chunks, tags=texts(tree.get("tags")))
    for name in _TEXT_FIELDS:
        setattr(payload, name, text(tree.get(name)))
    return payload


def _lenient_chunk(tree: dict[Tree, Tree], place: str) -> TraceChunk:
    return TraceChunk(
        spans=spans(tree.get("spans"), place),
        priority=short(tree["priority"]) if "priority" in tree else PRIORITY_NONE,
        origin=text(tree.get("origin")),
        tags=texts(tree.get("tags")),
        is_dropped=boolean(tree.get("dropped_trace")),
    )
