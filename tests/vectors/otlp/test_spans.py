"""How spans map, with the names, types and tags that the Agent's mapping gave for them.

What comes here has still to be normalised and obfuscated, as every tracer's spans.
"""

from typing import Any

import pytest

from serverless_init.model import Span, TracerPayload
from serverless_init.otlp import values as v
from serverless_init.otlp.span_names import NamingOptions
from serverless_init.otlp.to_spans import Mapped, SpansMapper, SpansOptions, is_kept

TRACE_ID = bytes(range(16))
SPAN_ID = b"\x00" * 7 + b"\xff"
START = 1_700_000_000_000_000_000
KINDS = {"unspecified": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
OLDER = SpansOptions(NamingOptions(older=True))
USUAL = {
    "otel.trace_id": TRACE_ID.hex(),
    "otel.library.name": "lib",
    "otel.library.version": "1.0",
    "otel.status_code": "Unset",
    "_dd.p.dm": "-9",
}


def mapped(
    *,
    kind: str = "internal",
    name: str = "sp",
    resource: v.Attributes | None = None,
    scope: v.Attributes | None = None,
    options: SpansOptions | None = None,
    **fields: Any,
) -> Mapped:
    span = v.OtlpSpan(
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
        name=name,
        kind=KINDS[kind],
        start_ns=START,
        end_ns=START + 5,
        **fields,
    )
    group: v.ResourceGroup[v.OtlpSpan] = v.ResourceGroup(
        v.Resource({"service.name": "svc"} if resource is None else resource),
        [v.ScopeGroup(v.Scope("lib", "1.0", scope or {}), [span])],
    )
    steps = list(SpansMapper(options or SpansOptions()).payloads(v.TracesRequest([group])))
    assert steps[0] is None
    assert steps[1] is not None
    return steps[1]


def payload_of(**fields: Any) -> TracerPayload:
    return mapped(**fields).payload


def span_of(**fields: Any) -> Span:
    ((span,),) = (chunk.spans for chunk in payload_of(**fields).chunks)
    return span


def further(span: Span) -> dict[str, str]:
    """The tags beside those that every span has."""
    meta = dict(span.meta)
    meta.pop("span.kind")
    return {key: text for key, text in meta.items() if USUAL.get(key) != text}


NAMES = [
    ("unspecified", {}, "Internal", "sp", "custom", "lib.unspecified", "sp"),
    ("internal", {}, "Internal", "sp", "custom", "lib.internal", "sp"),
    ("server", {}, "server.request", "sp", "web", "lib.server", "sp"),
    ("producer", {}, "Producer", "sp", "custom", "lib.producer", "sp"),
    ("consumer", {}, "Consumer", "sp", "custom", "lib.consumer", "sp"),
    (
        "server",
        {"http.request.method": "GET", "http.route": "/u/{id}"},
        "http.server.request",
        "GET /u/{id}",
        "web",
        "lib.server",
        "GET /u/{id}",
    ),
    ("server", {"http.method": "POST"}, "http.server.request", "POST", "web", "lib.server", "POST"),
    (
        "client",
        {"http.request.method": "GET", "http.route": "/x"},
        "http.client.request",
        "GET",
        "http",
        "lib.client",
        "GET /x",
    ),
    (
        "server",
        {"http.request.method": "_OTHER"},
        "http.server.request",
        "HTTP",
        "web",
        "lib.server",
        "_OTHER",
    ),
    (
        "client",
        {"db.system": "postgresql", "db.statement": "SELECT 1"},
        "postgresql.query",
        "SELECT 1",
        "sql",
        "lib.client",
        "sp",
    ),
    (
        "client",
        {"db.system.name": "mysql", "db.query.text": "SELECT 1"},
        "client.request",
        "sp",
        "http",
        "lib.client",
        "sp",
    ),
    (
        "client",
        {"db.system": "redis", "db.query.text": "SET k v"},
        "redis.query",
        "SET k v",
        "redis",
        "lib.client",
        "sp",
    ),
    ("client", {"db.system": "other"}, "other.query", "sp", "db", "lib.client", "sp"),
    (
        "producer",
        {
            "messaging.system": "kafka",
            "messaging.operation": "publish",
            "messaging.destination.name": "topic",
        },
        "kafka.publish",
        "publish topic",
        "custom",
        "lib.producer",
        "publish topic",
    ),
    (
        "client",
        {"rpc.system": "grpc", "rpc.service": "pkg.S", "rpc.method": "M"},
        "grpc.client.request",
        "M pkg.S",
        "http",
        "lib.client",
        "M pkg.S",
    ),
    (
        "server",
        {"rpc.system": "grpc", "rpc.service": "pkg.S", "rpc.method": "M"},
        "grpc.server.request",
        "M pkg.S",
        "web",
        "lib.server",
        "M pkg.S",
    ),
    (
        "client",
        {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "GetObject"},
        "aws.s3.request",
        "GetObject S3",
        "http",
        "lib.client",
        "GetObject S3",
    ),
    ("client", {"rpc.system": "aws-api"}, "aws.client.request", "sp", "http", "lib.client", "sp"),
    ("server", {"faas.trigger": "http"}, "http.invoke", "sp", "web", "lib.server", "sp"),
    (
        "client",
        {"faas.invoked_provider": "aws", "faas.invoked_name": "F"},
        "aws.f.invoke",
        "sp",
        "http",
        "lib.client",
        "sp",
    ),
    (
        "server",
        {"graphql.operation.type": "query", "graphql.operation.name": "op"},
        "graphql.server.request",
        "query op",
        "web",
        "lib.server",
        "query op",
    ),
    (
        "client",
        {"network.protocol.name": "amqp"},
        "amqp.client.request",
        "sp",
        "http",
        "lib.client",
        "sp",
    ),
    (
        "server",
        {"operation.name": "myop", "resource.name": "myres", "span.type": "custom"},
        "myop",
        "myres",
        "custom",
        "myop",
        "myres",
    ),
]


@pytest.mark.parametrize(("kind", "attributes", "name", "resource", "of_type", "v1", "r1"), NAMES)
def test_a_span_is_named_by_either_set_of_rules(
    kind: str,
    attributes: v.Attributes,
    name: str,
    resource: str,
    of_type: str,
    v1: str,
    r1: str,
) -> None:
    span = span_of(kind=kind, attributes=attributes)
    assert (span.name, span.resource, span.type) == (name, resource, of_type)
    older = span_of(kind=kind, attributes=attributes, options=OLDER)
    assert (older.name, older.resource, older.type) == (v1, r1, of_type)


def test_the_older_names_may_be_the_spans_and_be_mapped() -> None:
    naming = NamingOptions(older=True, span_name_is_operation=True, remappings={"sp": "mapped"})
    assert span_of(options=SpansOptions(naming)).name == "mapped"
    assert span_of(name="other", options=SpansOptions(naming)).name == "other"


def test_a_resource_name_is_cut_between_characters() -> None:
    assert span_of(name="é" * 3000).resource == "é" * 2500


def test_ids_times_and_service_are_the_spans() -> None:
    span = span_of(parent_span_id=b"\x00" * 7 + b"\xbb")
    assert (span.trace_id, span.span_id, span.parent_id) == (0x08090A0B0C0D0E0F, 255, 187)
    assert (span.start_ns, span.duration_ns, span.service) == (START, 5, "svc")
    assert further(span) == {}
    assert span.metrics == {}


def test_a_resource_without_a_service_has_a_name_for_it() -> None:
    assert span_of(resource={}).service == "otlpresourcenoservicename"
    assert span_of(attributes={"service.name": "attrsvc"}).service == "attrsvc"


def test_numbers_are_metrics_and_the_rest_is_text() -> None:
    attributes: v.Attributes = {"i": 1, "d": 0.5, "b": True, "l": [1, "z"], "x": b"\xff"}
    span = span_of(attributes=attributes)
    assert span.metrics == {"i": 1.0, "d": 0.5}
    assert further(span) == {"b": "true", "l": '[1,"z"]', "x": "/w=="}


def test_http_attributes_have_datadogs_names() -> None:
    span = span_of(
        kind="client",
        attributes={
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "url.full": "http://h/u",
            "server.address": "api.x",
            "server.port": 443,
            "user_agent.original": "ua",
            "http.request.header.accept": "*",
        },
    )
    assert span.metrics == {"http.status_code": 200, "server.port": 443}
    assert further(span) == {
        "http.method": "GET",
        "http.url": "http://h/u",
        "http.server_name": "api.x",
        "http.useragent": "ua",
        "http.request.headers.accept": "*",
    }


def test_a_status_in_text_is_a_number() -> None:
    assert span_of(attributes={"http.status_code": "503"}).metrics == {"http.status_code": 503}


def test_the_status_of_grpc_is_a_text_too() -> None:
    span = span_of(attributes={"rpc.grpc.status_code": 2})
    assert (span.meta["rpc.grpc.status_code"], span.metrics["rpc.grpc.status_code"]) == ("2", 2)


def test_a_namespace_is_the_databases_name() -> None:
    assert span_of(attributes={"db.namespace": "ns"}).meta["db.name"] == "ns"


def test_an_error_has_its_message() -> None:
    span = span_of(status=v.Status("boom", 2))
    assert span.error == 1
    assert further(span) == {
        "otel.status_code": "Error",
        "otel.status_description": "boom",
        "error.msg": "boom",
    }
    assert further(span_of(status=v.Status("", 1))) == {"otel.status_code": "Ok"}


def test_events_are_told_in_json() -> None:
    event = v.OtlpEvent(5, "ev", {"a": 1, "b": [1, 2], "c": True, "d": 1.5, "e": "s"}, 3)
    assert further(span_of(events=[event, v.OtlpEvent(6, "exception")])) == {
        "events": '[{"time_unix_nano":5,"name":"ev",'
        '"attributes":{"a":1,"b":[1,2],"c":true,"d":1.5,"e":"s"},"dropped_attributes_count":3},'
        '{"time_unix_nano":6,"name":"exception"}]',
        "_dd.span_events.has_exception": "true",
    }


def test_links_are_told_in_json() -> None:
    link = v.OtlpLink(TRACE_ID[:15] + b"\xff", b"\x00" * 7 + b"\xaa", "x=1", {"k": "v", "n": 1}, 1)
    assert further(span_of(links=[link])) == {
        "_dd.span_links": '[{"trace_id":"000102030405060708090a0b0c0d0eff",'
        '"span_id":"00000000000000aa","tracestate":"x=1","attributes":{"k":"v","n":"1"},'
        '"dropped_attributes_count":1}]'
    }


def test_a_resource_is_tags_of_the_span_and_says_who_the_tracer_is() -> None:
    resource: v.Attributes = {
        "service.name": "S v c!",
        "service.version": "1.2.3",
        "deployment.environment": "Prod",
        "host.name": "h1",
        "container.id": "cid",
        "k8s.pod.name": "pod",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": "1.9",
        "cloud.provider": "aws",
        "custom": "c",
    }
    payload = payload_of(resource=resource, options=SpansOptions(host="own"))
    assert (payload.container_id, payload.language_name) == ("cid", "python")
    assert (payload.tracer_version, payload.env, payload.app_version) == (
        "otlp-1.9",
        "Prod",
        "1.2.3",
    )
    assert payload.hostname == "own"
    assert payload.tags == {
        "_dd.tags.container": "container_id:cid,pod_name:pod,cloud_provider:aws"
    }
    ((span,),) = (chunk.spans for chunk in payload.chunks)
    assert span.service == "S v c!"
    assert further(span) == {
        **{key: text for key, text in resource.items() if key != "service.name"},
        "env": "Prod",
        "version": "1.2.3",
    }


def test_a_pod_stands_for_a_container_without_an_id() -> None:
    resource: v.Attributes = {"deployment.environment.name": "E2", "k8s.pod.uid": "uid1"}
    payload = payload_of(resource=resource)
    assert (payload.container_id, payload.env, payload.tracer_version) == ("uid1", "E2", "otlp-")


def test_attributes_of_the_library_replace_those_of_the_span() -> None:
    span = span_of(attributes={"sc": "x"}, scope={"sc": "y"}, resource={"sc": "z", "r": "r"})
    assert further(span) == {"sc": "y", "r": "r"}


def test_a_program_may_decide_itself_what_is_kept() -> None:
    payload = payload_of(attributes={"analytics.event": True, "sampling.priority": 2})
    (chunk,) = payload.chunks
    (span,) = chunk.spans
    assert span.metrics == {"_dd1.sr.eausr": 1, "_sampling_priority_v1": 2}
    assert (chunk.priority, span.meta["_dd.p.dm"]) == (2, "-4")


@pytest.mark.parametrize(
    ("trace_id", "is_kept_at_half"),
    [(1, True), (7, True), (123456789, False), (1 << 63, False), ((1 << 64) - 1, False)],
)
def test_a_share_of_traces_is_kept_by_their_ids(trace_id: int, is_kept_at_half: bool) -> None:
    assert is_kept(trace_id, 0.5) is is_kept_at_half
    assert is_kept(trace_id, 1.0)


def test_what_is_not_kept_has_no_decision_maker() -> None:
    (chunk,) = payload_of(options=SpansOptions(rate=0.0)).chunks
    assert (chunk.priority, chunk.tags) == (0, {"_dd.otlp_sr": "0.00"})
    assert "_dd.p.dm" not in chunk.spans[0].meta


def test_another_sampler_may_decide_later() -> None:
    (chunk,) = payload_of(options=SpansOptions(rate=None)).chunks
    assert (chunk.priority, chunk.tags) == (-128, {})


def test_a_tracer_may_have_counted_its_spans_itself() -> None:
    assert mapped(resource={"_dd.stats_computed": "true"}).is_counted
    assert not mapped().is_counted


@pytest.mark.parametrize(
    ("kind", "parent", "marks"),
    [
        ("internal", b"", {"_dd.top_level": 1}),
        ("internal", b"\0" * 7 + b"\1", {}),
        ("server", b"\0" * 7 + b"\1", {"_dd.top_level": 1}),
        ("consumer", b"\0" * 7 + b"\1", {"_dd.top_level": 1}),
        ("client", b"\0" * 7 + b"\1", {"_dd.measured": 1}),
        ("producer", b"", {"_dd.top_level": 1, "_dd.measured": 1}),
    ],
)
def test_the_kind_of_a_span_may_say_what_is_counted_of_it(
    kind: str, parent: bytes, marks: dict[str, float]
) -> None:
    one = mapped(kind=kind, parent_span_id=parent, options=SpansOptions(marks_by_kind=True))
    (span,) = one.payload.chunks[0].spans
    assert one.is_marked
    assert span.metrics == marks
    usual = mapped(kind=kind, parent_span_id=parent)
    assert (usual.is_marked, usual.payload.chunks[0].spans[0].metrics) == (False, {})
