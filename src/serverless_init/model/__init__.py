"""Floor 0: the values that travel through the pipeline and the protocols by which parts meet."""

from serverless_init.model.entities import EntityTags, OwnKnowledge
from serverless_init.model.events import AlertType, CheckStatus, Event, EventPriority, ServiceCheck
from serverless_init.model.exit_report import ExitReport
from serverless_init.model.logs import LogMessage, LogSource
from serverless_init.model.metrics import (
    MetricKind,
    MetricSample,
    Origin,
    Serie,
    SerieKind,
    SketchPoint,
    SketchSerie,
)
from serverless_init.model.payloads import (
    CHECK_RUN_V1,
    INTAKE,
    LOGS_V2,
    METADATA_V1,
    SERIES_V2,
    SKETCHES_V2,
    TRACE_STATS_V02,
    TRACES_V02,
    Endpoint,
    Payload,
    PayloadKind,
    Priority,
)
from serverless_init.model.sinks import (
    EventSink,
    LogSink,
    PayloadSink,
    SampleSink,
    SerieSink,
    SketchSink,
    SpanSink,
)
from serverless_init.model.spans import (
    PRIORITY_NONE,
    AttributeValue,
    Span,
    SpanEvent,
    SpanLink,
    TraceChunk,
    TracerPayload,
)
from serverless_init.model.streams import Chunk, Stream
from serverless_init.model.tags import deduplicate, normalize

__all__ = [
    "CHECK_RUN_V1",
    "INTAKE",
    "LOGS_V2",
    "METADATA_V1",
    "PRIORITY_NONE",
    "SERIES_V2",
    "SKETCHES_V2",
    "TRACES_V02",
    "TRACE_STATS_V02",
    "AlertType",
    "AttributeValue",
    "CheckStatus",
    "Chunk",
    "Endpoint",
    "EntityTags",
    "Event",
    "EventPriority",
    "EventSink",
    "ExitReport",
    "LogMessage",
    "LogSink",
    "LogSource",
    "MetricKind",
    "MetricSample",
    "Origin",
    "OwnKnowledge",
    "Payload",
    "PayloadKind",
    "PayloadSink",
    "Priority",
    "SampleSink",
    "Serie",
    "SerieKind",
    "SerieSink",
    "ServiceCheck",
    "SketchPoint",
    "SketchSerie",
    "SketchSink",
    "Span",
    "SpanEvent",
    "SpanLink",
    "SpanSink",
    "Stream",
    "TraceChunk",
    "TracerPayload",
    "deduplicate",
    "normalize",
]
