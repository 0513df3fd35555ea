"""The span of a job's task: the parent of what the app traces, and a record of how it ended.

Pure: ids and times come from outside, spans are changed where they stand. The task's span begins
with an id of its own, and takes the trace id of the first span that the app sends, be it a root or
not. Roots of that trace become its children; whatever belongs to another trace stays as it is. When
everything the app sends has a parent elsewhere, the span of the task stands beside it in its trace.

Trace ids are compared by their lower halves. The upper half of a 128-bit id is in the tag
``_dd.p.tid``, which tracers put on one span of a chunk only: it is taken over whenever it comes.
Source: spec section 3.6.
"""

from collections.abc import Iterable, Mapping

from serverless_init.model import ExitReport, Span, TraceChunk

NAME = "gcp.run.job.task"
_UNKNOWN = "gcp.run.job"
_ORIGIN = "cloudrunjobs"
_KEPT = 1
_UPPER_HALF = "_dd.p.tid"
_UPPER_HALF_DIGITS = 16
_DIGITS = frozenset("0123456789abcdef")


class JobSpan:
    """One task. `adopt` is for every chunk of spans on its way, `finish` for the end of the app.

    `ids` are the trace's and the span's, 64 bits, not 0. `tags` are those of all traces.
    """

    def __init__(
        self, job: str, *, ids: tuple[int, int], tags: Mapping[str, str], start_ns: int
    ) -> None:
        trace_id, span_id = ids
        self._span = Span(
            service=tags.get("service") or job or _UNKNOWN,
            name=NAME,
            resource=job or _UNKNOWN,
            trace_id=trace_id,
            span_id=span_id,
            start_ns=start_ns,
            meta=dict(tags),
        )
        self._has_adopted = False
        self._is_finished = False

    def adopt(self, spans: Iterable[Span]) -> None:
        """Take the trace id of the first span of all; make roots of that trace our children."""
        if self._is_finished:
            return
        own = self._span
        for span in spans:
            if span.name == NAME:
                continue
            if not self._has_adopted:
                self._has_adopted = True
                own.trace_id = span.trace_id
            if span.trace_id != own.trace_id:
                continue
            upper_half = span.meta.get(_UPPER_HALF, "")
            if _UPPER_HALF not in own.meta and _is_upper_half(upper_half):
                own.meta[_UPPER_HALF] = upper_half
            if not span.parent_id:
                span.parent_id = own.span_id

    def finish(self, end: ExitReport | None, now_ns: int) -> TraceChunk:
        """The span, complete; nothing is adopted any more. Without an app there is no `end`."""
        self._is_finished = True
        own = self._span
        own.duration_ns = max(0, now_ns - own.start_ns)
        if end is not None and not end.succeeded:
            own.error = 1
            own.meta["error.msg"] = end.error
            own.meta["exit_code"] = str(end.code)
            own.meta["error.type"] = end.kind
            if end.last_lines:
                own.meta["error.stack"] = "\n".join(end.last_lines)
        if end is not None and end.oom_kills:
            own.metrics["oom_kills"] = float(end.oom_kills)
        return TraceChunk(spans=[own], priority=_KEPT, origin=_ORIGIN)


def _is_upper_half(text: str) -> bool:
    """Whether `text` is the upper half of an id that needs one."""
    return len(text) == _UPPER_HALF_DIGITS and _DIGITS.issuperset(text) and bool(text.strip("0"))
