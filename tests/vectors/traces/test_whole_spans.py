"""Whole spans from a v0.4 body through decoder and pipeline: spec/traces-otlp-logs.md section 8.7.

"+R" of the table is the rate that the priority sampler writes, "+T" the mark of a top-level span.
"""

import msgpack
import pytest

from serverless_init.config import (
    ObfuscationSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)
from serverless_init.model import SpanEvent, TracerPayload
from serverless_init.traces.build import build_processing
from serverless_init.traces.decode import decode_client_stats
from serverless_init.traces.pipeline import Sender, Surroundings
from serverless_init.traces.twin import decode_v04

S = 10**9
NOW = 1_700_000_000
R, T = {"_sampling_priority_rate_v1": 1.0}, {"_top_level": 1.0}
P1 = {"_sampling_priority_v1": 1.0}


def wire(**changes):
    """The table's base span with changes; None leaves a field out."""
    span = {
        "service": "svc",
        "name": "op",
        "resource": "res",
        "trace_id": 7,
        "span_id": 1,
        "parent_id": 0,
        "start": NOW * S - S,
        "duration": 10**6,
        "meta": {"env": "prod"},
        "metrics": {"_sampling_priority_v1": 1},
        "type": "web",
        **changes,
    }
    return {key: value for key, value in span.items() if value is not None}


class Run:
    """What became of one request."""

    def __init__(self, *spans, obfuscation=None, sender=None, **surroundings):
        processing = build_processing(
            TraceSettings(),
            SamplingSettings(),
            TraceStatsSettings(),
            obfuscation or ObfuscationSettings(),
            Surroundings(**surroundings),
            NOW * S,
        )
        self.payload = TracerPayload(
            language_name="python",
            language_version="3.11",
            tracer_version="2.0",
            chunks=decode_v04(msgpack.packb([list(spans)])),
        )
        list(processing.pipeline.ingest(self.payload, sender or Sender(), NOW))
        self.stats = processing.concentrator.flush(NOW * S, force=True)
        self.account = processing.stats

    @property
    def chunk(self):
        (chunk,) = self.payload.chunks
        return chunk

    @property
    def span(self):
        (span,) = self.chunk.spans
        return span

    @property
    def groups(self):
        return [group for p in self.stats for bucket in p.stats for group in bucket.stats]


def test_the_base_span_is_kept_with_its_rate_and_mark():
    run = Run(wire())
    assert run.span.metrics == {**P1, **R, **T}
    assert (run.chunk.priority, run.payload.env) == (1, "prod")
    assert (run.payload.language_name, run.payload.tracer_version) == ("python", "2.0")
    assert (run.account.spans_accepted, run.account.spans_kept, run.account.dropped) == (1, 1, {})


def test_a_name_and_a_service_that_are_missing_are_made_up():
    span = Run(wire(name="!!", service="")).span
    assert (span.name, span.service) == ("unnamed_operation", "unnamed-python-service")


def test_long_names_are_cut_and_an_empty_resource_is_the_name():
    span = Run(wire(service="S" * 150, resource="", type="t" * 150)).span
    assert (span.service, span.resource, span.type) == ("s" * 100, "op", "t" * 100)


def test_an_early_start_is_now_less_the_duration():
    assert Run(wire(start=5)).span.start_ns == NOW * S - 10**6


def test_a_duration_beyond_all_time_is_zero():
    assert Run(wire(start=NOW * S, duration=2**63 - 1)).span.duration_ns == 0
    assert Run(wire(duration=-5)).span.duration_ns == 0


def test_a_span_is_not_its_own_parent():
    assert Run(wire(trace_id=9, span_id=9, parent_id=9)).span.parent_id == 0


def test_tags_that_cannot_be_are_put_right():
    run = Run(wire(meta={"http.status_code": "600", "env": "Prod Env"}))
    assert run.span.meta == {"env": "prod_env"}
    assert run.payload.env == "prod_env"
    assert run.account.repaired == {"invalid_http_status_code": 1}


def test_env_may_be_empty_in_traces_but_not_in_statistics():
    run = Run(wire(meta={}))
    assert (run.payload.env, run.stats[0].env) == ("", "none")


def test_two_spans_with_one_id_are_both_sent():
    run = Run(wire(), wire(parent_id=1))
    assert [span.metrics.get("_top_level") for span in run.chunk.spans] == [1.0, None]
    assert run.account.repaired == {"duplicate_span_id": 1}


def test_peers_and_base_service_are_normalised_and_counted_by():
    run = Run(wire(meta={"env": "prod", "peer.service": "A b!", "_dd.base_service": "B@"}))
    assert run.span.meta == {"env": "prod", "peer.service": "a_b", "_dd.base_service": "b"}
    assert run.stats[0].service == "b"
    assert run.groups[0].peer_tags == ["_dd.base_service:b"]


def test_long_tags_are_cut_and_what_has_no_priority_is_sampled_by_its_signature():
    long = {"k" * 250: "v" * 26_000, "_dd.appsec.json": "a" * 26_000}
    run = Run(wire(resource="r" * 6000, meta=long, metrics={"m" * 250: 1}))
    assert run.span.meta == {
        "k" * 200 + "...": "v" * 25_000 + "...",
        "_dd.appsec.json": "a" * 26_000,
    }
    assert run.span.metrics == {"m" * 200 + "...": 1.0, "_dd.no_p_sr": 1.0, **T}
    assert run.span.resource == "r" * 5000
    assert run.chunk.priority == -128


def test_an_entry_without_its_parent_is_top_level_and_no_root_of_the_trace():
    run = Run(
        wire(parent_id=77),
        wire(span_id=2, parent_id=1, service="other"),
        wire(span_id=3, parent_id=1),
    )
    marks = [(span.metrics.get("_top_level"), R.items() <= span.metrics.items())
             for span in run.chunk.spans]  # fmt: skip
    assert marks == [(1.0, False), (1.0, False), (None, False)]
    assert [group.is_trace_root for group in run.groups] == [2, 2]


@pytest.mark.parametrize("priority", [-1, 0])
def test_what_a_tracer_rejects_is_counted_and_not_sent(priority):
    run = Run(wire(metrics={"_sampling_priority_v1": priority}))
    assert run.payload.chunks == []
    assert [group.hits for group in run.groups] == [1]
    assert run.account.dropped == {"not_sampled": 1}


def test_what_the_root_says_of_the_trace_goes_to_chunk_and_payload():
    meta = {
        "_dd.p.dm": "-4",
        "_dd.origin": "synthetics",
        "_dd.hostname": "hh",
        "version": "1.2",
        "_dd.p.tid": "65a1b2c300000000",
    }
    run = Run(wire(meta=meta, metrics={"_sampling_priority_v1": 2}))
    assert (run.chunk.priority, run.chunk.origin) == (2, "synthetics")
    assert run.chunk.tags == {"_dd.p.dm": "-4"}
    assert (run.payload.hostname, run.payload.app_version) == ("hh", "1.2")
    assert not R.items() <= run.span.metrics.items()
    assert (run.stats[0].hostname, run.stats[0].version) == ("hh", "1.2")
    assert run.groups[0].synthetics


def test_an_error_is_kept_although_it_was_not_sampled():
    run = Run(wire(error=1, metrics={"_sampling_priority_v1": 0}))
    assert (run.chunk.priority, run.span.metrics["_dd.errors_sr"]) == (0, 1.0)


def test_a_span_sampled_by_itself_is_sent_alone():
    metrics = {"_sampling_priority_v1": 0, "_dd.span_sampling.mechanism": 8}
    run = Run(wire(metrics=metrics), wire(span_id=2, parent_id=1))
    assert (run.span.span_id, run.chunk.priority, run.chunk.is_dropped) == (1, 2, False)
    assert run.account.dropped == {"not_sampled": 1}


def test_links_events_and_structs_pass():
    link = {"trace_id": 1, "span_id": 2, "attributes": {"link.name": "Foo Bar"}}
    event = {"time_unix_nano": 5, "name": "e"}
    span = Run(wire(span_links=[link], span_events=[event], meta_struct={"s": b"\x80"})).span
    assert span.links[0].attributes == {"link.name": "Foo_Bar"}
    assert (span.events, span.meta_struct) == ([SpanEvent(5, "e")], {"s": b"\x80"})


def test_sql_is_obfuscated_in_both_places():
    statement = "SELECT * FROM t WHERE a=1"
    span = Run(wire(type="sql", resource=statement, meta={"sql.query": "raw"})).span
    assert span.resource == span.meta["sql.query"] == "SELECT * FROM t WHERE a = ?"
    unnamed = Run(wire(type="sql", resource="", name="pg.query")).span
    assert unnamed.resource == unnamed.meta["sql.query"] == "pg.query"


def test_redis_has_a_quantised_resource_whatever_the_settings():
    meta = {"redis.raw_command": "SET k v"}
    redis = {"type": "redis", "resource": "SET k v\nGET z", "meta": meta}
    span = Run(wire(**redis)).span
    assert (span.resource, span.meta["redis.raw_command"]) == ("SET GET", "SET k ?")
    off = Run(wire(**redis), obfuscation=ObfuscationSettings(redis_enabled=False)).span
    assert (off.resource, off.meta["redis.raw_command"]) == ("SET GET", "SET k v")


def test_only_the_whole_value_of_an_ordinary_tag_is_a_card():
    number = "4111 1111 1111 1111"
    span = Run(wire(meta={"card": number, "_card": number, "env": number})).span
    assert span.meta == {"card": "?", "_card": number, "env": "4111_1111_1111_1111"}


def client_stats(**group):
    processing = build_processing(
        TraceSettings(replace_tags=(("http.status_code", "^404$", "400"),)),
        SamplingSettings(),
        TraceStatsSettings(),
        ObfuscationSettings(),
        Surroundings(),
        NOW * S,
    )
    wire = {"Env": "E 1", "Stats": [{"Start": 5, "Duration": 1, "Stats": [group]}]}
    payload = decode_client_stats(msgpack.packb(wire))
    processing.client_stats.accept(payload, language="go", now_ns=NOW * S + 1)
    return payload


def test_statistics_of_a_tracer_are_put_in_order():
    payload = client_stats(
        Service="S",
        Resource="SELECT 1",
        Type="sql",
        HTTPStatusCode=700,
        Hits=3,
        Errors=1,
        PeerTags=["db.name:x", "net.peer.name:10.0.0.1"],
    )
    (bucket,) = payload.stats
    (group,) = bucket.stats
    assert (payload.env, payload.lang) == ("e_1", "go")
    assert (group.service, group.resource, group.name) == ("s", "SELECT ?", "unnamed_operation")
    assert (group.http_status_code, group.hits, group.errors) == (700, 3, 1)
    assert group.peer_tags == ["db.name:x", "net.peer.name:10.0.0.1"]
    assert (bucket.start, bucket.duration) == ((NOW - 20) * S, 10 * S)


def test_replacement_rules_apply_to_a_tracers_statistics_too():
    ((group,),) = [bucket.stats for bucket in client_stats(HTTPStatusCode=404).stats]
    assert group.http_status_code == 400
