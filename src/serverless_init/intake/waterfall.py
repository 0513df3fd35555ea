"""The last traces as waterfalls: who called whom, when, and for how long.

A trace's spans are put together whatever request they came in. A span stands below its parent; one
whose parent did not come here stands at the top. The bar shows when it ran within its trace.
"""

from collections.abc import Iterator, Sequence

from serverless_init.intake.layout import Paint, Row, Style, Table, number
from serverless_init.intake.received_traces import ReceivedGroup, ReceivedSpan

TRACES_MAX = 5
SPANS_MAX = 30
GROUPS_MAX = 20
_BAR_COLUMNS = 24
_DEPTH_MAX = 12
_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"))


def traces(spans: Sequence[ReceivedSpan], style: Style) -> Table:
    """The last traces, the latest at the end, each with its spans as a tree."""
    by_trace: dict[int, list[ReceivedSpan]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    rows = []
    latest = list(by_trace.values())[-TRACES_MAX:]
    left_out = len(by_trace) - len(latest)
    if left_out:
        rows.append(Row(f"{style.ellipsis} {left_out} earlier, {len(spans)} spans in all"))
    for trace in latest:
        rows += _trace(trace, style)
    return Table("TRACES", ("", "duration"), (10, 11), tuple(rows), tail=_BAR_COLUMNS)


def statistics(stats: Sequence[ReceivedGroup], style: Style) -> Table:
    """Hits, errors and mean duration by service, operation and resource, over all buckets."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for group in stats:
        found = sums.setdefault((group.service, group.name, group.resource), [0, 0, 0])
        found[0] += group.hits
        found[1] += group.errors
        found[2] += group.duration_ns
    rows = [
        Row(
            f"{service}  {name}",
            (resource,),
            (str(hits), str(failed), duration(total / hits if hits else 0)),
            paint=Paint.BAD if failed else Paint.NORMAL,
        )
        for (service, name, resource), (hits, failed, total) in sorted(sums.items())
    ]
    if len(rows) > GROUPS_MAX:
        rows = [*rows[:GROUPS_MAX], Row(f"{style.ellipsis} and {len(rows) - GROUPS_MAX} more")]
    return Table("TRACE STATISTICS", ("hits", "errors", "mean"), (9, 9, 11), tuple(rows))


def duration(nanoseconds: float) -> str:
    """A duration in the unit that a person would use."""
    for size, unit in _UNITS:
        if abs(nanoseconds) >= size:
            return f"{nanoseconds / size:.4g} {unit}"
    return f"{number(nanoseconds)} ns"


def _trace(spans: list[ReceivedSpan], style: Style) -> Iterator[Row]:
    begin = min(span.start_ns for span in spans)
    end = max(span.start_ns + span.duration_ns for span in spans)
    root = min(spans, key=lambda span: span.start_ns)
    kept = "" if root.chunk.priority > 0 else f"priority {root.chunk.priority}"
    yield Row(f"trace {root.trace_id:016x}", (), (kept, duration(end - begin)), paint=Paint.TITLE)
    for shown, (depth, span) in enumerate(_tree(spans)):
        if shown == SPANS_MAX:
            yield Row(f"  {style.ellipsis} and {len(spans) - SPANS_MAX} more spans")
            return
        yield Row(
            f"{'  ' * min(depth + 1, _DEPTH_MAX)}{span.service}  {span.name}",
            _remark(span),
            ("error" if span.error else "", duration(span.duration_ns)),
            _bar(span, begin, end, style),
            Paint.BAD if span.error else Paint.NORMAL,
        )


def _remark(span: ReceivedSpan) -> tuple[str, ...]:
    resource = () if span.resource == span.name else (span.resource,)
    message = span.meta.get("error.message") or span.meta.get("error.msg", "")
    return (*resource, message) if span.error and message else resource


def _tree(spans: list[ReceivedSpan]) -> Iterator[tuple[int, ReceivedSpan]]:
    """Every span once, parents before children, siblings by their start, with its depth."""
    known = {span.span_id for span in spans}
    children: dict[int, list[ReceivedSpan]] = {}
    for span in sorted(spans, key=lambda span: span.start_ns, reverse=True):
        is_child = span.parent_id in known and span.parent_id != span.span_id
        children.setdefault(span.parent_id if is_child else 0, []).append(span)
    waiting = [(0, span) for span in children.pop(0, [])]
    while waiting or children:
        if not waiting:  # parents in a circle: begin anywhere
            _, circle = children.popitem()
            waiting = [(0, span) for span in circle]
        depth, span = waiting.pop()
        yield depth, span
        waiting += [(depth + 1, child) for child in children.pop(span.span_id, [])]


def _bar(span: ReceivedSpan, begin: int, end: int, style: Style) -> str:
    whole = max(1, end - begin)
    first = min(_BAR_COLUMNS - 1, (span.start_ns - begin) * _BAR_COLUMNS // whole)
    length = max(1, round(span.duration_ns * _BAR_COLUMNS / whole))
    return " " * first + ("━" if style.unicode else "=") * min(length, _BAR_COLUMNS - first)
