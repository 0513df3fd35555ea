"""What the store shows: frozen answers, in a stable order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from serverless_init.intake.quantile import merge
from serverless_init.intake.received import (
    Received,
    ReceivedAgent,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedLog,
    ReceivedOrigin,
    ReceivedSketch,
)
from serverless_init.intake.received_traces import ReceivedGroup, ReceivedSpan


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contexts and points are asked for; a field left out selects everything.

    `tags` are those a context must have among its own; points lie in ``since <= t < until``.
    """

    metric: str = ""
    tags: tuple[str, ...] = ()
    host: str = ""
    since: float = float("-inf")
    until: float = float("inf")


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One context of a series. `points` ascend in time; of equal timestamps the last one counts.

    `duplicates` is the number of points that another one of the same timestamp has replaced.
    """

    metric: str
    kind: str
    host: str
    tags: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]
    unit: str
    interval_s: int
    origin: ReceivedOrigin | None
    points: tuple[tuple[int, float], ...]
    duplicates: int

    @property
    def last(self) -> float:
        """The latest value."""
        return self.points[-1][1]

    @property
    def total(self) -> float:
        """The sum of the values."""
        return sum(value for _, value in self.points)

    @property
    def count(self) -> float:
        """How many things were counted: a rate's values are per second of its interval."""
        return self.total * (self.interval_s or 1) if self.kind == "rate" else self.total


@dataclass(frozen=True, slots=True)
class DistributionView:
    """One context of a distribution. Sketches of equal timestamps are merged, as Datadog does.

    `duplicates` is the number of sketches that shared their timestamp with an earlier one.
    """

    metric: str
    host: str
    tags: tuple[str, ...]
    origin: ReceivedOrigin | None
    points: tuple[ReceivedSketch, ...]
    duplicates: int

    @property
    def whole(self) -> ReceivedSketch:
        """All points as one sketch."""
        return merge(self.points)


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """One request's body and what was understood of it.

    `body` and `encoding` are as sent, `plain_bytes` its length once decompressed; `error` says why
    nothing was understood. Of the API key only the end is kept.
    """

    route: str
    received_at: float
    body: bytes
    encoding: str = ""
    content_type: str = ""
    api_key: str = ""
    plain_bytes: int = 0
    received: tuple[Received, ...] = ()
    error: str = ""


@dataclass(slots=True)
class RouteTotals:
    """What came on one route. `items` are points, sketches, events, checks, logs and others.

    `refused` counts by status and reason; `faulted` requests were treated as the script said.
    """

    requests: int = 0
    payloads: int = 0
    items: int = 0
    bytes: int = 0
    plain_bytes: int = 0
    undecodable: int = 0
    faulted: int = 0
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything since the start, also what the store's bounds have made it forget."""

    routes: Mapping[str, RouteTotals]
    forgotten_payloads: int = 0
    forgotten_items: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole store at one instant."""

    series: tuple[SeriesView, ...] = ()
    distributions: tuple[DistributionView, ...] = ()
    events: tuple[ReceivedEvent, ...] = ()
    checks: tuple[ReceivedCheck, ...] = ()
    logs: tuple[ReceivedLog, ...] = ()
    totals: Totals = Totals({})
    spans: tuple[ReceivedSpan, ...] = ()
    stats: tuple[ReceivedGroup, ...] = ()
    agents: tuple[ReceivedAgent, ...] = ()
