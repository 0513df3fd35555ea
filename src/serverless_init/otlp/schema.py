"""The fields of OTLP's messages, once: what the decoders of both encodings work by.

Numbers, kinds and names are those of the protocol's published definitions
(opentelemetry/proto, version 1). A field that is not listed is skipped.
"""

from enum import Enum, auto
from typing import NamedTuple

from serverless_init.otlp import values as v


class Kind(Enum):
    """How a field is encoded: on the wire, and in JSON where the two differ."""

    STRING = auto()
    ID = auto()  # bytes; in JSON hexadecimal
    BOOL = auto()
    UNSIGNED = auto()  # uint32, uint64 and enums: a varint
    ZIGZAG = auto()  # sint32
    FIXED32 = auto()
    FIXED64 = auto()
    SIGNED_FIXED64 = auto()
    DOUBLE = auto()
    ANY = auto()
    ATTRIBUTES = auto()
    MESSAGE = auto()


class Field(NamedTuple):
    """A field: its number, its name in JSON, where its value goes, and how it is encoded."""

    number: int
    json: str
    name: str
    kind: Kind
    message: type | None = None
    repeated: bool = False


def _message(number: int, json: str, name: str, message: type, *, repeated: bool = False) -> Field:
    return Field(number, json, name, Kind.MESSAGE, message, repeated)


def _many(number: int, json: str, name: str, message: type) -> Field:
    return _message(number, json, name, message, repeated=True)


def _attributes(number: int) -> Field:
    return Field(number, "attributes", "attributes", Kind.ATTRIBUTES)


def _times() -> tuple[Field, Field]:
    return (
        Field(2, "startTimeUnixNano", "start_ns", Kind.FIXED64),
        Field(3, "timeUnixNano", "time_ns", Kind.FIXED64),
    )


def _points(message: type) -> Field:
    return _many(1, "dataPoints", "points", message)


_TEMPORALITY = Field(2, "aggregationTemporality", "temporality", Kind.UNSIGNED)
_RESOURCE = _message(1, "resource", "resource", v.Resource)
_SCOPE = _message(1, "scope", "scope", v.Scope)

SCHEMA: dict[type, tuple[Field, ...]] = {
    v.MetricsRequest: (_many(1, "resourceMetrics", "groups", v.ResourceMetrics),),
    v.LogsRequest: (_many(1, "resourceLogs", "groups", v.ResourceLogs),),
    v.TracesRequest: (_many(1, "resourceSpans", "groups", v.ResourceSpans),),
    v.ResourceMetrics: (_RESOURCE, _many(2, "scopeMetrics", "scopes", v.ScopeMetrics)),
    v.ResourceLogs: (_RESOURCE, _many(2, "scopeLogs", "scopes", v.ScopeLogs)),
    v.ResourceSpans: (_RESOURCE, _many(2, "scopeSpans", "scopes", v.ScopeSpans)),
    v.ScopeMetrics: (_SCOPE, _many(2, "metrics", "items", v.Metric)),
    v.ScopeLogs: (_SCOPE, _many(2, "logRecords", "items", v.LogRecord)),
    v.ScopeSpans: (_SCOPE, _many(2, "spans", "items", v.OtlpSpan)),
    v.Resource: (_attributes(1),),
    v.Scope: (
        Field(1, "name", "name", Kind.STRING),
        Field(2, "version", "version", Kind.STRING),
        _attributes(3),
    ),
    v.Metric: (
        Field(1, "name", "name", Kind.STRING),
        Field(3, "unit", "unit", Kind.STRING),
        _message(5, "gauge", "data", v.Gauge),
        _message(7, "sum", "data", v.Sum),
        _message(9, "histogram", "data", v.Histogram),
        _message(10, "exponentialHistogram", "data", v.ExponentialHistogram),
        _message(11, "summary", "data", v.Summary),
    ),
    v.Gauge: (_points(v.NumberPoint),),
    v.Sum: (
        _points(v.NumberPoint),
        _TEMPORALITY,
        Field(3, "isMonotonic", "is_monotonic", Kind.BOOL),
    ),
    v.Histogram: (_points(v.HistogramPoint), _TEMPORALITY),
    v.ExponentialHistogram: (_points(v.ExponentialPoint), _TEMPORALITY),
    v.Summary: (_points(v.SummaryPoint),),
    v.NumberPoint: (
        *_times(),
        Field(4, "asDouble", "value", Kind.DOUBLE),
        Field(6, "asInt", "value", Kind.SIGNED_FIXED64),
        _attributes(7),
        Field(8, "flags", "flags", Kind.UNSIGNED),
    ),
    v.HistogramPoint: (
        *_times(),
        Field(4, "count", "count", Kind.FIXED64),
        Field(5, "sum", "sum", Kind.DOUBLE),
        Field(6, "bucketCounts", "bucket_counts", Kind.FIXED64, repeated=True),
        Field(7, "explicitBounds", "bounds", Kind.DOUBLE, repeated=True),
        _attributes(9),
        Field(10, "flags", "flags", Kind.UNSIGNED),
        Field(11, "min", "minimum", Kind.DOUBLE),
        Field(12, "max", "maximum", Kind.DOUBLE),
    ),
    v.ExponentialPoint: (
        _attributes(1),
        *_times(),
        Field(4, "count", "count", Kind.FIXED64),
        Field(5, "sum", "sum", Kind.DOUBLE),
        Field(6, "scale", "scale", Kind.ZIGZAG),
        Field(7, "zeroCount", "zero_count", Kind.FIXED64),
        _message(8, "positive", "positive", v.ExponentialBuckets),
        _message(9, "negative", "negative", v.ExponentialBuckets),
        Field(10, "flags", "flags", Kind.UNSIGNED),
        Field(12, "min", "minimum", Kind.DOUBLE),
        Field(13, "max", "maximum", Kind.DOUBLE),
    ),
    v.ExponentialBuckets: (
        Field(1, "offset", "offset", Kind.ZIGZAG),
        Field(2, "bucketCounts", "bucket_counts", Kind.UNSIGNED, repeated=True),
    ),
    v.SummaryPoint: (
        *_times(),
        Field(4, "count", "count", Kind.FIXED64),
        Field(5, "sum", "sum", Kind.DOUBLE),
        _many(6, "quantileValues", "quantiles", v.Quantile),
        _attributes(7),
        Field(8, "flags", "flags", Kind.UNSIGNED),
    ),
    v.Quantile: (
        Field(1, "quantile", "quantile", Kind.DOUBLE),
        Field(2, "value", "value", Kind.DOUBLE),
    ),
    v.LogRecord: (
        Field(1, "timeUnixNano", "time_ns", Kind.FIXED64),
        Field(2, "severityNumber", "severity_number", Kind.UNSIGNED),
        Field(3, "severityText", "severity_text", Kind.STRING),
        Field(5, "body", "body", Kind.ANY),
        _attributes(6),
        Field(9, "traceId", "trace_id", Kind.ID),
        Field(10, "spanId", "span_id", Kind.ID),
        Field(11, "observedTimeUnixNano", "observed_ns", Kind.FIXED64),
        Field(12, "eventName", "event_name", Kind.STRING),
    ),
    v.OtlpSpan: (
        Field(1, "traceId", "trace_id", Kind.ID),
        Field(2, "spanId", "span_id", Kind.ID),
        Field(3, "traceState", "trace_state", Kind.STRING),
        Field(4, "parentSpanId", "parent_span_id", Kind.ID),
        Field(5, "name", "name", Kind.STRING),
        Field(6, "kind", "kind", Kind.UNSIGNED),
        Field(7, "startTimeUnixNano", "start_ns", Kind.FIXED64),
        Field(8, "endTimeUnixNano", "end_ns", Kind.FIXED64),
        _attributes(9),
        _many(11, "events", "events", v.OtlpEvent),
        _many(13, "links", "links", v.OtlpLink),
        _message(15, "status", "status", v.Status),
    ),
    v.OtlpEvent: (
        Field(1, "timeUnixNano", "time_ns", Kind.FIXED64),
        Field(2, "name", "name", Kind.STRING),
        _attributes(3),
        Field(4, "droppedAttributesCount", "dropped_attributes", Kind.UNSIGNED),
    ),
    v.OtlpLink: (
        Field(1, "traceId", "trace_id", Kind.ID),
        Field(2, "spanId", "span_id", Kind.ID),
        Field(3, "traceState", "trace_state", Kind.STRING),
        _attributes(4),
        Field(5, "droppedAttributesCount", "dropped_attributes", Kind.UNSIGNED),
        Field(6, "flags", "flags", Kind.FIXED32),
    ),
    v.Status: (
        Field(2, "message", "message", Kind.STRING),
        Field(3, "code", "code", Kind.UNSIGNED),
    ),
}

NODES_MAX = 200_000
"""Most messages, lists and mappings in one request: an empty one takes two bytes on the wire and a
hundred times as many in memory."""

DEPTH_MAX = 64
"""How deep values may stand inside one another."""
