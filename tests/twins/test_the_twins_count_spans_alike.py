"""The compiled concentrator counts spans as the Python one does, to the last bit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import TraceStatsSettings
from serverless_init.model import Span
from serverless_init.traces._fast import Concentrator as CompiledConcentrator
from serverless_init.traces.concentrate import Concentrator as PythonConcentrator
from serverless_init.traces.concentrate import StatsOf

S = 10**9
NOW = 1_700_000_000 * S
KINDS = ["server", "Client", "producer", "internal", "INTERNAL", "", "other"]
KEYS = [
    "span.kind", "_dd.base_service", "db.name", "out.host", "peer.service", "_dd.svc_src", "mine",
    "http.status_code", "http.response.status_code", "rpc.grpc.status_code", "grpc.code", "other",
]  # fmt: skip
VALUES = [*KINDS, "a", "b", "10.0.0.1", "200", "404", "x1", "OK", "NOT_FOUND", "4"]
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 0.5, 2.0, 200.0, 404.5, -1.0, 3e9])
NUMBER_KEYS = [
    "_top_level", "_dd.measured", "_dd.partial_version", "_sample_rate", "http.status_code",
    "grpc.code", "other",
]  # fmt: skip
DURATIONS = st.integers(0, 2**62) | st.integers(0, 2000) | st.sampled_from([10**6, 1023, 1024])
NAMES = st.sampled_from(["a", "b"])
SPANS = st.builds(
    Span,
    service=NAMES,
    name=NAMES,
    resource=NAMES,
    type=st.sampled_from(["web", "sql"]),
    span_id=st.just(1),
    parent_id=st.integers(0, 1),
    start_ns=st.integers(NOW - 60 * S, NOW + 20 * S),
    duration_ns=DURATIONS,
    error=st.integers(0, 1),
    meta=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=6),
    metrics=st.dictionaries(st.sampled_from(NUMBER_KEYS), NUMBERS, max_size=4),
)
CHUNKS = st.tuples(
    st.lists(SPANS, min_size=1, max_size=6),
    st.sampled_from([StatsOf("prod"), StatsOf("test", service="s")]),
    st.sampled_from(["", "lambda", "synthetics-browser"]),
)
# How many seconds later; a chunk to add, or whether a flush is forced.
STEPS = st.lists(st.tuples(st.integers(0, 12), CHUNKS | st.booleans()), max_size=12)
OPTIONS = [
    TraceStatsSettings(),
    TraceStatsSettings(by_span_kind=False, peer_tags_enabled=False, span_tags=("mine", "other")),
]


def outcomes(concentrator, steps):
    """What is flushed, and every counter after each step, written out."""
    now_ns = NOW
    for seconds, what in [*steps, (0, True)]:
        now_ns += seconds * S
        flushed = []
        if isinstance(what, bool):
            flushed = concentrator.flush(now_ns, force=what)
        else:
            spans, sender, origin = what
            concentrator.add(spans, spans[0], sender, origin, now_ns)
        yield repr((flushed, concentrator.stats, concentrator.groups_open))


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from(OPTIONS), st.sampled_from([0.0, 0.5, 0.99]))
def test_spans_and_flushes_have_equal_outcomes(steps, options, chance):
    """For all chunks and flushes, every group and every counter of the twins are equal."""
    twins = [
        kind(options, NOW, chance=lambda: chance)
        for kind in (CompiledConcentrator, PythonConcentrator)
    ]
    compiled, python = (list(outcomes(twin, steps)) for twin in twins)
    assert compiled == python


@settings(max_examples=200, deadline=None)
@given(st.lists(DURATIONS, min_size=1, max_size=50))
def test_durations_have_equal_bins(durations):
    """For all durations both twins fill the same bins."""
    spans = [
        Span("s", "n", "r", 1, 1, 0, NOW - duration, duration, metrics={"_top_level": 1.0})
        for duration in durations
    ]
    steps = [(0, (spans, StatsOf("prod"), ""))]
    compiled = CompiledConcentrator(OPTIONS[0], NOW, chance=lambda: 0.5)
    python = PythonConcentrator(OPTIONS[0], NOW, chance=lambda: 0.5)
    assert list(outcomes(compiled, steps)) == list(outcomes(python, steps))
