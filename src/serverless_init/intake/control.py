"""The intake's own routes, under ``/local/``: questions to the store, and the fault script.

===========================  =====================================================================
``GET  /local/metrics``      every metric's name, type, unit, number of contexts and of points
``GET  /local/points``       series by ``metric``, ``tags``, ``host``, ``since``, ``until``
``GET  /local/sketches``     distributions, selected alike; ``q`` names the quantiles
``GET  /local/events``       events, in order of arrival
``GET  /local/checks``       service checks, in order of arrival
``GET  /local/logs``         log messages, in order of arrival
``GET  /local/agents``       what the inventory was told, in order of arrival
``GET  /local/totals``       counters by route
``GET  /local/report``       all of it as text for a person; ``width``
``GET  /local/faults``       the steps not yet used up
``POST /local/faults``       ``{"route", "steps"}``: sets a route's steps, see `FaultStep`
``DELETE /local/faults``     clears them
``POST /local/flush``        forgets everything received
===========================  =====================================================================

``tags`` and ``q`` are lists with commas.
"""

import json
from collections.abc import Callable, Mapping
from math import isfinite
from urllib.parse import parse_qs

from serverless_init.errors import RequestRefused
from serverless_init.intake import as_json
from serverless_init.intake.faults import FaultScript, parse_steps
from serverless_init.intake.layout import Style
from serverless_init.intake.report import render
from serverless_init.intake.routes import json_response
from serverless_init.intake.store import Store
from serverless_init.intake.views import Selection
from serverless_init.wire import Request, Response

Query = Mapping[str, str]
ControlRoutes = Mapping[tuple[str, str], Callable[[Request, Query], Response]]

_QUANTILES = "0.5,0.95,0.99"


def dispatch(routes: ControlRoutes, request: Request) -> Response:
    """The answer of the route that `request` names. Raises `RequestRefused` (404, 405)."""
    chosen = routes.get((request.method, request.path))
    if chosen is None:
        allowed = [method for method, path in routes if path == request.path]
        if allowed:
            raise RequestRefused(405, f"{request.path} takes {', '.join(allowed)}")
        raise RequestRefused(404, f"no such route: {request.path}")
    values = parse_qs(request.query, keep_blank_values=True)
    return chosen(request, {name: ",".join(given) for name, given in values.items()})


def object_of(request: Request) -> dict[str, object]:
    """The JSON object in the request's body. Raises `RequestRefused` (400)."""
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestRefused(400, "the body is not an object")
    return value


class Control:
    """Answers questions from `store` and sets `script`. `routes` are by method and path."""

    def __init__(self, store: Store, *, script: FaultScript) -> None:
        self._store = store
        self._script = script
        self.routes: ControlRoutes = {
            ("GET", "/local/metrics"): self._metrics,
            ("GET", "/local/points"): self._points,
            ("GET", "/local/sketches"): self._sketches,
            ("GET", "/local/events"): self._events,
            ("GET", "/local/checks"): self._checks,
            ("GET", "/local/logs"): self._logs,
            ("GET", "/local/spans"): self._spans,
            ("GET", "/local/stats"): self._stats,
            ("GET", "/local/agents"): self._agents,
            ("GET", "/local/totals"): self._totals,
            ("GET", "/local/report"): self._report,
            ("GET", "/local/faults"): self._faults,
            ("POST", "/local/faults"): self._set_faults,
            ("DELETE", "/local/faults"): self._clear_faults,
            ("POST", "/local/flush"): self._flush,
        }

    def _metrics(self, _request: Request, _query: Query) -> Response:
        found: dict[tuple[str, str], as_json.Json] = {}
        contexts: dict[tuple[str, str], list[int]] = {}
        for series in self._store.series():
            key = (series.metric, series.kind)
            found[key] = {"name": series.metric, "type": series.kind, "unit": series.unit}
            contexts.setdefault(key, []).append(len(series.points))
        for sketches in self._store.distributions():
            key = (sketches.metric, "distribution")
            found[key] = {"name": sketches.metric, "type": "distribution", "unit": ""}
            contexts.setdefault(key, []).append(len(sketches.points))
        return json_response(
            200,
            {
                "metrics": [
                    {**found[key], "contexts": len(contexts[key]), "points": sum(contexts[key])}
                    for key in sorted(found)
                ]
            },
        )

    def _points(self, _request: Request, query: Query) -> Response:
        chosen = self._store.series(_selection(query))
        return json_response(200, {"series": [as_json.series_view(view) for view in chosen]})

    def _sketches(self, _request: Request, query: Query) -> Response:
        quantiles = tuple(_finite(q, "q") for q in query.get("q", _QUANTILES).split(","))
        chosen = self._store.distributions(_selection(query))
        shown = [as_json.distribution_view(view, quantiles) for view in chosen]
        return json_response(200, {"sketches": shown})

    def _events(self, _request: Request, _query: Query) -> Response:
        shown = [as_json.event(received) for received in self._store.events()]
        return json_response(200, {"events": shown})

    def _checks(self, _request: Request, _query: Query) -> Response:
        shown = [as_json.check(received) for received in self._store.checks()]
        return json_response(200, {"checks": shown})

    def _logs(self, _request: Request, _query: Query) -> Response:
        shown = [as_json.log(received) for received in self._store.logs]
        return json_response(200, {"logs": shown})

    def _spans(self, _request: Request, _query: Query) -> Response:
        return json_response(200, {"spans": [as_json.span(span) for span in self._store.spans]})

    def _stats(self, _request: Request, _query: Query) -> Response:
        return json_response(200, {"stats": [as_json.stats(one) for one in self._store.stats]})

    def _agents(self, _request: Request, _query: Query) -> Response:
        shown = [as_json.agent(received) for received in self._store.agents]
        return json_response(200, {"agents": shown})

    def _totals(self, _request: Request, _query: Query) -> Response:
        return json_response(200, as_json.totals(self._store.totals()))

    def _report(self, _request: Request, query: Query) -> Response:
        style = Style(width=int(_number(query, "width", 100)))
        text = "\n".join([*render(self._store.snapshot(), style), ""])
        return Response(200, text.encode(), content_type="text/plain; charset=utf-8")

    def _faults(self, _request: Request, _query: Query) -> Response:
        steps = self._script.remaining()
        shown = {route: [as_json.fault_step(s) for s in steps[route]] for route in sorted(steps)}
        return json_response(200, {"faults": shown})

    def _set_faults(self, request: Request, _query: Query) -> Response:
        body = object_of(request)
        route = body.get("route")
        if not isinstance(route, str) or not route:
            raise RequestRefused(400, "route is a path, or * for every path")
        self._script.set(route, parse_steps(body.get("steps")))
        return json_response(200, {})

    def _clear_faults(self, _request: Request, _query: Query) -> Response:
        self._script.clear()
        return json_response(200, {})

    def _flush(self, _request: Request, _query: Query) -> Response:
        self._store.clear()
        return json_response(200, {})


def _selection(query: Query) -> Selection:
    everything = Selection()
    return Selection(
        metric=query.get("metric", ""),
        tags=tuple(tag for tag in query.get("tags", "").split(",") if tag),
        host=query.get("host", ""),
        since=_number(query, "since", everything.since),
        until=_number(query, "until", everything.until),
    )


def _number(query: Query, name: str, default: float) -> float:
    return _finite(query[name], name) if name in query else default


def _finite(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise RequestRefused(400, f"{name} is {text!r}, not a number")
    return number
