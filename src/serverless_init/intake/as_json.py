"""Received values and views as JSON: what the control routes answer."""

import json
from base64 import b64encode
from math import isfinite
from typing import Protocol

from serverless_init.intake.faults import FaultStep
from serverless_init.intake.quantile import quantile
from serverless_init.intake.received import (
    SERIES_KINDS,
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
from serverless_init.intake.views import DistributionView, RouteTotals, SeriesView, Totals

Json = dict[str, object]


class _Value(Protocol):
    """A value whose fields are its slots."""

    __slots__: tuple[str, ...]


def series_view(view: SeriesView) -> Json:
    """One context of a series with its points and their sum, count and last value."""
    return {
        "metric": view.metric,
        "type": view.kind,
        "unit": view.unit,
        "interval_s": view.interval_s,
        "host": view.host,
        "tags": view.tags,
        "resources": [{"type": type_, "name": name} for type_, name in view.resources],
        "origin": _origin(view.origin),
        "points": view.points,
        "last": view.last,
        "sum": _finite(view.total),
        "count": _finite(view.count),
        "duplicates": view.duplicates,
    }


def distribution_view(view: DistributionView, quantiles: tuple[float, ...]) -> Json:
    """One context of a distribution: each sketch, and all of them merged."""
    return {
        "metric": view.metric,
        "host": view.host,
        "tags": view.tags,
        "origin": _origin(view.origin),
        "points": [_sketch(point, quantiles) for point in view.points],
        **_summary(view.whole, quantiles),
        "duplicates": view.duplicates,
    }


def event(received: ReceivedEvent) -> Json:
    """One event, by the names of its fields."""
    return {name: getattr(received, name) for name in ReceivedEvent.__slots__}


def check(received: ReceivedCheck) -> Json:
    """One service check, by the names of its fields."""
    return {name: getattr(received, name) for name in ReceivedCheck.__slots__}


def log(received: ReceivedLog) -> Json:
    """One log message, by the names of its fields."""
    fields: Json = {name: getattr(received, name) for name in ReceivedLog.__slots__}
    return {**fields, "attributes": _values(received.attributes)}


def span(received: ReceivedSpan) -> Json:
    """One span, by the names of its fields; binary values in base64."""
    fields: Json = {name: getattr(received, name) for name in ReceivedSpan.__slots__}
    return {
        **fields,
        "metrics": {key: _finite(value) for key, value in received.metrics.items()},
        "meta_struct": {
            key: b64encode(value).decode() for key, value in received.meta_struct.items()
        },
        "links": [_fields(link) for link in received.links],
        "events": [
            {
                "name": event.name,
                "time_ns": event.time_ns,
                "attributes": {key: _plain(value) for key, value in event.attributes.items()},
            }
            for event in received.events
        ],
        "chunk": _fields(received.chunk),
        "tracer": _fields(received.tracer),
    }


def stats(received: ReceivedGroup) -> Json:
    """One group of a bucket, by the names of its fields."""
    return {
        **_fields(received),
        "ok": {**_fields(received.ok), "count": received.ok.count},
        "failed": {**_fields(received.failed), "count": received.failed.count},
    }


def agent(received: ReceivedAgent) -> Json:
    """One description of an Agent, by the names of its fields."""
    return {**_fields(received), "metadata": _values(received.metadata)}


def totals(of_all: Totals) -> Json:
    """The counters of each route and their sum."""
    names = [name for name in RouteTotals.__slots__ if name != "refused"]
    routes = {
        path: {**{name: getattr(route, name) for name in names}, "refused": route.refused}
        for path, route in of_all.routes.items()
    }
    return {
        "routes": routes,
        **{name: sum(getattr(route, name) for route in of_all.routes.values()) for name in names},
        "forgotten_payloads": of_all.forgotten_payloads,
        "forgotten_items": of_all.forgotten_items,
    }


def fault_step(step: FaultStep) -> Json:
    """One step, as the control route takes it."""
    fields: Json = {name: getattr(step, name) for name in FaultStep.__slots__}
    return {**fields, "headers": dict(step.headers)}


def as_sent(received: Received) -> Json:
    """A decoded item in the shape of the body it came in, as the Agent's test intake shows it."""
    match received:
        case ReceivedSeries():
            return {
                "metric": received.metric,
                "type": SERIES_KINDS.index(received.kind),
                "points": [{"timestamp": t, "value": value} for t, value in received.points],
                "tags": received.tags,
                "resources": [
                    {"type": type_, "name": name}
                    for type_, name in (("host", received.host), *received.resources)
                ],
                "unit": received.unit,
                "interval": received.interval_s,
                "source_type_name": received.source_type,
                "metadata": {"origin": _origin(received.origin)},
            }
        case ReceivedSketches():
            return {
                "metric": received.metric,
                "host": received.host,
                "tags": received.tags,
                "dogsketches": [
                    {
                        "ts": point.timestamp,
                        "cnt": point.count,
                        "min": point.minimum,
                        "max": point.maximum,
                        "avg": point.average,
                        "sum": point.total,
                        "k": point.keys,
                        "n": point.counts,
                    }
                    for point in received.points
                ],
                "metadata": {"origin": _origin(received.origin)},
            }
        case ReceivedEvent():
            return {
                "msg_title": received.title,
                "msg_text": received.text,
                "timestamp": received.timestamp,
                "priority": received.priority,
                "host": received.host,
                "tags": received.tags,
                "alert_type": received.alert_type,
                "aggregation_key": received.aggregation_key,
                "source_type_name": received.source_type,
            }
        case ReceivedCheck():
            return {
                "check": received.name,
                "host_name": received.host,
                "timestamp": received.timestamp,
                "status": received.status,
                "message": received.message,
                "tags": received.tags,
            }
        case ReceivedLog():
            return _log_as_sent(received)
        case ReceivedSpan():
            return span(received)
        case ReceivedGroup():
            return stats(received)
        case ReceivedAgent():
            return _agent_as_sent(received)


def _log_as_sent(received: ReceivedLog) -> Json:
    return {
        "message": received.message,
        "status": received.status,
        "timestamp": received.timestamp_ms,
        "hostname": received.host,
        "service": received.service,
        "ddsource": received.source,
        "ddtags": ",".join(received.tags),
        **_values(received.attributes),
    }


def _agent_as_sent(received: ReceivedAgent) -> Json:
    return {
        "hostname": received.host,
        "timestamp": received.timestamp_ns,
        "uuid": received.identity,
        "agent_metadata": _values(received.metadata),
    }


def _values(members: tuple[tuple[str, str], ...]) -> Json:
    return {name: json.loads(value) for name, value in members}


def _plain(value: object) -> object:
    """An attribute's value without numbers for which JSON has no word."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _finite(value) if isinstance(value, float) else value


def _fields(value: _Value) -> Json:
    return {name: getattr(value, name) for name in value.__slots__}


def _origin(origin: ReceivedOrigin | None) -> Json | None:
    if origin is None:
        return None
    return {name: getattr(origin, name) for name in ReceivedOrigin.__slots__}


def _finite(number: float) -> float | None:
    """A sum of finite numbers may be infinite, for which JSON has no word."""
    return number if isfinite(number) else None


def _sketch(sketch: ReceivedSketch, quantiles: tuple[float, ...]) -> Json:
    return {
        "timestamp": sketch.timestamp,
        **_summary(sketch, quantiles),
        "keys": sketch.keys,
        "counts": sketch.counts,
    }


def _summary(sketch: ReceivedSketch, quantiles: tuple[float, ...]) -> Json:
    return {
        "count": sketch.count,
        "min": sketch.minimum,
        "max": sketch.maximum,
        "avg": _finite(sketch.average),
        "sum": _finite(sketch.total),
        "quantiles": {f"{q:g}": quantile(sketch, q) for q in quantiles},
    }
