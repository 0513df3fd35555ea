"""The pipeline beyond the vectors: filters, rules, tags of the place, switches, the account."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import (
    ObfuscationSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)
from serverless_init.model import Span, SpanEvent, TraceChunk, TracerPayload
from serverless_init.traces.build import build_processing
from serverless_init.traces.encode import TraceEncoder
from serverless_init.traces.pipeline import Sender, Surroundings
from serverless_init.traces.replace import Replacer
from serverless_init.traces.stats_encode import encode_stats
from serverless_init.traces.stats_payload import StatsGroup

NOW = 1_700_000_000


def processing(
    traces=None, sampling=None, stats=None, obfuscation=None, **surroundings
):  # fmt: skip
    return build_processing(
        traces or TraceSettings(),
        sampling or SamplingSettings(),
        stats or TraceStatsSettings(),
        obfuscation or ObfuscationSettings(),
        Surroundings(**surroundings),
        NOW * 10**9,
    )


def span(**fields):
    base = {"service": "svc", "name": "op", "resource": "GET /", "trace_id": 7, "span_id": 1}
    return Span(**{**base, "start_ns": NOW * 10**9, **fields})


def ingest(built, *spans, sender=None, priority=1, **payload):
    arrived = TracerPayload(chunks=[TraceChunk(list(spans), priority)], **payload)
    list(built.pipeline.ingest(arrived, sender or Sender(), NOW))
    return arrived


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ([span(trace_id=0)], "trace_id_zero"),
        ([span(span_id=0)], "span_id_zero"),
        ([span(), span(span_id=2, trace_id=8)], "foreign_span"),
        (
            [span(meta={"_dd.p.tid": "1"}), span(), span(span_id=3, meta={"_dd.p.tid": "2"})],
            "foreign_span",
        ),
    ],
)
def test_spans_that_are_no_trace_are_dropped_together(spans, reason):
    built = processing()
    assert ingest(built, *spans).chunks == []
    assert built.stats.dropped == {reason: len(spans)}
    assert built.concentrator.flush(NOW * 10**9, force=True) == []


@pytest.mark.parametrize(
    ("chosen", "meta", "reason"),
    [
        ({"ignore_resources": ("^POST", "ET /$")}, {}, "resource_ignored"),
        ({"ignore_resources": ("^/",)}, {}, None),
        ({"tags_rejected": ("debug",)}, {"debug": "x"}, "tag_rejected"),
        ({"tags_rejected": ("debug:y",)}, {"debug": "x"}, None),
        ({"tag_patterns_rejected": ("url:^/health", "x")}, {"url": "/healthz"}, "tag_rejected"),
        ({"tags_required": ("a", "b:1")}, {"a": "", "b": "1"}, None),
        ({"tags_required": ("a", "b:1")}, {"a": "", "b": "2"}, "tag_required"),
        ({"tag_patterns_required": ("a:^1",)}, {"a": "2"}, "tag_required"),
        ({"tag_patterns_required": ("a",)}, {"a": "2"}, None),
    ],
)
def test_a_trace_is_dropped_for_what_its_root_is(chosen, meta, reason):
    built = processing(TraceSettings(**chosen))
    assert bool(ingest(built, span(meta=meta)).chunks) is (reason is None)
    assert built.stats.dropped == ({reason: 1} if reason else {})


def test_patterns_that_are_none_are_named_and_have_no_effect():
    chosen = TraceSettings(
        ignore_resources=("(", "GET"),
        tag_patterns_rejected=("a:[",),
        replace_tags=(("*", ")", ""),),
    )  # fmt: skip
    built = processing(chosen)
    assert built.problems == (
        "apm_config.ignore_resources: '(' is no regular expression",
        "apm_config.filter_tags_regex.reject: '[' is no regular expression",
        "apm_config.replace_tags: ')' is no regular expression",
    )
    assert ingest(built, span()).chunks == []


@pytest.mark.parametrize(
    "own",
    [
        {"meta": {"http.url": "http://127.0.0.1:8125/x"}},
        {"meta": {"tcp.remote.host": "127.0.0.1", "tcp.remote.port": "8124"}},
        {"meta": {"tcp.remote.host": "127.0.0.1"}, "metrics": {"tcp.remote.port": 8125.0}},
        {"meta": {"dns.address": "127.0.0.1.x"}},
    ],
)
def test_our_own_traffic_is_no_part_of_a_trace(own):
    built = processing()
    other = span(span_id=2, meta={"http.url": "http://127.0.0.1:8126/"})
    assert ingest(built, span(**own), other).chunks[0].spans == [other]
    assert ingest(built, span(**own)).chunks == []
    assert built.stats.dropped == {"own_traffic": 2}


def test_spans_carry_the_tags_of_the_place():
    built = processing(
        global_tags={"region": "eu", "_dd.origin": "mine"},
        origin="cloudrun",
        function_tags="a:b,c:d",
    )
    arrived = ingest(built, span(), tags={"_dd.tags.function": "theirs"})
    assert arrived.chunks[0].spans[0].meta == {"region": "eu", "_dd.origin": "cloudrun"}
    assert arrived.chunks[0].origin == "mine"
    assert arrived.tags == {"_dd.tags.function": "a:b,c:d"}


def test_the_origin_of_the_tracer_stays():
    built = processing(origin="cloudrun")
    (chunk,) = ingest(built, span(meta={"_dd.origin": "rum"})).chunks
    assert (chunk.origin, chunk.spans[0].meta) == ("rum", {"_dd.origin": "rum"})


def test_headers_tell_tags_that_the_payload_does_not():
    sender = Sender(container_tags="c:1", process_tags="p:header")
    tagged = {"_dd.tags.container": "c:1", "_dd.tags.process": "p:header"}
    assert ingest(processing(), span(), sender=sender).tags == tagged
    of_span = span(meta={"_dd.tags.process": "p:span"})
    assert ingest(processing(), of_span, sender=sender).tags["_dd.tags.process"] == "p:span"


def test_what_the_tracer_has_computed_is_not_computed_again():
    built = processing()
    sender = Sender(computes_top_level=True, computes_stats=True)
    marked = span(metrics={"_dd.top_level": 1.0})
    child = span(span_id=2, service="other", parent_id=1)
    (chunk,) = ingest(built, marked, child, sender=sender).chunks
    assert [s.metrics.get("_top_level") for s in chunk.spans] == [1.0, None]
    assert built.concentrator.flush(NOW * 10**9, force=True) == []


def test_what_the_tracer_dropped_is_accounted_for_apart():
    built = processing()
    sender = Sender(client_dropped_traces=8, client_dropped_spans=40)
    ingest(built, span(), sender=sender)
    assert (built.stats.client_dropped_traces, built.stats.client_dropped_spans) == (8, 40)
    assert built.stats.spans_accepted == 1


def test_nobody_but_the_backend_counts_when_it_is_asked_to():
    built = processing(stats=TraceStatsSettings(by_backend=True))
    assert built.concentrator is None
    (chunk,) = ingest(built, span()).chunks
    assert chunk.spans[0].meta == {"_dd.compute_stats": "1"}
    off = processing(stats=TraceStatsSettings(disabled=True))
    assert off.concentrator is None
    assert ingest(off, span()).chunks[0].spans[0].meta == {}


def test_a_feature_takes_the_name_from_the_component_and_allows_long_resources():
    built = processing(TraceSettings(features=("component2name", "big_resource")))
    (chunk,) = ingest(built, span(meta={"component": "flask"}, resource="r" * 20_000)).chunks
    assert (chunk.spans[0].name, len(chunk.spans[0].resource)) == ("flask", 15_000)


def test_the_rate_of_a_client_and_the_mode_are_noted():
    built = processing(is_edge=True)
    arrived = ingest(built, span(metrics={"_sample_rate": 0.5}))
    assert arrived.chunks[0].spans[0].metrics["_dd1.sr.rcusr"] == 0.5
    assert arrived.tags == {"_dd.apm_mode": "edge"}


@pytest.mark.parametrize(
    ("rule", "meta", "metrics", "resource"),
    [
        (("a", "(b)(c)", "${2}$1$$$9"), {"a": "xcb$"}, {"n": 12.0}, "/user/12"),
        (("*", r"\d+", "?"), {"a": "xbc", "_a": "1", "n": "?"}, {}, "/user/?"),
        (("resource.name", r"(?P<id>\d+)$", "<${id}>"), {"a": "xbc"}, {"n": 12.0}, "/user/<12>"),
        (("n", "1", "3"), {"a": "xbc"}, {"n": 32.0}, "/user/12"),
        (("n", "2", "x"), {"a": "xbc", "n": "1x"}, {}, "/user/12"),
        (("absent", "1", "3"), {"a": "xbc"}, {"n": 12.0}, "/user/12"),
    ],
)
def test_a_rule_replaces_what_it_finds(rule, meta, metrics, resource):
    given_meta = {"a": "xbc", "_a": "1"}
    target = span(resource="/user/12", meta=given_meta, metrics={"n": 12.0})
    Replacer([rule]).replace([target])
    assert target.meta == {"_a": "1", **meta}
    assert (target.metrics, target.resource) == (metrics, resource)


def test_a_rule_for_all_reaches_events_and_groups():
    target = span(events=[SpanEvent(1, "e", {"k": "secret", "n": 1})])
    replacer = Replacer([("*", "secret", "?")])
    replacer.replace([target])
    assert target.events[0].attributes == {"k": "?", "n": 1}
    group = StatsGroup(resource="secret", http_status_code=200)
    replacer.replace_group(group)
    assert (group.resource, group.http_status_code) == ("?", 200)


TEXT = st.sampled_from(["", "svc", "Svc!", "1", "é" * 120, "SELECT 1", "x" * 300])
KEYS = st.sampled_from(
    ["env", "span.kind", "http.url", "http.status_code", "peer.service", "_dd.origin"]
)
NUMBERS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 1e300, float("nan"), float("inf")])
METRICS = st.sampled_from(
    ["_sampling_priority_v1", "_sample_rate", "_dd.measured", "http.status_code", "_top_level",
     "_dd.partial_version", "_dd1.sr.eausr", "_dd.span_sampling.mechanism"]
)  # fmt: skip
SPANS = st.builds(
    Span,
    *[TEXT, TEXT, TEXT, st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)],
    start_ns=st.integers(-(2**63), 2**63 - 1),
    duration_ns=st.integers(-(2**63), 2**63 - 1),
    error=st.integers(0, 1),
    meta=st.dictionaries(KEYS, TEXT, max_size=4),
    metrics=st.dictionaries(METRICS, NUMBERS, max_size=4),
    type=st.sampled_from(["", "web", "sql", "redis", "x" * 200]),
)
CHUNKS = st.lists(st.lists(SPANS, max_size=4).map(TraceChunk), max_size=4)


@settings(max_examples=80, deadline=None)
@given(CHUNKS, st.booleans(), st.integers(0, 10))
def test_any_spans_are_kept_or_dropped_for_a_reason(chunks, is_computed, client_dropped):
    """accepted = kept + dropped; whatever is kept can be encoded, and so can its statistics."""
    built = processing(
        TraceSettings(tags_rejected=("http.url",), replace_tags=(("*", "S", "$1"),)),
        SamplingSettings(rare_enabled=True, event_rates=(("svc|svc", 1.0),)),
    )
    payload = TracerPayload(chunks=chunks)
    sender = Sender(computes_top_level=is_computed, client_dropped_traces=client_dropped)
    list(built.pipeline.ingest(payload, sender, NOW))
    stats = built.stats
    assert stats.spans_accepted == stats.spans_kept + sum(stats.dropped.values())
    encoded = list(TraceEncoder().encode(payload))
    assert sum(part.spans for part in encoded) == stats.spans_kept
    counted = built.concentrator.flush(NOW * 10**9, force=True)
    bodies = encode_stats(counted, hostname="", env="", agent_version="", is_client_computed=False)
    assert all(msgpack.unpackb(each.body)["Stats"] for each in bodies)
