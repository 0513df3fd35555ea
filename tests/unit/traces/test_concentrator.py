"""Statistics of spans: who is counted, in which bucket, in which group, with what numbers."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import TraceStatsSettings
from serverless_init.model import Span
from serverless_init.traces.concentrate import (
    GROUPS_MAX,
    StatsOf,
    hash_of_tags,
)
from serverless_init.traces.sketch import DurationSketch
from serverless_init.traces.stats_encode import encode_stats
from serverless_init.traces.stats_payload import ClientStatsPayload, StatsBucket, StatsGroup
from serverless_init.traces.twin import Concentrator

S = 10**9
NOW = 1_700_000_000 * S
CLIENT_KEYS = (
    "Hostname Env Version Stats Lang TracerVersion RuntimeID Sequence AgentAggregation Service "
    "ContainerID Tags GitCommitSha ImageTag ProcessTagsHash ProcessTags"
)
SENDER = StatsOf("prod", language="python")


def span(**fields):
    top = {"service": "svc", "name": "op", "resource": "res", "metrics": {"_top_level": 1.0}}
    return Span(**{**top, "start_ns": NOW, "duration_ns": 10**6, **fields})


def counted(*spans, settings=None, chance=0.5, origin="", root=None):
    """The groups of a forced flush."""
    concentrator = Concentrator(settings or TraceStatsSettings(), NOW, chance=lambda: chance)
    concentrator.add(list(spans), root or spans[0], SENDER, origin, NOW)
    payloads = concentrator.flush(NOW, force=True)
    return [group for p in payloads for bucket in p.stats for group in bucket.stats]


def one(*spans, **options):
    (group,) = counted(*spans, **options)
    return group


@pytest.mark.parametrize(
    ("fields", "is_counted"),
    [
        ({}, True),
        ({"metrics": {}}, False),
        ({"metrics": {"_dd.measured": 1}}, True),
        ({"metrics": {}, "meta": {"span.kind": "CLIENT"}}, True),
        ({"metrics": {}, "meta": {"span.kind": "internal"}}, False),
        ({"metrics": {"_top_level": 1, "_dd.partial_version": 0}}, False),
    ],
)
def test_top_level_measured_and_speaking_spans_are_counted(fields, is_counted):
    assert bool(counted(span(**fields))) is is_counted


def test_span_kinds_count_only_where_settings_say_so():
    speaking = span(metrics={}, meta={"span.kind": "server"})
    assert counted(speaking, settings=TraceStatsSettings(by_span_kind=False)) == []


def test_a_group_adds_hits_errors_and_durations():
    group = one(span(), span(error=1, metrics={"_dd.measured": 1.0}, duration_ns=5))
    assert (group.hits, group.errors, group.top_level_hits) == (2, 1, 1)
    assert group.duration == 10**6 + 5
    assert group.is_trace_root == 1
    expected = DurationSketch()
    expected.insert(5)
    assert group.error_summary == expected.encode()


def test_a_sampled_trace_weighs_what_it_stands_for():
    group = one(span(metrics={"_top_level": 1.0, "_sample_rate": 0.25}, duration_ns=3))
    assert (group.hits, group.duration) == (4, 12)


@pytest.mark.parametrize(("chance", "hits"), [(0.4, 3), (0.6, 2)])
def test_fractions_are_rounded_by_chance(chance, hits):
    sampled = span(metrics={"_top_level": 1.0, "_sample_rate": 0.4})
    assert one(sampled, chance=chance).hits == hits


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"meta": {"http.status_code": "404"}}, 404),
        ({"meta": {"http.response.status_code": "201"}}, 201),
        ({"metrics": {"_top_level": 1, "http.status_code": 500.0}}, 500),
        ({"meta": {"http.status_code": "x"}}, 0),
        ({"metrics": {"_top_level": 1, "http.status_code": float("nan")}}, 0),
    ],
)
def test_the_http_status_is_found_in_any_of_its_tags(fields, status):
    assert one(span(**fields)).http_status_code == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"meta": {"rpc.grpc.status_code": "5"}}, "5"),
        ({"meta": {"grpc.code": "StatusCode.Canceled"}}, "1"),
        ({"meta": {"grpc.code": "CANCELLED"}}, "1"),
        ({"meta": {"grpc.status.code": "DataLoss"}}, "15"),
        ({"meta": {"grpc.status.code": "DEADLINE_EXCEEDED"}}, "4"),
        ({"meta": {"grpc.code": "nonsense"}}, ""),
        ({"metrics": {"_top_level": 1, "rpc.grpc.status.code": 3.0}}, "3"),
        ({}, ""),
    ],
)
def test_the_grpc_status_is_a_number_in_text(fields, status):
    assert one(span(**fields)).grpc_status_code == status


def test_whom_a_client_talks_to_tells_its_groups_apart():
    meta = {"span.kind": "client", "peer.service": "db", "out.host": "10.0.0.1", "x": "y"}
    group = one(span(meta=meta))
    assert group.peer_tags == ["out.host:blocked-ip-address", "peer.service:db"]
    more = TraceStatsSettings(peer_tags=("x",))
    assert one(span(meta=meta), settings=more).peer_tags[-1] == "x:y"
    none = TraceStatsSettings(peer_tags_enabled=False)
    assert one(span(meta=meta), settings=none).peer_tags == []


@pytest.mark.parametrize(
    ("kind", "tags"),
    [("", ["_dd.base_service:b"]), ("internal", ["_dd.base_service:b"]), ("server", [])],
)
def test_who_speaks_to_nobody_has_its_base_service(kind, tags):
    meta = {"span.kind": kind, "_dd.base_service": "b", "peer.service": "db"}
    assert one(span(meta=meta)).peer_tags == tags


def test_spans_are_counted_by_chosen_tags_too():
    settings = TraceStatsSettings(span_tags=("team", "absent"))
    assert one(span(meta={"team": "x"}), settings=settings).span_derived_primary_tags == ["team:x"]


def test_origin_parent_and_source_are_part_of_the_key():
    child = one(span(parent_id=1, meta={"_dd.svc_src": "m"}), origin="synthetics-browser")
    assert (child.is_trace_root, child.service_source, child.synthetics) == (2, "m", True)


def test_a_bucket_is_sent_when_it_has_been_over_for_as_long_as_it_is_wide():
    concentrator = Concentrator(TraceStatsSettings(), NOW)
    root = span()
    concentrator.add([root], root, SENDER, "", NOW)
    assert concentrator.flush(NOW + 19 * S) == []
    (payload,) = concentrator.flush(NOW + 20 * S)
    assert [(b.start, b.duration, len(b.stats)) for b in payload.stats] == [(NOW, 10 * S, 1)]
    assert concentrator.flush(NOW + 99 * S, force=True) == []


def test_late_spans_count_in_the_oldest_open_bucket_and_future_ones_now():
    concentrator = Concentrator(TraceStatsSettings(), NOW)
    early, future = span(start_ns=NOW - 500 * S), span(start_ns=NOW + 500 * S)
    concentrator.add([early, future], early, SENDER, "", NOW + 15 * S)
    (payload,) = concentrator.flush(NOW + 60 * S)
    assert [b.start for b in payload.stats] == [NOW, NOW + 10 * S]
    concentrator.add([early], early, SENDER, "", NOW + 60 * S)
    (payload,) = concentrator.flush(NOW + 60 * S, force=True)
    assert [b.start for b in payload.stats] == [NOW + 50 * S]


def test_each_sender_has_a_payload_of_its_own():
    concentrator = Concentrator(TraceStatsSettings(), NOW)
    root = span()
    senders = [
        SENDER,
        StatsOf("prod", "h", "1", "c", "sha", "tag", "go", "b:2,a:1", "base"),
    ]
    for sender in senders:
        concentrator.add([root], root, sender, "", NOW)
    _, payload = concentrator.flush(NOW, force=True)
    assert (payload.hostname, payload.version, payload.container_id) == ("h", "1", "c")
    assert (payload.git_commit_sha, payload.image_tag, payload.lang) == ("sha", "tag", "go")
    assert (payload.service, payload.process_tags) == ("base", "b:2,a:1")
    assert payload.process_tags_hash == hash_of_tags("a:1,b:2") != 0


def test_groups_of_one_bucket_are_bounded_and_what_is_not_counted_is():
    concentrator = Concentrator(TraceStatsSettings(), NOW)
    spans = [span(resource=str(number)) for number in range(GROUPS_MAX + 3)]
    concentrator.add(spans, spans[0], SENDER, "", NOW)
    assert concentrator.stats.spans_counted == GROUPS_MAX
    assert concentrator.stats.spans_dropped == 3
    assert len(counted(*spans[:5])) == 5


def test_an_independent_decoder_reads_what_is_sent():
    group = one(span(meta={"http.status_code": "200"}, type="web"))
    payload = ClientStatsPayload(env="prod", stats=[StatsBucket(NOW, 10 * S, [group])])
    (encoded,) = encode_stats(
        [payload], hostname="h", env="e", agent_version="7", is_client_computed=True
    )
    read = msgpack.unpackb(encoded.body)
    assert {key: value for key, value in read.items() if key != "Stats"} == {
        "AgentHostname": "h",
        "AgentEnv": "e",
        "AgentVersion": "7",
        "ClientComputed": True,
        "SplitPayload": False,
    }
    (client,) = read["Stats"]
    assert list(client) == CLIENT_KEYS.split()
    (bucket,) = client["Stats"]
    assert (bucket["Start"], bucket["Duration"], bucket["AgentTimeShift"]) == (NOW, 10 * S, 0)
    (read_group,) = bucket["Stats"]
    summaries = read_group.pop("OkSummary"), read_group.pop("ErrorSummary")
    assert summaries == (group.ok_summary, group.error_summary)
    assert read_group == {
        "Service": "svc",
        "Name": "op",
        "Resource": "res",
        "HTTPStatusCode": 200,
        "Type": "web",
        "DBType": "",
        "Hits": 1,
        "Errors": 0,
        "Duration": 10**6,
        "Synthetics": False,
        "TopLevelHits": 1,
        "SpanKind": "",
        "PeerTags": [],
        "IsTraceRoot": 1,
        "GRPCStatusCode": "",
        "HTTPMethod": "",
        "HTTPEndpoint": "",
        "srv_src": "",
        "SpanDerivedPrimaryTags": [],
        "AdditionalMetricTags": [],
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=3), max_size=4))
def test_splitting_statistics_loses_no_group(sizes):
    """The groups of all parts are those that went in, and no part has more than five."""
    numbers = iter(range(100_000))
    payloads = [
        ClientStatsPayload(
            env=str(index),
            stats=[
                StatsBucket(start, 10, [StatsGroup(hits=next(numbers)) for _ in range(size)])
                for start, size in enumerate(buckets)
            ],
        )
        for index, buckets in enumerate(sizes)
    ]
    bodies = encode_stats(
        payloads, hostname="", env="", agent_version="", is_client_computed=False, groups_max=5
    )
    read = [msgpack.unpackb(each.body) for each in bodies]
    found = [
        (client["Env"], bucket["Start"], group["Hits"])
        for each in read
        for client in each["Stats"]
        for bucket in client["Stats"]
        for group in bucket["Stats"]
    ]
    assert found == [
        (payload.env, bucket.start, group.hits)
        for payload in payloads
        for bucket in payload.stats
        for group in bucket.stats
    ]
    assert all(each.groups <= 5 for each in bodies)
    assert {each["SplitPayload"] for each in read} <= {len(read) > 1}
