"""How log records map, with the objects that the Agent's mapping gave for them.

There the object is the text of the message, here its keys are the message's own.
"""

import json
from typing import Any

import pytest

from serverless_init.model import LogMessage
from serverless_init.otlp import values as v
from serverless_init.otlp.to_logs import LogsMapper, LogsOptions

T = 1_700_000_000_000_000_000
TRACE_ID = bytes(range(16))
SPAN_ID = b"\x00" * 7 + b"\xff"
IDS = {
    "otel.trace_id": TRACE_ID.hex(),
    "dd.trace_id": "579005069656919567",
    "otel.span_id": SPAN_ID.hex(),
    "dd.span_id": "255",
}
USUAL = {
    "@timestamp": "2023-11-14T22:13:20.000Z",
    "otel.timestamp": str(T),
    "service.name": "svc",
}


def message_of(
    resource: v.Attributes | None = None,
    options: LogsOptions | None = None,
    scope: v.Attributes | None = None,
    now: float = 0.0,
    **fields: Any,
) -> LogMessage:
    group: v.ResourceGroup[v.LogRecord] = v.ResourceGroup(
        v.Resource({"service.name": "svc"} if resource is None else resource),
        [v.ScopeGroup(v.Scope("lib", "1", scope or {}), [v.LogRecord(**{"time_ns": T, **fields})])],
    )
    mapper = LogsMapper(options or LogsOptions())
    (message,) = mapper.messages(v.LogsRequest([group]), now)
    return message


def told(message: LogMessage) -> dict[str, object]:
    tags = ",".join(message.source.tags + message.tags)
    first = {"message": message.text.decode(), "status": message.status, "ddtags": tags}
    return {**first, "service": message.source.service, **dict(message.attributes)}


def test_a_record_is_a_message_with_its_attributes() -> None:
    message = message_of(
        time_ns=T + 123_456_789,
        body="hello",
        severity_number=13,
        severity_text="WARN",
        attributes={"a": 1, "arr": [1, "z"], "b": {"c": {"d": "x"}}},
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
    )
    assert told(message) == {
        "@timestamp": "2023-11-14T22:13:20.123Z",
        "a": 1,
        "arr": [1, "z"],
        "b.c.d": "x",
        **IDS,
        "ddtags": "service:svc,otel_source:datadog_agent",
        "message": "hello",
        "otel.severity_number": "13",
        "otel.severity_text": "WARN",
        "otel.timestamp": "1700000000123456789",
        "service": "svc",
        "service.name": "svc",
        "status": "WARN",
    }
    assert message.timestamp_ms == 1_700_000_000_123
    assert (message.source.stream, message.source.source) == ("otlp", "otlp_log_ingestion")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        *((0, "info"), (1, "trace"), (8, "debug"), (9, "info"), (13, "warn")),
        *((17, "error"), (24, "fatal"), (25, "error")),
    ],
)
def test_a_number_says_how_severe_a_record_is(number: int, status: str) -> None:
    assert message_of(body="x", severity_number=number).status == status


def test_the_time_of_observation_is_second_and_ours_is_last() -> None:
    assert told(message_of(time_ns=0, observed_ns=T, body="x")) == {
        "message": "x",
        "status": "info",
        "ddtags": "service:svc,otel_source:datadog_agent",
        "service": "svc",
        **USUAL,
    }
    assert message_of(time_ns=0, body="x", now=7.5).timestamp_ms == 7500
    assert message_of(time_ns=(1 << 64) - 1, body="x").timestamp_ms == ((1 << 64) - 1) // 10**6


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"message": "m", "k": "v"}, '{"k":"v","message":"m"}'),
        ([1, None, b"\xff"], '[1,null,"/w=="]'),
        (True, "true"),
        (7, "7"),
        (1.5, "1.5"),
        (None, ""),
        ({"nan": float("nan")}, '{"nan":"NaN"}'),
    ],
)
def test_a_body_of_any_type_is_text(body: v.AnyValue, text: str) -> None:
    assert message_of(body=body).text.decode() == text


def test_attributes_may_say_what_the_record_does_not() -> None:
    message = message_of(
        body="body",
        attributes={
            "msg": "M",
            "status": "error",
            "datadog.log.source": "src",
            "hostname": "hn",
            "ddtags": "x:y,z",
            "trace_id": TRACE_ID.hex(),
            "span_id": SPAN_ID.hex(),
        },
    )
    assert message.source.source == "src"
    assert told(message) == {
        **USUAL,
        **IDS,
        "ddtags": "service:svc,x:y,z,otel_source:datadog_agent",
        "hostname": "hn",
        "message": "M",
        "service": "svc",
        "status": "error",
    }


def test_a_resource_is_tags_host_and_attributes() -> None:
    resource: v.Attributes = {
        "service.name": "s",
        "deployment.environment": "e",
        "k8s.pod.name": "p",
        "host.name": "h",
        "custom": "c",
    }
    assert told(message_of(resource, body="b", scope={"sc": 1})) == {
        **USUAL,
        **resource,
        "sc": 1,
        "ddtags": "service:s,env:e,pod_name:p,otel_source:datadog_agent",
        "hostname": "h",
        "message": "b",
        "service": "s",
        "status": "info",
    }


def test_configured_tags_and_service_say_what_the_resource_does_not() -> None:
    options = LogsOptions(("service:other", "env:prod", "team:x"), "own")
    message = message_of(options=options, body="b")
    assert message.tags[1:] == ("otel_source:datadog_agent", "env:prod", "team:x")
    assert message_of({}, options, body="b").source.service == "own"


def test_an_attribute_does_not_replace_what_is_the_messages_own() -> None:
    message = message_of(body="b", attributes={"timestamp": 1, "ddsource": "x", "message": 5})
    assert told(message) == {
        **USUAL,
        "message": "b",
        "status": "info",
        "service": "svc",
        "ddtags": "service:svc,otel_source:datadog_agent",
    }


def test_ids_that_are_none_are_left_as_they_are() -> None:
    message = message_of(body="b", attributes={"trace_id": "no"}, trace_id=b"\x00" * 16)
    assert "dd.trace_id" not in dict(message.attributes)


def test_a_text_that_is_too_long_is_cut_between_characters() -> None:
    message = message_of(options=LogsOptions(message_bytes_max=5), body="ééé")
    assert message.text.decode() == "éé...TRUNCATED..."


def test_everything_of_a_message_is_json() -> None:
    deep: v.AnyValue = {"x": "y"}
    for _ in range(30):
        deep = {"d": deep, "b": b"\x00", "f": float("inf")}
    message = message_of(body=deep, attributes={"deep": deep})
    assert json.loads(json.dumps(dict(message.attributes), allow_nan=False))
