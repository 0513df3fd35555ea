"""What the intake understood of traces and of their statistics."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReceivedTracer:
    """What one request said of all spans of one tracer: who it is and where it runs."""

    language: str = ""
    language_version: str = ""
    tracer_version: str = ""
    runtime_id: str = ""
    container_id: str = ""
    host: str = ""
    env: str = ""
    app_version: str = ""
    agent_host: str = ""
    agent_env: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    agent_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceivedChunk:
    """What is said of all spans of a trace that came together; -128 is no priority."""

    priority: int = 0
    origin: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedSpanEvent:
    """Something that happened during a span. Attributes have the values that were sent."""

    name: str
    time_ns: int
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceivedSpanLink:
    """Another span that this one refers to; the trace id has 128 bits."""

    trace_id: int
    span_id: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    tracestate: str = ""
    flags: int = 0


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """One span. Times are unix and in nanoseconds; `trace_id` are the lower 64 bits."""

    service: str
    name: str
    resource: str
    trace_id: int
    span_id: int
    parent_id: int
    start_ns: int
    duration_ns: int
    error: int = 0
    type: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    meta_struct: Mapping[str, bytes] = field(default_factory=dict)
    links: tuple[ReceivedSpanLink, ...] = ()
    events: tuple[ReceivedSpanEvent, ...] = ()
    chunk: ReceivedChunk = ReceivedChunk()
    tracer: ReceivedTracer = ReceivedTracer()


@dataclass(frozen=True, slots=True)
class ReceivedDurations:
    """A DDSketch of durations in nanoseconds: `counts` begins with the bin of index `first`."""

    gamma: float = 0.0
    first: int = 0
    counts: tuple[float, ...] = ()
    zeros: float = 0.0

    @property
    def count(self) -> float:
        """How many durations there are."""
        return sum(self.counts) + self.zeros


@dataclass(frozen=True, slots=True)
class ReceivedGroup:
    """What happened in one bucket to the spans that have everything named here in common.

    `start_ns` and `bucket_ns` are the bucket; `duration_ns` is the sum over all hits. `trace_root`
    is 0 not told, 1 true, 2 false.
    """

    service: str
    name: str
    resource: str
    start_ns: int
    bucket_ns: int
    hits: int = 0
    errors: int = 0
    top_level_hits: int = 0
    duration_ns: int = 0
    type: str = ""
    span_kind: str = ""
    http_status: int = 0
    http_method: str = ""
    http_endpoint: str = ""
    grpc_status: str = ""
    synthetics: bool = False
    trace_root: int = 0
    service_source: str = ""
    peer_tags: tuple[str, ...] = ()
    ok: ReceivedDurations = ReceivedDurations()
    failed: ReceivedDurations = ReceivedDurations()
    env: str = ""
    host: str = ""
    version: str = ""
    language: str = ""
    container_id: str = ""
    tags: tuple[str, ...] = ()
    client_computed: bool = False
