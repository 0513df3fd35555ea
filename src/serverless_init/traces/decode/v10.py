"""Version 1.0: MessagePack maps with numbers as keys, and strings that are sent once.

A string stands as itself where it occurs first and takes the next index of a table; from then on
its index stands for it. Index 0 is the empty string. So the order on the wire matters: everything
is visited exactly as it came, and what another key decides (the trace id of a chunk may follow its
spans) is put in at the end.

The payload becomes that of the older versions, as which it is sent on: the tracer's `env`,
`version`, `component` and `kind` of a span become tags, and so does the upper half of a trace id.
"""

import json
from collections.abc import Callable, Iterator

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.model import (
    PRIORITY_NONE,
    AttributeValue,
    Span,
    SpanEvent,
    SpanLink,
    TraceChunk,
    TracerPayload,
)
from serverless_init.traces.decode.lenient import (
    as_tree,
    boolean,
    identifier,
    long,
    mapping,
    number,
    sequence,
    short,
    text,
)
from serverless_init.traces.decode.unpack import Tree, unpack
from serverless_init.traces.decode.wire import REFUSED, Spans

_PAYLOAD_TEXTS = {
    2: "container_id",
    3: "language_name",
    4: "language_version",
    5: "tracer_version",
    6: "runtime_id",
    7: "env",
    8: "hostname",
    9: "app_version",
}
_STRINGS, _PAYLOAD_ATTRIBUTES, _CHUNKS = 1, 10, 11
_CHUNK_SPANS = 4
_KINDS = ("", "internal", "server", "client", "producer", "consumer")
_FLAGS_SENT = 1 << 31
_DEPTH_MAX = 32

_Value = AttributeValue | bytes | list["_Value"] | dict[str, "_Value"]

_decode_payload: Callable[[bytes], dict[int, msgspec.Raw]] = msgspec.msgpack.Decoder(
    dict[int, msgspec.Raw]
).decode
_decode_chunks: Callable[[msgspec.Raw], list[dict[int, msgspec.Raw]]] = msgspec.msgpack.Decoder(
    list[dict[int, msgspec.Raw]]
).decode


def decode_v10(body: bytes) -> TracerPayload:
    """The payload of a body."""
    try:
        tree = _tree(body)
    except REFUSED:
        tree = mapping(unpack(body))
    return _Reader().payload(tree)


def _tree(body: bytes) -> dict[Tree, Tree]:
    """The body as plain values, its spans counted before there is memory for them."""
    spans = Spans(len(body))
    tree: dict[Tree, Tree] = {}
    for key, raw in _decode_payload(body).items():
        if key != _CHUNKS:
            tree[key] = _plain(raw)
            continue
        chunks = _decode_chunks(raw)
        for chunk in chunks:
            if _CHUNK_SPANS in chunk:
                spans.count(chunk[_CHUNK_SPANS])
        tree[key] = [{name: _plain(value) for name, value in chunk.items()} for chunk in chunks]
    return tree


def _plain(raw: msgspec.Raw) -> Tree:
    return as_tree(msgspec.msgpack.decode(raw))


class _Reader:
    """Visits one payload in the order of the wire, with its string table."""

    def __init__(self) -> None:
        self._strings = [""]
        self._known = {""}

    def payload(self, tree: dict[Tree, Tree]) -> TracerPayload:
        payload = TracerPayload()
        for key, value in tree.items():
            if key == _STRINGS:
                for each in sequence(value):
                    self._text(each)
            elif key in _PAYLOAD_TEXTS:
                setattr(payload, _PAYLOAD_TEXTS[short(key)], self._text(value))
            elif key == _PAYLOAD_ATTRIBUTES:
                payload.tags.update(_as_text(self._attributes(value)))
            elif key == _CHUNKS:
                payload.chunks.extend(self._chunk(mapping(each)) for each in sequence(value))
        return payload

    def _chunk(self, tree: dict[Tree, Tree]) -> TraceChunk:
        chunk = TraceChunk([], PRIORITY_NONE)
        trace_id, mechanism = b"", 0
        for key, value in tree.items():
            if key == 1:
                chunk.priority = short(value)
            elif key == 2:
                chunk.origin = self._text(value)
            elif key == 3:
                chunk.tags.update(_as_text(self._attributes(value)))
            elif key == _CHUNK_SPANS:
                chunk.spans.extend(self._span(mapping(each)) for each in sequence(value))
            elif key == 5:
                chunk.is_dropped = boolean(value)
            elif key == 6:
                trace_id = _bytes(value)
            elif key == 7:
                mechanism = identifier(value)
        _identify(chunk.spans, trace_id, mechanism)
        return chunk

    def _span(self, tree: dict[Tree, Tree]) -> Span:
        span = Span()
        for key, value in tree.items():
            match key:
                case 1:
                    span.service = self._text(value)
                case 2:
                    span.name = self._text(value)
                case 3:
                    span.resource = self._text(value)
                case 4:
                    span.span_id = identifier(value)
                case 5:
                    span.parent_id = identifier(value)
                case 6:
                    span.start_ns = long(value)
                case 7:
                    span.duration_ns = long(value)
                case 8:
                    span.error = int(boolean(value))
                case 9:
                    _tag(span, self._attributes(value))
                case 10:
                    span.type = self._text(value)
                case 11:
                    span.links = [self._link(mapping(each)) for each in sequence(value)] or None
                case 12:
                    span.events = [self._event(mapping(each)) for each in sequence(value)] or None
                case 13:
                    _set(span.meta, "env", self._text(value))
                case 14:
                    _set(span.meta, "version", self._text(value))
                case 15:
                    _set(span.meta, "component", self._text(value))
                case 16:
                    kind = identifier(value)
                    _set(span.meta, "span.kind", _KINDS[kind] if kind < len(_KINDS) else "")
        return span

    def _link(self, tree: dict[Tree, Tree]) -> SpanLink:
        link = SpanLink()
        for key, value in tree.items():
            if key == 1:
                link.trace_id_high, link.trace_id = _halves(_bytes(value))
            elif key == 2:
                link.span_id = identifier(value)
            elif key == 3:
                link.attributes = dict(_as_text(self._attributes(value)))
            elif key == 4:
                link.tracestate = self._text(value)
            elif key == 5:
                link.flags = identifier(value) & 0xFFFFFFFF | _FLAGS_SENT
        return link

    def _event(self, tree: dict[Tree, Tree]) -> SpanEvent:
        event = SpanEvent()
        for key, value in tree.items():
            if key == 1:
                event.time_ns = identifier(value)
            elif key == 2:
                event.name = self._text(value)
            elif key == 3:
                attributes = self._attributes(value)
                event.attributes = {name: _as_attribute(each) for name, each in attributes.items()}
        return event

    def _attributes(self, value: Tree, depth: int = 0) -> dict[str, _Value]:
        """A flat array of key, type and value, `depth` attributes deep."""
        flat = sequence(value)
        if len(flat) % 3:
            raise Undecodable(f"{len(flat)} entries of attributes are not key, type and value")
        found: dict[str, _Value] = {}
        for key, kind, each in zip(flat[0::3], flat[1::3], flat[2::3], strict=True):
            name = self._text(key)
            if kind == 1:
                found[name] = self._text(each)
            elif kind == 3 and type(each) is float:
                found[name] = each
            else:
                found[name] = self._value(kind, each, depth)
        return found

    def _value(self, kind: Tree, value: Tree, depth: int) -> _Value:
        if depth > _DEPTH_MAX:
            raise Undecodable("an attribute is too deeply nested")
        match kind:
            case 1:
                return self._text(value)
            case 2:
                return boolean(value)
            case 3:
                return number(value)
            case 4:
                return long(value)
            case 5:
                return _bytes(value)
            case 6:
                flat = sequence(value)
                if len(flat) % 2:
                    raise Undecodable("an array attribute is not pairs of type and value")
                pairs = zip(flat[0::2], flat[1::2], strict=True)
                return [self._value(kind, each, depth + 1) for kind, each in pairs]
            case 7:
                return self._attributes(value, depth + 1)
        raise Undecodable(f"an attribute has the unknown type {kind!r}")

    def _text(self, value: Tree) -> str:
        """A string that stands here or was sent before."""
        if type(value) is int and 0 <= value < len(self._strings):
            return self._strings[value]
        if isinstance(value, str | bytes):
            value = text(value)
            if value not in self._known:
                self._known.add(value)
                self._strings.append(value)
            return value
        index = identifier(value)
        if index >= len(self._strings):
            raise Undecodable(f"string index {index} out of range")
        return self._strings[index]


def _identify(spans: list[Span], trace_id: bytes, mechanism: int) -> None:
    """Give the spans of a chunk what the chunk says of their trace."""
    high, low = _halves(trace_id)
    for span in spans:
        span.trace_id = low
    if spans and high:
        spans[0].meta.setdefault("_dd.p.tid", f"{high:016x}")
    if spans and mechanism:
        spans[0].meta.setdefault("_dd.p.dm", f"-{mechanism}")


def _halves(trace_id: bytes) -> tuple[int, int]:
    """The upper and the lower 64 bits of a trace id; what is missing is zero."""
    whole = int.from_bytes(trace_id[-16:], "big")
    return whole >> 64, whole & 0xFFFF_FFFF_FFFF_FFFF


def _bytes(value: Tree) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if value is None:
        return b""
    raise Undecodable("bytes are expected for a trace id or an attribute")


def _set(tags: dict[str, str], key: str, value: str) -> None:
    if value:
        tags[key] = value


def _tag(span: Span, attributes: dict[str, _Value]) -> None:
    """Attributes as tags: numbers as metrics, bytes as structs, everything else as text."""
    for key, value in attributes.items():
        if isinstance(value, str):
            span.meta[key] = value
        elif isinstance(value, float):
            span.metrics[key] = value
        elif isinstance(value, bytes):
            span.meta_struct = {**(span.meta_struct or {}), key: value}
        elif isinstance(value, bool) or not isinstance(value, int | float):
            span.meta[key] = _text_of(value)
        else:
            span.metrics[key] = float(value)


def _as_text(attributes: dict[str, _Value]) -> Iterator[tuple[str, str]]:
    return ((key, _text_of(value)) for key, value in attributes.items())


def _text_of(value: _Value) -> str:
    """Text as it is, everything else as JSON; bytes in hexadecimal."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=bytes.hex)


def _as_attribute(value: _Value) -> AttributeValue:
    """An attribute of an event: scalars and arrays of scalars; the rest as text."""
    if isinstance(value, list):
        return tuple(
            each if isinstance(each, str | int | float) else _text_of(each) for each in value
        )
    return value if isinstance(value, str | int | float) else _text_of(value)
