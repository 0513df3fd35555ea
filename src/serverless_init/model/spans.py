"""Traces: spans, the chunks of traces that a tracer sends together, and what it says of itself.

All of it is mutable: a span is normalised, obfuscated and tagged where it stands, because a copy
per step would cost more than the steps. Text is ``str``, valid UTF-8 from the decoder on.
"""

from dataclasses import dataclass, field

PRIORITY_NONE = -128
"""The sampling priority of a chunk to which its tracer gave none."""

AttributeValue = str | bool | int | float | tuple["AttributeValue", ...]
"""What an attribute of a span event may be; a tuple holds scalars only."""


@dataclass(slots=True)
class SpanLink:
    """A causal link to a span, perhaps of another trace; `flags` has bit 31 set when sent."""

    trace_id: int = 0
    trace_id_high: int = 0
    span_id: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    tracestate: str = ""
    flags: int = 0


@dataclass(slots=True)
class SpanEvent:
    """Something that happened during a span, at `time_ns` of unix time."""

    time_ns: int = 0
    name: str = ""
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(slots=True)
class Span:
    """One operation of a trace.

    Ids are unsigned 64-bit numbers; `trace_id` is the lower half of a 128-bit one, whose upper half
    is the tag ``_dd.p.tid`` (hexadecimal). `start_ns` is unix time; `error` is 0 or 1. `meta` and
    `metrics` are the tags with text and with number values, `meta_struct` those with encoded ones.
    """

    service: str = ""
    name: str = ""
    resource: str = ""
    trace_id: int = 0
    span_id: int = 0
    parent_id: int = 0
    start_ns: int = 0
    duration_ns: int = 0
    error: int = 0
    meta: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    type: str = ""
    meta_struct: dict[str, bytes] | None = None
    links: list[SpanLink] | None = None
    events: list[SpanEvent] | None = None


@dataclass(slots=True)
class TraceChunk:
    """Spans of one trace that were sent together, and what was decided about them.

    `is_dropped` says that the trace as a whole was not kept, only these spans of it.
    """

    spans: list[Span]
    priority: int = PRIORITY_NONE
    origin: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    is_dropped: bool = False


@dataclass(slots=True)
class TracerPayload:
    """What one tracer sent in one request: chunks, and who it is."""

    container_id: str = ""
    language_name: str = ""
    language_version: str = ""
    tracer_version: str = ""
    runtime_id: str = ""
    chunks: list[TraceChunk] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    env: str = ""
    hostname: str = ""
    app_version: str = ""
