"""Traces: an ``AgentPayload``, as the trace agent sends it.

Field numbers are those of the public ``span.proto``, ``tracer_payload.proto`` and
``agent_payload.proto``. Unknown fields are skipped. Everything here raises `Undecodable` for what
is not such a message.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from serverless_init.errors import Undecodable
from serverless_init.intake.protobuf_reader import (
    Value,
    double,
    fields,
    signed,
    submessage,
    text,
    unsigned,
)
from serverless_init.intake.received_traces import (
    ReceivedChunk,
    ReceivedSpan,
    ReceivedSpanEvent,
    ReceivedSpanLink,
    ReceivedTracer,
)

T = TypeVar("T")


def decode_traces(body: bytes) -> tuple[ReceivedSpan, ...]:
    """All spans of an ``AgentPayload``, in the order in which they stand."""
    agent = ReceivedTracer()
    tags: dict[str, str] = {}
    payloads: list[bytes] = []
    for number, value in fields(body):
        match number:
            case 1:
                agent = replace(agent, agent_host=text(value))
            case 2:
                agent = replace(agent, agent_env=text(value))
            case 5:
                payloads.append(submessage(value))
            case 6:
                _put(tags, value, text, "")
    agent = replace(agent, agent_tags=tags)
    return tuple(span for payload in payloads for span in _tracer_payload(payload, agent))


def _tracer_payload(message: bytes, agent: ReceivedTracer) -> Iterator[ReceivedSpan]:
    texts: dict[int, str] = {}
    tags: dict[str, str] = {}
    chunks: list[bytes] = []
    for number, value in fields(message):
        match number:
            case 1 | 2 | 3 | 4 | 5 | 8 | 9 | 10:
                texts[number] = text(value)
            case 6:
                chunks.append(submessage(value))
            case 7:
                _put(tags, value, text, "")
    tracer = replace(
        agent,
        container_id=texts.get(1, ""),
        language=texts.get(2, ""),
        language_version=texts.get(3, ""),
        tracer_version=texts.get(4, ""),
        runtime_id=texts.get(5, ""),
        env=texts.get(8, ""),
        host=texts.get(9, ""),
        app_version=texts.get(10, ""),
        tags=tags,
    )
    for chunk in chunks:
        yield from _chunk(chunk, tracer)


def _chunk(message: bytes, tracer: ReceivedTracer) -> Iterator[ReceivedSpan]:
    priority, origin, dropped = 0, "", False
    tags: dict[str, str] = {}
    spans: list[bytes] = []
    for number, value in fields(message):
        match number:
            case 1:
                priority = signed(value)
            case 2:
                origin = text(value)
            case 3:
                spans.append(submessage(value))
            case 4:
                _put(tags, value, text, "")
            case 5:
                dropped = bool(unsigned(value))
    chunk = ReceivedChunk(priority, origin, tags, dropped)
    for span in spans:
        yield _span(span, chunk, tracer)


def _span(message: bytes, chunk: ReceivedChunk, tracer: ReceivedTracer) -> ReceivedSpan:
    texts: dict[int, str] = {}
    numbers: dict[int, int] = {}
    meta: dict[str, str] = {}
    metrics: dict[str, float] = {}
    meta_struct: dict[str, bytes] = {}
    links: list[ReceivedSpanLink] = []
    events: list[ReceivedSpanEvent] = []
    for number, value in fields(message):
        match number:
            case 1 | 2 | 3 | 12:
                texts[number] = text(value)
            case 4 | 5 | 6:
                numbers[number] = unsigned(value)
            case 7 | 8 | 9:
                numbers[number] = signed(value)
            case 10:
                _put(meta, value, text, "")
            case 11:
                _put(metrics, value, double, 0.0)
            case 13:
                _put(meta_struct, value, submessage, b"")
            case 14:
                links.append(_link(submessage(value)))
            case 15:
                events.append(_event(submessage(value)))
    return ReceivedSpan(
        service=texts.get(1, ""),
        name=texts.get(2, ""),
        resource=texts.get(3, ""),
        trace_id=numbers.get(4, 0),
        span_id=numbers.get(5, 0),
        parent_id=numbers.get(6, 0),
        start_ns=numbers.get(7, 0),
        duration_ns=numbers.get(8, 0),
        error=numbers.get(9, 0),
        type=texts.get(12, ""),
        meta=meta,
        metrics=metrics,
        meta_struct=meta_struct,
        links=tuple(links),
        events=tuple(events),
        chunk=chunk,
        tracer=tracer,
    )


def _link(message: bytes) -> ReceivedSpanLink:
    low = high = span_id = flags = 0
    tracestate = ""
    attributes: dict[str, str] = {}
    for number, value in fields(message):
        match number:
            case 1:
                low = unsigned(value)
            case 2:
                high = unsigned(value)
            case 3:
                span_id = unsigned(value)
            case 4:
                _put(attributes, value, text, "")
            case 5:
                tracestate = text(value)
            case 6:
                flags = unsigned(value)
    return ReceivedSpanLink(high << 64 | low, span_id, attributes, tracestate, flags)


def _event(message: bytes) -> ReceivedSpanEvent:
    name, time_ns = "", 0
    attributes: dict[str, object] = {}
    for number, value in fields(message):
        match number:
            case 1:
                time_ns = _fixed64(value)
            case 2:
                name = text(value)
            case 3:
                _put(attributes, value, _attribute, "")
    return ReceivedSpanEvent(name, time_ns, attributes)


def _attribute(value: Value) -> object:
    """An ``AttributeAnyValue``, or one of an array's: what its type says it is."""
    kind = 0
    said: dict[int, object] = {0: "", 1: False, 2: 0, 3: 0.0, 4: ()}
    for number, field in fields(submessage(value)):
        match number:
            case 1:
                kind = unsigned(field)
            case 2:
                said[0] = text(field)
            case 3:
                said[1] = bool(unsigned(field))
            case 4:
                said[2] = signed(field)
            case 5:
                said[3] = double(field)
            case 6:
                items = fields(submessage(field))
                said[4] = tuple(_attribute(item) for number, item in items if number == 1)
    if kind not in said:
        raise Undecodable(f"an attribute has the type {kind}")
    return said[kind]


def _put(into: dict[str, T], entry: Value, read: Callable[[Value], T], empty: T) -> None:
    """Enter what one map entry says; a key or value that is not there is the empty one."""
    key, found = "", empty
    for number, value in fields(submessage(entry)):
        if number == 1:
            key = text(value)
        elif number == 2:
            found = read(value)
    into[key] = found


def _fixed64(value: Value) -> int:
    """A fixed64 field. The reader takes each such number for a double; its bits are the same."""
    (number,) = struct.unpack("<Q", struct.pack("<d", double(value)))
    return int(number)
