"""What OTLP requests are decoded to: the messages of its protocol, as far as anything reads them.

Both decoders fill these in field by field, so they are not frozen. Text is valid UTF-8, ids are
bytes, times are unix nanoseconds, and a number that a message may leave out is None then. An
`AnyValue` is a value of Python's own. Exemplars and schema URLs are not read.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar, Union

AnyValue = Union[None, str, bool, int, float, bytes, list["AnyValue"], dict[str, "AnyValue"]]  # noqa: UP007
Attributes = dict[str, AnyValue]

T = TypeVar("T")

NO_RECORDED_VALUE = 1
"""The bit of a point's `flags` that says that it has no value."""

DELTA, CUMULATIVE = 1, 2
"""The temporalities: since the last point, since the start."""


@dataclass(slots=True)
class Resource:
    """What produced the telemetry."""

    attributes: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Scope:
    """The library that recorded it."""

    name: str = ""
    version: str = ""
    attributes: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class ScopeGroup(Generic[T]):
    """What one library recorded."""

    scope: Scope = field(default_factory=Scope)
    items: list[T] = field(default_factory=list)


@dataclass(slots=True)
class ResourceGroup(Generic[T]):
    """What came from one resource."""

    resource: Resource = field(default_factory=Resource)
    scopes: list[ScopeGroup[T]] = field(default_factory=list)


@dataclass(slots=True)
class NumberPoint:
    """A point of a gauge or a sum."""

    attributes: Attributes = field(default_factory=dict)
    start_ns: int = 0
    time_ns: int = 0
    value: int | float | None = None
    flags: int = 0


@dataclass(slots=True)
class HistogramPoint:
    """A point of a histogram: `bucket_counts` has one more entry than `bounds`, or none."""

    attributes: Attributes = field(default_factory=dict)
    start_ns: int = 0
    time_ns: int = 0
    count: int = 0
    sum: float | None = None
    bucket_counts: list[int] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    flags: int = 0


@dataclass(slots=True)
class ExponentialBuckets:
    """Counts of the buckets from the one with the index `offset` on."""

    offset: int = 0
    bucket_counts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ExponentialPoint:
    """A point of an exponential histogram."""

    attributes: Attributes = field(default_factory=dict)
    start_ns: int = 0
    time_ns: int = 0
    count: int = 0
    sum: float | None = None
    scale: int = 0
    zero_count: int = 0
    positive: ExponentialBuckets = field(default_factory=ExponentialBuckets)
    negative: ExponentialBuckets = field(default_factory=ExponentialBuckets)
    minimum: float | None = None
    maximum: float | None = None
    flags: int = 0


@dataclass(slots=True)
class Quantile:
    """One quantile of a summary and its value."""

    quantile: float = 0.0
    value: float = 0.0


@dataclass(slots=True)
class SummaryPoint:
    """A point of a summary."""

    attributes: Attributes = field(default_factory=dict)
    start_ns: int = 0
    time_ns: int = 0
    count: int = 0
    sum: float = 0.0
    quantiles: list[Quantile] = field(default_factory=list)
    flags: int = 0


@dataclass(slots=True)
class Gauge:
    """Values that are as they are."""

    points: list[NumberPoint] = field(default_factory=list)


@dataclass(slots=True)
class Sum:
    """Values that add up."""

    points: list[NumberPoint] = field(default_factory=list)
    temporality: int = 0
    is_monotonic: bool = False


@dataclass(slots=True)
class Histogram:
    """Distributions by explicit bounds."""

    points: list[HistogramPoint] = field(default_factory=list)
    temporality: int = 0


@dataclass(slots=True)
class ExponentialHistogram:
    """Distributions by exponential bounds."""

    points: list[ExponentialPoint] = field(default_factory=list)
    temporality: int = 0


@dataclass(slots=True)
class Summary:
    """Distributions by quantiles that the program computed."""

    points: list[SummaryPoint] = field(default_factory=list)


@dataclass(slots=True)
class Metric:
    """A metric; `data` is None for a kind that nobody knows."""

    name: str = ""
    unit: str = ""
    data: Gauge | Sum | Histogram | ExponentialHistogram | Summary | None = None


@dataclass(slots=True)
class LogRecord:
    """A log record."""

    time_ns: int = 0
    observed_ns: int = 0
    severity_number: int = 0
    severity_text: str = ""
    body: AnyValue = None
    attributes: Attributes = field(default_factory=dict)
    trace_id: bytes = b""
    span_id: bytes = b""
    event_name: str = ""


@dataclass(slots=True)
class OtlpEvent:
    """Something that happened during a span."""

    time_ns: int = 0
    name: str = ""
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes: int = 0


@dataclass(slots=True)
class OtlpLink:
    """A link from a span to another one."""

    trace_id: bytes = b""
    span_id: bytes = b""
    trace_state: str = ""
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes: int = 0
    flags: int = 0


@dataclass(slots=True)
class Status:
    """How a span ended: `code` is 0 unset, 1 ok, 2 error."""

    message: str = ""
    code: int = 0


@dataclass(slots=True)
class OtlpSpan:
    """A span, as it came."""

    trace_id: bytes = b""
    span_id: bytes = b""
    trace_state: str = ""
    parent_span_id: bytes = b""
    name: str = ""
    kind: int = 0
    start_ns: int = 0
    end_ns: int = 0
    attributes: Attributes = field(default_factory=dict)
    events: list[OtlpEvent] = field(default_factory=list)
    links: list[OtlpLink] = field(default_factory=list)
    status: Status = field(default_factory=Status)


@dataclass(slots=True)
class MetricsRequest:
    """What an exporter of metrics sends."""

    groups: list[ResourceGroup[Metric]] = field(default_factory=list)


@dataclass(slots=True)
class LogsRequest:
    """What an exporter of logs sends."""

    groups: list[ResourceGroup[LogRecord]] = field(default_factory=list)


@dataclass(slots=True)
class TracesRequest:
    """What an exporter of spans sends."""

    groups: list[ResourceGroup[OtlpSpan]] = field(default_factory=list)


class ResourceMetrics(ResourceGroup[Metric]):
    """A group of metrics."""

    __slots__ = ()


class ScopeMetrics(ScopeGroup[Metric]):
    """A group of metrics."""

    __slots__ = ()


class ResourceLogs(ResourceGroup[LogRecord]):
    """A group of log records."""

    __slots__ = ()


class ScopeLogs(ScopeGroup[LogRecord]):
    """A group of log records."""

    __slots__ = ()


class ResourceSpans(ResourceGroup[OtlpSpan]):
    """A group of spans."""

    __slots__ = ()


class ScopeSpans(ScopeGroup[OtlpSpan]):
    """A group of spans."""

    __slots__ = ()
