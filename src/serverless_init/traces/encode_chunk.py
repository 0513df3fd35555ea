"""A chunk of spans as the intake takes it: ``TraceChunk`` in protobuf.

The text of spans repeats from span to span: a tag is encoded once and found again by its key and
value, as long as it is short. Of what is left, identifiers and times cost most. The compiled twin
(`_fast`) writes the same bytes and needs no memory for it; what few spans have it gets from here.
"""

from collections.abc import Iterator

from serverless_init.model import AttributeValue, Span, SpanEvent, SpanLink, TraceChunk
from serverless_init.serializer import protobuf
from serverless_init.traces.memo import ShortMemo, length_of_all

delimited, string, varint = protobuf.delimited, protobuf.string, protobuf.varint
integer, double, pack_double = protobuf.integer, protobuf.double, protobuf.pack_double

_DOUBLE_BYTES = 8


class ChunkEncoder:
    """Encodes chunks one after the other; remembers what repeats."""

    def __init__(self) -> None:
        self._meta = ShortMemo(_meta_entry, length_of_all)
        self._metrics = ShortMemo(_metrics_entry, len)
        self._names = ShortMemo(_name_fields, length_of_all)

    def encode(self, chunk: TraceChunk) -> bytes:
        """TraceChunk: priority 1, origin 2, spans 3, tags 4, droppedTrace 5."""
        self._meta.trim()
        self._metrics.trim()
        self._names.trim()
        parts = [integer(b"\x08", chunk.priority), string(b"\x12", utf8(chunk.origin))]
        ids: dict[int, bytes] = {}
        parts.extend(delimited(b"\x1a", self._span(span, ids)) for span in chunk.spans)
        parts.extend(text_map(b"\x22", chunk.tags))
        parts.append(integer(b"\x28", chunk.is_dropped))
        return b"".join(parts)

    def _span(self, span: Span, ids: dict[int, bytes]) -> bytes:
        """Span: service 1, name 2, resource 3, traceID 4, spanID 5, parentID 6, start 7, duration
        8, error 9, meta 10, metrics 11, type 12, meta_struct 13, spanLinks 14, spanEvents 15.

        `ids` are those of the chunk that are encoded: its trace, and parents.
        """
        trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_id
        encoded_trace_id = ids.get(trace_id)
        if encoded_trace_id is None:
            encoded_trace_id = ids[trace_id] = _long_varint(trace_id)
        encoded_span_id = ids[span_id] = _long_varint(span_id)
        parts = [
            self._names[span.service, span.name, span.resource, span.type],
            b"\x20",
            encoded_trace_id,
            b"\x28",
            encoded_span_id,
        ]
        if parent_id:
            parts += (b"\x30", ids.get(parent_id) or _long_varint(parent_id))
        parts += (b"\x38", _long_varint(span.start_ns), b"\x40", varint(span.duration_ns))
        if span.error:
            parts.append(integer(b"\x48", span.error))
        parts += map(self._meta.__getitem__, span.meta.items())
        beginnings = self._metrics
        for key, value in span.metrics.items():
            parts += (beginnings[key], pack_double(value))
        parts.append(rare_fields(span))
        return b"".join(parts)


def rare_fields(span: Span) -> bytes:
    """The fields of `span` after its metrics, which few have."""
    if not span.meta_struct and not span.links and not span.events:
        return b""
    parts: list[bytes] = []
    if span.meta_struct:
        for key, value in span.meta_struct.items():
            parts.append(delimited(b"\x6a", _entry(utf8(key), b"\x12", value)))
    if span.links:
        parts.extend(delimited(b"\x72", _link(link)) for link in span.links)
    if span.events:
        parts.extend(delimited(b"\x7a", _event(event)) for event in span.events)
    return b"".join(parts)


def text_map(key: bytes, tags: dict[str, str]) -> Iterator[bytes]:
    """Tags as the entries of the map whose field has `key`."""
    return (
        delimited(key, _entry(utf8(name), b"\x12", utf8(value))) for name, value in tags.items()
    )


def utf8(text: str) -> bytes:
    """Half a surrogate pair, which no decoder lets through, would be a question mark."""
    return text.encode("utf-8", "replace")


def _link(link: SpanLink) -> bytes:
    """SpanLink: traceID 1, traceID_high 2, spanID 3, attributes 4, tracestate 5, flags 6."""
    return b"".join(
        (
            integer(b"\x08", link.trace_id),
            integer(b"\x10", link.trace_id_high),
            integer(b"\x18", link.span_id),
            *text_map(b"\x22", link.attributes),
            string(b"\x2a", utf8(link.tracestate)),
            integer(b"\x30", link.flags),
        )
    )


def _event(event: SpanEvent) -> bytes:
    """SpanEvent: time_unix_nano 1 (fixed64), name 2, attributes 3."""
    attributes = (
        delimited(b"\x1a", _entry(utf8(key), b"\x12", _attribute(value)))
        for key, value in event.attributes.items()
    )
    time = b"\x09" + event.time_ns.to_bytes(8, "little") if event.time_ns else b""
    return b"".join((time, string(b"\x12", utf8(event.name)), *attributes))


def _attribute(value: AttributeValue) -> bytes:
    """AttributeAnyValue: type 1 (0 string, 1 bool, 2 int, 3 double, 4 array), then string 2, bool
    3, int 4, double 5 or array 6, which has values 1.
    """
    if isinstance(value, str):
        return string(b"\x12", utf8(value))
    if isinstance(value, bool):
        return b"\x08\x01" + integer(b"\x18", value)
    if isinstance(value, int):
        return b"\x08\x02" + integer(b"\x20", value)
    if isinstance(value, float):
        return b"\x08\x03" + double(b"\x29", value)
    items = b"".join(delimited(b"\x0a", _attribute(item)) for item in value)
    return b"\x08\x04" + delimited(b"\x32", items)


def _meta_entry(tag: tuple[str, str]) -> bytes:
    key, value = tag
    return delimited(b"\x52", _entry(utf8(key), b"\x12", utf8(value)))


def _metrics_entry(key: str) -> bytes:
    """An entry up to its value, the eight bytes of a double."""
    name = delimited(b"\x0a", utf8(key)) + b"\x11"
    return b"\x5a" + varint(len(name) + _DOUBLE_BYTES) + name


def _entry(key: bytes, value_key: bytes, value: bytes) -> bytes:
    """An entry of a map."""
    return delimited(b"\x0a", key) + delimited(value_key, value)


def _name_fields(names: tuple[str, str, str, str]) -> bytes:
    keys = (b"\x0a", b"\x12", b"\x1a", b"\x62")
    return b"".join(string(key, utf8(name)) for key, name in zip(keys, names, strict=True))


def _long_varint(value: int) -> bytes:
    """`varint` without a loop, for numbers that are as long as identifiers and times are."""
    if not 1 << 56 <= value < 1 << 63:
        return varint(value)
    return bytes(
        (
            value & 0x7F | 0x80,
            value >> 7 & 0x7F | 0x80,
            value >> 14 & 0x7F | 0x80,
            value >> 21 & 0x7F | 0x80,
            value >> 28 & 0x7F | 0x80,
            value >> 35 & 0x7F | 0x80,
            value >> 42 & 0x7F | 0x80,
            value >> 49 & 0x7F | 0x80,
            value >> 56,
        )
    )
