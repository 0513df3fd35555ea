"""Each sampler by itself: what it keeps, what it writes on the root, what it forgets."""

import pytest

from serverless_init.config import SamplingSettings
from serverless_init.model import Span, SpanEvent, TraceChunk
from serverless_init.traces.sample import Sampling
from serverless_init.traces.samplers import PrioritySampler, RareSampler, ScoreSampler
from serverless_init.traces.samplers.priority import SERVICES_MAX
from serverless_init.traces.samplers.rates import RateEngine, share_of


def root(**fields):
    return Span(**{"service": "svc", "name": "op", "trace_id": 7, "span_id": 1, **fields})


@pytest.mark.parametrize(
    ("traffic", "share"),
    [([], 10), ([4.0], 10), ([100.0], 10), ([1.0, 100.0], 9), ([1.0, 2.0, 100.0], 7), ([9, 9], 5)],
)
def test_what_small_signatures_leave_goes_to_the_others(traffic, share):
    assert share_of(10, traffic) == share


def test_rates_are_computed_when_traffic_crosses_into_a_new_bucket():
    engine = RateEngine(10.0)
    for _ in range(500):
        assert not engine.count("a", 1000.0)
    assert engine.rates == {}
    assert engine.count("b", 1005.0)
    assert engine.rates == {"a": 0.1}
    assert engine.rate("b") == 0.1


def test_a_rate_rises_by_a_fifth_at_most_and_is_forgotten_when_whole_and_idle():
    engine = RateEngine(10.0)
    for _ in range(500):
        engine.count("a", 1000.0)
    seen = []
    for bucket in range(1, 40):
        engine.count("b", 1000.0 + 5 * bucket)
        seen.append(engine.rates.get("a"))
    assert seen[:7] == pytest.approx([0.1, *[0.098] * 5, 0.1176])
    assert max(rate for rate in seen if rate) > 0.8
    assert seen[-1] is None


def test_a_target_of_zero_has_a_default_rate_of_zero():
    assert RateEngine(0.0).rate("a") == 0.0


def test_the_priority_sampler_keeps_what_the_tracer_kept_and_tells_it_rates():
    sampler = PrioritySampler(10.0, "prod")
    assert sampler.rates.by_service == {}
    kept = root()
    assert sampler.keeps(kept, "prod", 1, 1000.0)
    assert kept.metrics == {"_sampling_priority_rate_v1": 1.0}
    for _ in range(499):
        assert not sampler.keeps(root(), "", 0, 1000.0)
    assert sampler.keeps(root(service="b"), "other", 1, 1006.0)
    assert sampler.rates.by_service == {
        "service:svc,env:prod": 0.1,
        "service:svc,env:": 0.1,
        "service:,env:": 0.1,
    }
    assert sampler.rates.version == f"{1006:x}-1"


@pytest.mark.parametrize(("priority", "is_kept"), [(-1, False), (2, True)])
def test_what_a_user_decided_is_not_counted(priority, is_kept):
    sampler = PrioritySampler(10.0, "prod")
    decided = root()
    assert sampler.keeps(decided, "prod", priority, 1000.0) is is_kept
    assert decided.metrics == {}
    sampler.keeps(root(service="b"), "prod", 1, 1000.0)
    sampler.keeps(root(service="b"), "prod", 1, 1005.0)
    assert "service:svc,env:prod" not in sampler.rates.by_service


@pytest.mark.parametrize(
    "fields",
    [{"parent_id": 3}, *({"metrics": {key: 0.5}} for key in ("_dd.agent_psr", "_dd.rule_psr"))],
)
def test_no_rate_is_written_where_the_tracer_wrote_one_or_the_root_has_a_parent(fields):
    sampled = root(**fields)
    before = dict(sampled.metrics)
    assert PrioritySampler(10.0, "prod").keeps(sampled, "prod", 1, 1000.0)
    assert sampled.metrics == before


def test_traces_that_a_tracer_dropped_weigh_in_its_rate():
    sampler = PrioritySampler(10.0, "prod")
    for _ in range(50):
        sampler.keeps(root(metrics={"_sample_rate": 0.5}), "prod", 1, 1000.0, client_dropped=8.0)
    sampler.keeps(root(), "prod", 1, 1005.0)
    assert sampler.rates.by_service["service:svc,env:prod"] == 0.1


def test_the_catalogue_of_services_is_bounded():
    sampler = PrioritySampler(10.0, "prod")
    for number in range(SERVICES_MAX + 5):
        sampler.keeps(root(service=str(number)), "prod", 1, 1000.0)
    sampler.keeps(root(service="last"), "prod", 1, 1005.0)
    assert len(sampler.rates.by_service) == 2 * (SERVICES_MAX - 1) + 1
    assert "service:0,env:prod" not in sampler.rates.by_service


def test_the_score_sampler_keeps_a_rare_error_beside_a_flood():
    sampler = ScoreSampler(10.0, "_dd.errors_sr", "prod")
    for trace_id in range(1, 5001):
        flood = root(trace_id=trace_id, error=1)
        sampler.keeps([flood], flood, "prod", 1000.0)
    kept = 0
    for trace_id in range(1, 1001):
        flood = root(trace_id=trace_id, error=1)
        kept += sampler.keeps([flood], flood, "prod", 1005.0)
    assert kept < 50
    rare = root(name="other", error=1)
    rate = {"_dd.errors_sr": pytest.approx(0.01)}
    assert sampler.keeps([rare], rare, "prod", 1005.0) is (rare.metrics == rate)


def test_the_score_sampler_collapses_too_many_signatures():
    sampler = ScoreSampler(10.0, "_dd.errors_sr", "prod")
    for number in range(10_000):
        span = root(name=f"n{number}")
        sampler.keeps([span], span, "prod", 1000.0)
    span = root()
    sampler.keeps([span], span, "prod", 1005.0)
    assert len(sampler._engine.rates) <= 200


def test_the_rare_sampler_keeps_the_first_of_its_kind_for_five_minutes():
    sampler = RareSampler()

    def keeps(now, priority=0, **fields):
        span = root(metrics={"_top_level": 1.0}, **fields)
        return sampler.keeps([span], "prod", priority, now), span.metrics.get("_dd.rare")

    assert keeps(1000.0) == (True, 1.0)
    assert keeps(1001.0) == (False, None)
    assert keeps(1001.0, resource="other") == (True, 1.0)
    assert keeps(1200.0, priority=1) == (False, None)
    assert keeps(1400.0) == (False, None)
    assert keeps(1501.0) == (True, 1.0)
    assert sampler.keeps([root(name="not top")], "prod", 0, 1000.0) is False


def test_the_rare_sampler_stops_at_its_burst():
    sampler = RareSampler()
    spans = [root(name=f"n{n}", metrics={"_top_level": 1.0}) for n in range(80)]
    assert sum(sampler.keeps([span], "prod", 0, 1000.0) for span in spans) == 50


def test_the_rare_sampler_does_not_grow_with_kinds():
    sampler = RareSampler()
    for number in range(5000):
        sampler.keeps([root(name=f"n{number}", metrics={"_top_level": 1})], "prod", 1, 1000.0)
    ((_, shard),) = sampler._shards.items()
    assert len(shard) <= 400


def decide(settings, chunk, *, now=1000.0):
    """Whether the chunk is kept, and the chunk as it is then."""
    sampling = Sampling(settings, "prod")
    return sampling.keeps(chunk, chunk.spans[0], "prod", now), chunk


@pytest.mark.parametrize(
    ("priority", "error", "is_kept", "key"),
    [
        (2, 0, True, None),
        (1, 0, True, "_sampling_priority_rate_v1"),
        (0, 0, False, None),
        (0, 1, True, "_dd.errors_sr"),
        (-1, 1, False, None),
        (-128, 0, True, "_dd.no_p_sr"),
    ],
)
def test_the_priority_decides_and_errors_are_kept_besides(priority, error, is_kept, key):
    kept, chunk = decide(SamplingSettings(), TraceChunk([root(error=error)], priority))
    assert kept is is_kept
    assert chunk.spans[0].metrics == ({key: 1.0} if key else {})


def test_errors_are_not_kept_when_their_target_is_zero():
    settings = SamplingSettings(errors_tps=0.0)
    assert decide(settings, TraceChunk([root(error=1)], 0))[0] is False


def test_a_rare_chunk_is_kept_whatever_the_rates():
    span = root(metrics={"_top_level": 1.0})
    kept, _ = decide(SamplingSettings(rare_enabled=True), TraceChunk([span], 0))
    assert kept
    assert span.metrics["_dd.rare"] == 1.0


@pytest.mark.parametrize(
    ("trace_id", "error", "priority", "tags"),
    [(7, 0, 1, {"_dd.p.dm": "-9"}), (1, 0, 0, {}), (1, 1, 1, {})],
)
def test_the_probabilistic_sampler_overrules_priorities(trace_id, error, priority, tags):
    settings = SamplingSettings(probabilistic_enabled=True, probabilistic_percentage=50.0)
    chunk = TraceChunk([root(trace_id=trace_id, error=error)], 2)
    kept, chunk = decide(settings, chunk)
    assert (kept, chunk.priority, chunk.tags) == (bool(priority), priority, tags)


def test_spans_sampled_one_by_one_are_kept_alone():
    marked = root(span_id=2, metrics={"_dd.span_sampling.mechanism": 8.0})
    kept, chunk = decide(SamplingSettings(), TraceChunk([root(), marked], -1))
    assert kept
    assert chunk == TraceChunk([marked], 2, is_dropped=False)


def test_events_of_a_dropped_trace_are_kept_as_such():
    settings = SamplingSettings(event_rates=(("svc|op", 1.0),), events_per_second_max=1.0)
    kept, chunk = decide(settings, TraceChunk([root(), root(span_id=2), root(name="x")], 0))
    assert kept
    assert chunk.is_dropped
    assert [(span.span_id, span.metrics) for span in chunk.spans] == [
        (1, {"_dd1.sr.eausr": 1.0, "_dd.analyzed": 1.0})
    ]


@pytest.mark.parametrize(
    "settings",
    [SamplingSettings(), SamplingSettings(event_rates_by_service=(("svc", 1.0),))],
)
def test_events_are_asked_for_by_the_span_or_by_its_service(settings):
    rate = {"_dd1.sr.eausr": 1.0} if not settings.event_rates_by_service else {"_top_level": 1.0}
    kept, _ = decide(settings, TraceChunk([root(metrics=rate)], 0))
    assert kept


def test_a_rejected_trace_has_no_events():
    assert not decide(SamplingSettings(), TraceChunk([root(metrics={"_dd1.sr.eausr": 1.0})], -1))[0]


def test_only_errors_are_kept_for_error_tracking():
    settings = SamplingSettings(errors_only=True)
    assert not decide(settings, TraceChunk([root()], 2))[0]
    kept, chunk = decide(settings, TraceChunk([root(events=[SpanEvent(1, "exception")])], -1))
    assert kept
    assert chunk.tags == {"_dd.error_tracking_standalone.error": "true"}
