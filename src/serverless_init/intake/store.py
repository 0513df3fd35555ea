"""What was received, bounded, with the questions one asks of it.

The unit of keeping is the payload: bodies wait in one queue, oldest first, and the index of points
holds exactly what the queue's payloads brought. When a bound is passed the oldest payload goes and
takes its points along, so an answer never mixes what is kept with traces of what is not. Since all
come and go in the same order, forgetting is popping: the oldest value of a timestamp, the oldest
event. Totals are kept apart and only grow until `clear`.
"""

from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from serverless_init.intake.quantile import merge
from serverless_init.intake.received import (
    Received,
    ReceivedAgent,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedLog,
    ReceivedOrigin,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)
from serverless_init.intake.received_traces import ReceivedGroup, ReceivedSpan
from serverless_init.intake.views import (
    DistributionView,
    RouteTotals,
    Selection,
    SeriesView,
    Snapshot,
    StoredPayload,
    Totals,
)

OTHER = "(other)"
ROUTES_MAX = 200
REASONS_MAX = 20

EVERYTHING = Selection()

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class StoreBounds:
    """How much is kept. Bytes are those of the bodies, compressed and plain together."""

    bytes_max: int = 16_777_216
    items_max: int = 100_000


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """The identity of a context. The kind is part of it: a metric that changes type shows twice."""

    metric: str
    kind: str
    tags: tuple[str, ...]
    host: str
    resources: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Context(Generic[V]):
    """The values of each timestamp in order of arrival, and what the latest request said."""

    unit: str = ""
    interval_s: int = 0
    origin: ReceivedOrigin | None = None
    values: dict[int, list[V]] = field(default_factory=dict)

    def forget(self, timestamp: int) -> None:
        values = self.values[timestamp]
        del values[0]
        if not values:
            del self.values[timestamp]


class Store:
    """Payloads within `bounds`, and the index of what they say.

    `logs` are the log messages in order of arrival, to be looked at only.
    """

    def __init__(self, bounds: StoreBounds | None = None) -> None:
        self._bounds = bounds or StoreBounds()
        self.clear()

    def clear(self) -> None:
        """Forget everything, the totals too."""
        self._payloads: deque[StoredPayload] = deque()
        self._bytes = 0
        self._items = 0
        self._series: dict[_Key, _Context[float]] = {}
        self._sketches: dict[_Key, _Context[ReceivedSketch]] = {}
        self._events: deque[ReceivedEvent] = deque()
        self._checks: deque[ReceivedCheck] = deque()
        self.logs: deque[ReceivedLog] = deque()
        self.spans: deque[ReceivedSpan] = deque()
        self.stats: deque[ReceivedGroup] = deque()
        self.agents: deque[ReceivedAgent] = deque()
        self._routes: dict[str, RouteTotals] = {}
        self._forgotten_payloads = 0
        self._forgotten_items = 0

    def add(self, payload: StoredPayload) -> None:
        """Keep `payload`; the oldest ones go when a bound is passed, never the one that came."""
        self._payloads.append(payload)
        for received in payload.received:
            self._enter(received)
        items = _items(payload)
        self._items += items
        self._bytes += _bytes(payload)
        totals = self._totals_of(payload.route)
        totals.payloads += 1
        totals.items += items
        totals.plain_bytes += payload.plain_bytes
        totals.undecodable += bool(payload.error)
        while len(self._payloads) > 1 and self._is_full():
            self._forget(self._payloads.popleft())

    def count_request(
        self, route: str, body_bytes: int, *, faulted: bool = False, refusal: str = ""
    ) -> None:
        """Count a request of `route`: what the fault script took, and why one was refused."""
        totals = self._totals_of(route)
        totals.requests += 1
        totals.bytes += body_bytes
        totals.faulted += faulted
        if refusal:
            refused = totals.refused
            reason = refusal if refusal in refused or len(refused) < REASONS_MAX else OTHER
            refused[reason] = refused.get(reason, 0) + 1

    def payloads(self, route: str) -> tuple[StoredPayload, ...]:
        """What came on `route`, oldest first."""
        return tuple(payload for payload in self._payloads if payload.route == route)

    def series(self, selection: Selection = EVERYTHING) -> tuple[SeriesView, ...]:
        """The series that `selection` asks for and that have points in its time."""
        return tuple(_view(*entry) for entry in _select(self._series, selection))

    def distributions(self, selection: Selection = EVERYTHING) -> tuple[DistributionView, ...]:
        """The same for distributions."""
        return tuple(_distribution(*entry) for entry in _select(self._sketches, selection))

    def events(self) -> tuple[ReceivedEvent, ...]:
        """The events in order of arrival."""
        return tuple(self._events)

    def checks(self) -> tuple[ReceivedCheck, ...]:
        """The service checks in order of arrival."""
        return tuple(self._checks)

    def totals(self) -> Totals:
        """A copy of the counters."""
        return Totals(
            {route: deepcopy(self._routes[route]) for route in sorted(self._routes)},
            self._forgotten_payloads,
            self._forgotten_items,
        )

    def snapshot(self) -> Snapshot:
        """Everything, series and distributions by name."""
        return Snapshot(
            self.series(),
            self.distributions(),
            self.events(),
            self.checks(),
            tuple(self.logs),
            self.totals(),
            tuple(self.spans),
            tuple(self.stats),
            tuple(self.agents),
        )

    def _enter(self, received: Received) -> None:
        match received:
            case ReceivedSeries() if received.points:
                series = self._series.setdefault(_key_of_series(received), _Context())
                series.unit, series.interval_s = received.unit, received.interval_s
                series.origin = received.origin
                for timestamp, value in received.points:
                    series.values.setdefault(timestamp, []).append(value)
            case ReceivedSketches() if received.points:
                sketches = self._sketches.setdefault(_key_of_sketches(received), _Context())
                sketches.origin = received.origin
                for point in received.points:
                    sketches.values.setdefault(point.timestamp, []).append(point)
            case ReceivedEvent():
                self._events.append(received)
            case ReceivedCheck():
                self._checks.append(received)
            case ReceivedLog():
                self.logs.append(received)
            case ReceivedSpan():
                self.spans.append(received)
            case ReceivedGroup():
                self.stats.append(received)
            case ReceivedAgent():
                self.agents.append(received)

    def _is_full(self) -> bool:
        return self._items > self._bounds.items_max or self._bytes > self._bounds.bytes_max

    def _forget(self, payload: StoredPayload) -> None:
        items = _items(payload)
        self._items -= items
        self._bytes -= _bytes(payload)
        self._forgotten_payloads += 1
        self._forgotten_items += items
        for received in payload.received:
            match received:
                case ReceivedSeries() if received.points:
                    times = [timestamp for timestamp, _ in received.points]
                    _forget_values(self._series, _key_of_series(received), times)
                case ReceivedSketches() if received.points:
                    times = [point.timestamp for point in received.points]
                    _forget_values(self._sketches, _key_of_sketches(received), times)
                case ReceivedEvent():
                    self._events.popleft()
                case ReceivedCheck():
                    self._checks.popleft()
                case ReceivedLog():
                    self.logs.popleft()
                case ReceivedSpan():
                    self.spans.popleft()
                case ReceivedGroup():
                    self.stats.popleft()
                case ReceivedAgent():
                    self.agents.popleft()

    def _totals_of(self, route: str) -> RouteTotals:
        known = route in self._routes or len(self._routes) < ROUTES_MAX
        return self._routes.setdefault(route if known else OTHER, RouteTotals())


def _key_of_series(received: ReceivedSeries) -> _Key:
    tags = tuple(sorted(set(received.tags)))
    return _Key(received.metric, received.kind, tags, received.host, received.resources)


def _key_of_sketches(received: ReceivedSketches) -> _Key:
    tags = tuple(sorted(set(received.tags)))
    return _Key(received.metric, "distribution", tags, received.host)


def _forget_values(index: dict[_Key, _Context[V]], key: _Key, times: list[int]) -> None:
    context = index[key]
    for timestamp in times:
        context.forget(timestamp)
    if not context.values:
        del index[key]


def _select(
    index: dict[_Key, _Context[V]], selection: Selection
) -> Iterator[tuple[_Key, _Context[V], list[int]]]:
    """The contexts that are selected, in order, with those of their timestamps that are."""
    wanted = set(selection.tags)
    for key in sorted(index):
        if selection.metric not in ("", key.metric) or selection.host not in ("", key.host):
            continue
        context = index[key]
        times = sorted(t for t in context.values if selection.since <= t < selection.until)
        if times and wanted.issubset(key.tags):
            yield key, context, times


def _view(key: _Key, context: _Context[float], times: list[int]) -> SeriesView:
    return SeriesView(
        metric=key.metric,
        kind=key.kind,
        host=key.host,
        tags=key.tags,
        resources=key.resources,
        unit=context.unit,
        interval_s=context.interval_s,
        origin=context.origin,
        points=tuple((timestamp, context.values[timestamp][-1]) for timestamp in times),
        duplicates=_duplicates(context, times),
    )


def _distribution(
    key: _Key, context: _Context[ReceivedSketch], times: list[int]
) -> DistributionView:
    return DistributionView(
        metric=key.metric,
        host=key.host,
        tags=key.tags,
        origin=context.origin,
        points=tuple(merge(context.values[timestamp]) for timestamp in times),
        duplicates=_duplicates(context, times),
    )


def _duplicates(context: _Context[V], times: list[int]) -> int:
    return sum(len(context.values[timestamp]) - 1 for timestamp in times)


def _items(payload: StoredPayload) -> int:
    return sum(
        len(received.points) if isinstance(received, ReceivedSeries | ReceivedSketches) else 1
        for received in payload.received
    )


def _bytes(payload: StoredPayload) -> int:
    return len(payload.body) + payload.plain_bytes
