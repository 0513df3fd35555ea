"""The span of a job's task: what it says, and what becomes its child."""

import copy

from serverless_init.enhanced import JobSpan
from serverless_init.model import ExitReport, Span, TraceChunk

TRACE, TASK, START_NS = 11, 22, 1_764_120_000_000_000_000
TAGS = {"origin": "cloudrunjobs", "job_name": "nightly"}
UPPER, ZERO = "640cfd8d00000000", "0" * 16


def job(**tags: str) -> JobSpan:
    return JobSpan("nightly", ids=(TRACE, TASK), tags={**TAGS, **tags}, start_ns=START_NS)


def finished(span: JobSpan, end: ExitReport | None = None) -> Span:
    (own,) = span.finish(end, START_NS + 5).spans
    return own


def app_span(span_id: int, parent_id: int, trace_id: int = 99, **meta: str) -> Span:
    return Span("web", "op", "r", trace_id, span_id, parent_id, meta=meta)


def test_a_task_that_succeeded_is_one_kept_span() -> None:
    chunk = job().finish(ExitReport(0), START_NS + 1_500_000_000)
    span = Span(
        service="nightly",
        name="gcp.run.job.task",
        resource="nightly",
        trace_id=TRACE,
        span_id=TASK,
        start_ns=START_NS,
        duration_ns=1_500_000_000,
        meta=TAGS,
    )
    assert chunk == TraceChunk(spans=[span], priority=1, origin="cloudrunjobs")


def test_the_service_is_the_tag_else_the_job_else_a_constant() -> None:
    assert finished(job(service="billing")).service == "billing"
    nameless = finished(JobSpan("", ids=(1, 2), tags={}, start_ns=START_NS))
    assert (nameless.service, nameless.resource) == ("gcp.run.job", "gcp.run.job")


def test_a_task_that_failed_says_how() -> None:
    end = ExitReport(3, last_lines=("Traceback", "KeyError: 'x'"), oom_kills=0)
    span = finished(job(), end)
    assert span.error == 1
    assert span.meta == {
        **TAGS,
        "error.msg": "exit status 3",
        "exit_code": "3",
        "error.type": "ExitCode",
        "error.stack": "Traceback\nKeyError: 'x'",
    }
    assert span.metrics == {}


def test_a_task_that_was_killed_for_want_of_memory_says_so() -> None:
    span = finished(job(), ExitReport(137, "SIGKILL", oom_kills=1))
    assert span.meta == {
        **TAGS,
        "error.msg": "signal: SIGKILL",
        "exit_code": "137",
        "error.type": "OutOfMemory",
    }
    assert span.metrics == {"oom_kills": 1.0}


def test_the_tags_of_other_spans_do_not_change_with_the_failure() -> None:
    """The original's span shares the tag map with everything else and writes into it."""
    tags = dict(TAGS)
    span = JobSpan("nightly", ids=(TRACE, TASK), tags=tags, start_ns=START_NS)
    span.finish(ExitReport(1), START_NS)
    assert tags == TAGS


def test_a_clock_set_back_gives_no_negative_duration() -> None:
    (own,) = job().finish(None, START_NS - 1).spans
    assert own.duration_ns == 0
    assert own.error == 0


def test_roots_become_children_and_their_children_stay() -> None:
    task, spans = job(), [app_span(1, 0), app_span(2, 1), app_span(3, 2)]
    task.adopt(spans)
    assert [span.parent_id for span in spans] == [TASK, 1, 2]
    assert finished(task).trace_id == 99


def test_spans_of_other_traces_stay_as_they_are() -> None:
    task, other = job(), app_span(5, 0, trace_id=100)
    task.adopt([app_span(1, 0), other])
    assert other == app_span(5, 0, trace_id=100)
    later = app_span(7, 0, trace_id=99)
    task.adopt([later])
    assert later.parent_id == TASK


def test_the_first_span_gives_the_trace_id_though_it_is_no_root() -> None:
    task, first, root = job(), app_span(2, 1), app_span(9, 0)
    task.adopt([first])
    task.adopt([root])
    assert (first.parent_id, root.parent_id) == (1, TASK)
    assert finished(task).trace_id == 99


def test_the_span_of_a_task_is_nobodys_child() -> None:
    task = job()
    own = finished(job())
    before = copy.deepcopy(own)
    task.adopt([own])
    assert own == before
    assert finished(task).trace_id == TRACE


def test_the_upper_half_of_the_trace_id_is_taken_over_when_it_comes() -> None:
    task = job()
    task.adopt([app_span(1, 0), app_span(2, 0, **{"_dd.p.tid": UPPER})])
    task.adopt([app_span(3, 0, **{"_dd.p.tid": "1111111111111111"})])
    assert finished(task).meta["_dd.p.tid"] == UPPER


def test_an_upper_half_of_another_trace_or_of_odd_length_is_not_taken_over() -> None:
    task = job()
    task.adopt([app_span(1, 0, **{"_dd.p.tid": ZERO}), app_span(2, 0, **{"_dd.p.tid": "640c"})])
    task.adopt([app_span(3, 0, trace_id=100, **{"_dd.p.tid": UPPER})])
    assert "_dd.p.tid" not in finished(task).meta


def test_nothing_is_adopted_after_the_end() -> None:
    task = job()
    own = finished(task)
    late = app_span(1, 0)
    task.adopt([late])
    assert late.parent_id == 0
    assert own.trace_id == TRACE
