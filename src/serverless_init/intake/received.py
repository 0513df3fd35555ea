"""What the intake understood of a request: decoded values, with text as text."""

from dataclasses import dataclass

from serverless_init.intake.received_traces import ReceivedGroup, ReceivedSpan

SERIES_KINDS = ("unspecified", "count", "rate", "gauge")


@dataclass(frozen=True, slots=True)
class ReceivedOrigin:
    """Where a metric says it comes from, in the intake's registry numbers."""

    product: int = 0
    category: int = 0
    service: int = 0


@dataclass(frozen=True, slots=True)
class ReceivedSeries:
    """Points of one series as one request had them, ``(unix seconds, value)``.

    `kind` is one of `SERIES_KINDS`; `tags` are as sent; `resources` are ``(type, name)``, without
    the host.
    """

    metric: str
    kind: str
    points: tuple[tuple[int, float], ...]
    tags: tuple[str, ...] = ()
    host: str = ""
    unit: str = ""
    interval_s: int = 0
    source_type: str = ""
    resources: tuple[tuple[str, str], ...] = ()
    origin: ReceivedOrigin | None = None


@dataclass(frozen=True, slots=True)
class ReceivedSketch:
    """One bucket of a distribution: its summary, and its bins as keys and counts."""

    timestamp: int
    count: int
    minimum: float
    maximum: float
    average: float
    total: float
    keys: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReceivedSketches:
    """Sketches of one distribution as one request had them."""

    metric: str
    points: tuple[ReceivedSketch, ...]
    tags: tuple[str, ...] = ()
    host: str = ""
    origin: ReceivedOrigin | None = None


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event."""

    title: str
    text: str
    timestamp: int
    host: str = ""
    tags: tuple[str, ...] = ()
    priority: str = "normal"
    alert_type: str = "info"
    aggregation_key: str = ""
    source_type: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedCheck:
    """One service check's result; `status` is 0 OK, 1 warning, 2 critical, 3 unknown."""

    name: str
    status: int
    timestamp: int
    host: str = ""
    message: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedLog:
    """One log message; `timestamp_ms` is when it says it was written, unix milliseconds.

    `attributes` are the object's further keys, with their values as JSON text.
    """

    message: str
    status: str
    timestamp_ms: int
    host: str = ""
    service: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedAgent:
    """What an Agent tells the inventory of itself; `identity` tells it from all others.

    The values of `metadata` are JSON text.
    """

    identity: str
    timestamp_ns: int
    host: str = ""
    metadata: tuple[tuple[str, str], ...] = ()


Received = (
    ReceivedSeries
    | ReceivedSketches
    | ReceivedEvent
    | ReceivedCheck
    | ReceivedLog
    | ReceivedSpan
    | ReceivedGroup
    | ReceivedAgent
)
