"""Traces as the intake takes them: ``AgentPayload`` in protobuf.

The text of spans repeats from span to span: a tag is encoded once and found again by its key and
value, as long as it is short. So is a number tag. Of what is left, identifiers and times cost most.
Fields: `AgentPayload` hostName 1, env 2, tracerPayloads 5, agentVersion 7, targetTPS 8, errorTPS 9,
rareSamplerEnabled 10; the others at the methods that write them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from serverless_init.model import (
    AttributeValue,
    Span,
    SpanEvent,
    SpanLink,
    TraceChunk,
    TracerPayload,
)
from serverless_init.serializer import protobuf
from serverless_init.traces.memo import ShortMemo, length_of_all

delimited, string, varint = protobuf.delimited, protobuf.string, protobuf.varint
integer, double, pack_double = protobuf.integer, protobuf.double, protobuf.pack_double

PAYLOAD_BYTES_MAX = 3_200_000
"""When a payload is this long it is closed; one chunk alone may be longer."""


@dataclass(frozen=True, slots=True)
class EncodedTraces:
    """One ``tracerPayloads`` field, how many spans are in it, and in which language they arose."""

    content: bytes
    spans: int
    language: str


class TraceEncoder:
    """Encodes payloads one after the other; remembers what repeats."""

    def __init__(self) -> None:
        self._meta = ShortMemo(_meta_entry, length_of_all)
        self._metrics = ShortMemo(_metrics_entry, _length_of_key)
        self._names = ShortMemo(_name_fields, length_of_all)

    def encode(self, payload: TracerPayload) -> Iterator[EncodedTraces]:
        """`payload` in parts of at most `PAYLOAD_BYTES_MAX`, each with the whole header."""
        header = _header(payload)
        chunks: list[bytes] = []
        size, spans = len(header), 0
        for chunk in payload.chunks:
            encoded = delimited(b"\x32", self._chunk(chunk))
            if chunks and size + len(encoded) > PAYLOAD_BYTES_MAX:
                yield _part(header, chunks, spans, payload.language_name)
                chunks, size, spans = [], len(header), 0
            chunks.append(encoded)
            size += len(encoded)
            spans += len(chunk.spans)
        if chunks:
            yield _part(header, chunks, spans, payload.language_name)

    def _chunk(self, chunk: TraceChunk) -> bytes:
        """TraceChunk: priority 1, origin 2, spans 3, tags 4, droppedTrace 5."""
        self._meta.trim()
        self._metrics.trim()
        self._names.trim()
        parts = [integer(b"\x08", chunk.priority), string(b"\x12", _utf8(chunk.origin))]
        ids: dict[int, bytes] = {}
        parts.extend(delimited(b"\x1a", self._span(span, ids)) for span in chunk.spans)
        parts.extend(_map(b"\x22", chunk.tags))
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
        parts += map(self._metrics.__getitem__, span.metrics.items())
        if span.meta_struct:
            for key, value in span.meta_struct.items():
                parts.append(delimited(b"\x6a", _entry(_utf8(key), b"\x12", value)))
        if span.links:
            parts.extend(delimited(b"\x72", _link(link)) for link in span.links)
        if span.events:
            parts.extend(delimited(b"\x7a", _event(event)) for event in span.events)
        return b"".join(parts)


class AgentPayload:
    """What stands once in a request, after the tracers' payloads."""

    def __init__(
        self,
        *,
        hostname: str,
        env: str,
        agent_version: str,
        target_tps: float,
        errors_tps: float,
        is_rare_enabled: bool,
    ) -> None:
        self._frame = b"".join(
            (
                string(b"\x0a", _utf8(hostname)),
                string(b"\x12", _utf8(env)),
                string(b"\x3a", _utf8(agent_version)),
                double(b"\x41", target_tps),
                double(b"\x49", errors_tps),
                integer(b"\x50", is_rare_enabled),
            )
        )

    def body(self, parts: list[EncodedTraces]) -> bytes:
        """The body of one request."""
        return b"".join([*(part.content for part in parts), self._frame])


def _header(payload: TracerPayload) -> bytes:
    """TracerPayload: containerID 1, languageName 2, languageVersion 3, tracerVersion 4, runtimeID
    5, chunks 6, tags 7, env 8, hostname 9, appVersion 10.
    """
    return b"".join(
        (
            string(b"\x0a", _utf8(payload.container_id)),
            string(b"\x12", _utf8(payload.language_name)),
            string(b"\x1a", _utf8(payload.language_version)),
            string(b"\x22", _utf8(payload.tracer_version)),
            string(b"\x2a", _utf8(payload.runtime_id)),
            *_map(b"\x3a", payload.tags),
            string(b"\x42", _utf8(payload.env)),
            string(b"\x4a", _utf8(payload.hostname)),
            string(b"\x52", _utf8(payload.app_version)),
        )
    )


def _part(header: bytes, chunks: list[bytes], spans: int, language: str) -> EncodedTraces:
    content = delimited(b"\x2a", b"".join((header, *chunks)))
    return EncodedTraces(content, spans, language)


def _link(link: SpanLink) -> bytes:
    """SpanLink: traceID 1, traceID_high 2, spanID 3, attributes 4, tracestate 5, flags 6."""
    return b"".join(
        (
            integer(b"\x08", link.trace_id),
            integer(b"\x10", link.trace_id_high),
            integer(b"\x18", link.span_id),
            *_map(b"\x22", link.attributes),
            string(b"\x2a", _utf8(link.tracestate)),
            integer(b"\x30", link.flags),
        )
    )


def _event(event: SpanEvent) -> bytes:
    """SpanEvent: time_unix_nano 1 (fixed64), name 2, attributes 3."""
    attributes = (
        delimited(b"\x1a", _entry(_utf8(key), b"\x12", _attribute(value)))
        for key, value in event.attributes.items()
    )
    time = b"\x09" + event.time_ns.to_bytes(8, "little") if event.time_ns else b""
    return b"".join((time, string(b"\x12", _utf8(event.name)), *attributes))


def _attribute(value: AttributeValue) -> bytes:
    """AttributeAnyValue: type 1 (0 string, 1 bool, 2 int, 3 double, 4 array), then string 2, bool
    3, int 4, double 5 or array 6, which has values 1.
    """
    if isinstance(value, str):
        return string(b"\x12", _utf8(value))
    if isinstance(value, bool):
        return b"\x08\x01" + integer(b"\x18", value)
    if isinstance(value, int):
        return b"\x08\x02" + integer(b"\x20", value)
    if isinstance(value, float):
        return b"\x08\x03" + double(b"\x29", value)
    items = b"".join(delimited(b"\x0a", _attribute(item)) for item in value)
    return b"\x08\x04" + delimited(b"\x32", items)


def _map(key: bytes, tags: dict[str, str]) -> Iterator[bytes]:
    return (
        delimited(key, _entry(_utf8(name), b"\x12", _utf8(value))) for name, value in tags.items()
    )


def _meta_entry(tag: tuple[str, str]) -> bytes:
    key, value = tag
    return delimited(b"\x52", _entry(_utf8(key), b"\x12", _utf8(value)))


def _metrics_entry(tag: tuple[str, float]) -> bytes:
    key, value = tag
    return delimited(b"\x5a", delimited(b"\x0a", _utf8(key)) + b"\x11" + pack_double(value))


def _length_of_key(key: tuple[str, float]) -> int:
    return len(key[0])


def _entry(key: bytes, value_key: bytes, value: bytes) -> bytes:
    """An entry of a map."""
    return delimited(b"\x0a", key) + delimited(value_key, value)


def _name_fields(names: tuple[str, str, str, str]) -> bytes:
    keys = (b"\x0a", b"\x12", b"\x1a", b"\x62")
    return b"".join(string(key, _utf8(name)) for key, name in zip(keys, names, strict=True))


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


def _utf8(text: str) -> bytes:
    """Half a surrogate pair, which no decoder lets through, would be a question mark."""
    return text.encode("utf-8", "replace")
