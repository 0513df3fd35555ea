"""What was received, as a person wants to read it: ``--local`` prints this at the end.

Tags that everything has stand once at the top, tags that all contexts of a metric have stand beside
its name, so that each line shows what tells it from its neighbours. The order is that of names: two
runs of one program compare line by line. What is left out is counted.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from typing import TypeVar

from serverless_init.intake.layout import (
    Paint,
    Row,
    Style,
    Table,
    counted,
    number,
    size,
    time_of_day,
)
from serverless_init.intake.plot import sparkline
from serverless_init.intake.quantile import quantile
from serverless_init.intake.received import (
    ReceivedAgent,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedLog,
)
from serverless_init.intake.views import DistributionView, SeriesView, Snapshot, Totals
from serverless_init.intake.waterfall import statistics, traces

METRICS_MAX = 50
CONTEXTS_MAX = 10
LINES_MAX = 20

_PLOT_COLUMNS = 16
_SERVICE_COLUMNS = 20
# Narrower terminals get fewer columns instead of cut names.
_WIDE = 90
_STATUSES = (
    ("OK", Paint.GOOD),
    ("WARNING", Paint.WARNING),
    ("CRITICAL", Paint.BAD),
    ("UNKNOWN", Paint.WARNING),
)
_SEVERITY_PAINTS = {
    **dict.fromkeys(("emergency", "alert", "critical", "error"), Paint.BAD),
    "warn": Paint.WARNING,
}
_ALERT_PAINTS = {"error": Paint.BAD, "warning": Paint.WARNING, "success": Paint.GOOD}

V = TypeVar("V", SeriesView, DistributionView)


def render(snapshot: Snapshot, style: Style | None = None) -> list[str]:
    """The report's lines, none longer than the style's width (a client's own text may be cut)."""
    style = style or Style()
    shared = _shared_tags(snapshot)
    tables = [
        _series(snapshot.series, shared, style),
        _distributions(snapshot.distributions, shared, style),
        _events(snapshot.events, style),
        _checks(snapshot.checks, style),
        _logs(snapshot.logs, style),
        traces(snapshot.spans, style),
        statistics(snapshot.stats, style),
        _inventory(snapshot.agents, style),
        _requests(snapshot.totals),
        _notes(snapshot, style),
    ]
    lines = [style.paint("What Datadog would have received", Paint.TITLE)]
    if shared:
        lead = "tags on everything: "
        lines.append(
            style.paint(lead + style.tags(sorted(shared), style.columns - len(lead)), Paint.FAINT)
        )
    if not any(table.rows for table in tables):
        return [*lines, "", "Nothing."]
    return [*lines, *chain.from_iterable(table.render(style) for table in tables if table.rows)]


def _series(views: Sequence[SeriesView], shared: frozenset[str], style: Style) -> Table:
    plotted = style.columns >= _WIDE

    def row(view: SeriesView, label: str, remark: tuple[str, ...], kind: str) -> Row:
        rate, gauge = view.kind == "rate", view.kind == "gauge"
        last = number(view.last) + ("/s" if rate else "")
        cells = (kind, str(len(view.points)), last, "" if gauge else number(view.count))
        return Row(label, remark, cells, _plot(view, style) if plotted else "")

    return Table(
        "METRICS",
        ("type", "points", "last", "total"),
        (9, 8, 12, 12),
        tuple(_by_metric(views, shared, style, row)),
        tail=_PLOT_COLUMNS if plotted else 0,
    )


def _distributions(
    views: Sequence[DistributionView], shared: frozenset[str], style: Style
) -> Table:
    columns = [("min", 0.0), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)]
    if style.columns < _WIDE:
        columns = [("p50", 0.5), ("p95", 0.95), ("max", 1.0)]

    def row(view: DistributionView, label: str, remark: tuple[str, ...], _kind: str) -> Row:
        whole = view.whole
        values = (number(quantile(whole, share)) for _, share in columns)
        return Row(label, remark, (number(whole.count), *values))

    return Table(
        "DISTRIBUTIONS",
        ("count", *(name for name, _ in columns)),
        (10,) * (len(columns) + 1),
        tuple(_by_metric(views, shared, style, row)),
    )


def _by_metric(
    views: Sequence[V],
    shared: frozenset[str],
    style: Style,
    row: Callable[[V, str, tuple[str, ...], str], Row],
) -> Iterator[Row]:
    """A row per context below a row per metric; a metric of one context is one row."""
    groups = [(_title(found[0]), found) for found in _groups(views)]
    for title, found in groups[:METRICS_MAX]:
        kind = _kind(found[0])
        if len(found) == 1:
            yield row(found[0], title, _without(_tags(found[0]), shared), kind)
            continue
        common = _common(found)
        beside = tuple(tag for tag in _tags(found[0]) if tag in common - shared)
        yield Row(title, beside, (kind,) if kind else ())
        for view in found[:CONTEXTS_MAX]:
            yield row(view, "  ", _without(_tags(view), common | shared) or ("(no tags)",), "")
        if len(found) > CONTEXTS_MAX:
            yield Row(f"  {style.ellipsis} and {len(found) - CONTEXTS_MAX} more")
    if len(groups) > METRICS_MAX:
        yield Row(f"{style.ellipsis} and {len(groups) - METRICS_MAX} more metrics")


def _events(events: Sequence[ReceivedEvent], style: Style) -> Table:
    rows = [
        Row(
            f"{time_of_day(event.timestamp)}  {event.alert_type:<8} "
            + style.cut(": ".join(filter(None, (event.title, event.text))), style.columns * 2 // 3),
            event.tags,
            paint=_ALERT_PAINTS.get(event.alert_type, Paint.NORMAL),
        )
        for event in events
    ]
    return Table("EVENTS", (), (), _first(rows, style))


def _checks(checks: Sequence[ReceivedCheck], style: Style) -> Table:
    """The latest result of each check, and how often it reported."""
    by_context: dict[tuple[str, str, tuple[str, ...]], list[ReceivedCheck]] = {}
    for check in checks:
        key = (check.name, check.host, tuple(sorted(set(check.tags))))
        by_context.setdefault(key, []).append(check)
    tail = style.columns // 3
    rows = []
    for (name, host, tags), found in sorted(by_context.items()):
        status, paint = _STATUSES[found[-1].status]
        remark = ((f"host:{host}",) if host else ()) + tags
        cells = (status, f"{style.times}{len(found)}")
        rows.append(Row(name, remark, cells, style.cut(found[-1].message, tail), paint))
    return Table("SERVICE CHECKS", ("", ""), (10, 6), _first(rows, style), tail=tail)


def _logs(logs: Sequence[ReceivedLog], style: Style) -> Table:
    """A line per message in order of time: its severity, its service, and what fits of its text."""
    services = max((len(log.service) for log in logs), default=0)
    rows = [
        Row(
            f"{time_of_day(log.timestamp_ms // 1000)}.{log.timestamp_ms % 1000:03}  "
            f"{log.status:<8}  {log.service:<{min(services, _SERVICE_COLUMNS)}}  {log.message}",
            paint=_SEVERITY_PAINTS.get(log.status, Paint.NORMAL),
        )
        for log in sorted(logs, key=lambda log: log.timestamp_ms)[:LINES_MAX]
    ]
    if len(logs) > LINES_MAX:
        rows.append(Row(f"{style.ellipsis} and {len(logs) - LINES_MAX} more"))
    return Table("LOGS", (), (), tuple(rows))


def _inventory(agents: Sequence[ReceivedAgent], style: Style) -> Table:
    """The latest description of each Agent, and how often it was sent."""
    by_identity: dict[str, list[ReceivedAgent]] = {}
    for agent in agents:
        by_identity.setdefault(agent.identity, []).append(agent)
    rows = []
    for identity, found in by_identity.items():
        told = {name: json.loads(value) for name, value in found[-1].metadata}
        names = (str(told.pop(key, "")) for key in ("workload_type", "resource_name"))
        label = " ".join(filter(None, names)) or identity
        reason = style.plain(str(told.pop("report_reason", "")))
        remark = tuple(f"{key}:{value}" for key, value in told.items())
        rows.append(Row(label, remark, (reason, f"{style.times}{len(found)}")))
    return Table("INVENTORY", ("", ""), (10, 6), _first(rows, style))


def _requests(totals: Totals) -> Table:
    routes = totals.routes
    rows = [
        Row(
            path,
            cells=(
                str(route.requests),
                str(route.items),
                size(route.bytes),
                size(route.plain_bytes) if route.plain_bytes else "-",
            ),
        )
        for path, route in routes.items()
    ]
    return Table("REQUESTS", ("number", "items", "bytes", "inflated"), (8, 9, 11, 11), tuple(rows))


def _notes(snapshot: Snapshot, style: Style) -> Table:
    """What a reader should not take for the usual: refusals, faults, overwritten, forgotten."""
    totals = snapshot.totals
    rows = []
    for path, route in totals.routes.items():
        for reason, times in route.refused.items():
            rows.append(Row(f"{times} {style.times} {path} refused: {reason}", paint=Paint.BAD))
        if route.faulted:
            said = "treated as the fault script says"
            rows.append(Row(f"{route.faulted} {style.times} {path} {said}", paint=Paint.WARNING))
    repeated = [view for view in snapshot.series if view.duplicates]
    if repeated:
        points = sum(view.duplicates for view in repeated)
        said = f"of {len(repeated)} series overwritten: same time, later arrival"
        rows.append(Row(f"{counted(points, 'point')} {said}", paint=Paint.WARNING))
    if totals.forgotten_payloads:
        items = counted(totals.forgotten_items, "item")
        payloads = counted(totals.forgotten_payloads, "payload")
        said = f"{items} of {payloads} forgotten: the store is full"
        rows.append(Row(said, paint=Paint.WARNING))
    return Table("NOTES", (), (), _first(rows, style))


def _first(rows: Sequence[Row], style: Style) -> tuple[Row, ...]:
    if len(rows) <= LINES_MAX:
        return tuple(rows)
    return (*rows[:LINES_MAX], Row(f"{style.ellipsis} and {len(rows) - LINES_MAX} more"))


def _shared_tags(snapshot: Snapshot) -> frozenset[str]:
    """The tags that every context has; none when there is but one, whose tags are its own."""
    views: list[SeriesView | DistributionView] = [*snapshot.series, *snapshot.distributions]
    return _common(views) if len(views) > 1 else frozenset()


def _common(views: Sequence[SeriesView | DistributionView]) -> frozenset[str]:
    return frozenset.intersection(*[frozenset(_tags(view)) for view in views])


def _groups(views: Sequence[V]) -> Iterator[list[V]]:
    for _, found in groupby(views, lambda view: (view.metric, _kind(view))):
        yield list(found)


def _tags(view: SeriesView | DistributionView) -> tuple[str, ...]:
    """The tags, with host and resources as tags in front."""
    resources = view.resources if isinstance(view, SeriesView) else ()
    named = [f"{type_}:{name}" for type_, name in (("host", view.host), *resources) if name]
    return (*named, *view.tags)


def _without(tags: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(tag for tag in tags if tag not in known)


def _kind(view: SeriesView | DistributionView) -> str:
    return view.kind if isinstance(view, SeriesView) else ""


def _title(view: SeriesView | DistributionView) -> str:
    unit = view.unit if isinstance(view, SeriesView) else ""
    return f"{view.metric} ({unit})" if unit else view.metric


def _plot(view: SeriesView, style: Style) -> str:
    return sparkline(
        view.points,
        columns_max=_PLOT_COLUMNS,
        from_zero=view.kind != "gauge",
        unicode=style.unicode,
    )
