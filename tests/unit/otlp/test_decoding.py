"""Requests in both encodings; the messages are made by the protocol's own generated classes."""

import base64
import json

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from serverless_init.errors import Undecodable
from serverless_init.otlp import values
from serverless_init.otlp.decode_json import decode_json
from serverless_init.otlp.decode_protobuf import decode_protobuf

TRACE_ID, SPAN_ID = bytes(range(16)), bytes(range(8))


def as_json(message: object) -> bytes:
    """OTLP's JSON: protobuf's own, with numbers for enums and hexadecimal ids."""
    plain = MessageToDict(message, use_integers_for_enums=True)

    def with_hexadecimal_ids(value: object) -> object:
        if isinstance(value, list):
            return [with_hexadecimal_ids(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: base64.b64decode(item).hex()
            if key in ("traceId", "spanId", "parentSpanId")
            else with_hexadecimal_ids(item)
            for key, item in value.items()
        }

    return json.dumps(with_hexadecimal_ids(plain)).encode()


def metrics() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add(schema_url="https://x")
    group.resource.attributes.add(key="service.name").value.string_value = "svc"
    scope = group.scope_metrics.add()
    scope.scope.name, scope.scope.version = "lib", "1"
    gauge = scope.metrics.add(name="g", description="d", unit="By")
    point = gauge.gauge.data_points.add(as_double=1.5, time_unix_nano=2, flags=1)
    point.exemplars.add(as_double=9)
    total = scope.metrics.add(name="s")
    total.sum.data_points.add(as_int=-(1 << 63), start_time_unix_nano=1, time_unix_nano=1 << 63)
    total.sum.aggregation_temporality, total.sum.is_monotonic = 2, True
    histogram = scope.metrics.add(name="h").histogram
    histogram.aggregation_temporality = 1
    histogram.data_points.add(
        count=6, sum=0.0, bucket_counts=[1, 2, 3], explicit_bounds=[10, 20], min=1, max=-0.5
    )
    exponential = scope.metrics.add(name="e").exponential_histogram
    bucketed = exponential.data_points.add(count=300, scale=-3, zero_count=2, sum=4)
    bucketed.positive.offset, bucketed.negative.offset = 1, -2
    bucketed.positive.bucket_counts.extend([1, 297])
    summary = scope.metrics.add(name="q").summary.data_points.add(count=2, sum=3)
    summary.quantile_values.add(quantile=0.5, value=1.25)
    return request


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add()
        .scope_logs.add()
        .log_records.add(
            time_unix_nano=1,
            observed_time_unix_nano=2,
            severity_number=13,
            severity_text="WÄRN",
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            event_name="e",
        )
    )
    body = record.body.kvlist_value.values
    body.add(key="int").value.int_value = -3
    body.add(key="bytes").value.bytes_value = b"\x00\xff"
    body.add(key="bool").value.bool_value = False
    body.add(key="none")
    listed = body.add(key="list").value.array_value.values
    listed.add(double_value=0.5)
    listed.add(string_value="")
    return request


def traces() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            parent_span_id=SPAN_ID,
            trace_state="x=1",
            name="sp",
            kind=2,
            start_time_unix_nano=5,
            end_time_unix_nano=7,
        )
    )
    span.attributes.add(key="k").value.bool_value = True
    span.events.add(time_unix_nano=6, name="ev", dropped_attributes_count=300)
    span.links.add(trace_id=TRACE_ID, span_id=SPAN_ID, trace_state="y=2", flags=257)
    span.status.code, span.status.message = 2, "boom"
    return request


def test_metrics_of_every_kind_are_decoded() -> None:
    decoded = decode_protobuf(values.MetricsRequest, metrics().SerializeToString())
    (group,) = decoded.groups
    assert group.resource.attributes == {"service.name": "svc"}
    (scope,) = group.scopes
    assert (scope.scope.name, scope.scope.version) == ("lib", "1")
    gauge, total, histogram, exponential, summary = scope.items
    assert gauge == values.Metric(
        "g", "By", values.Gauge([values.NumberPoint(time_ns=2, value=1.5, flags=1)])
    )
    number = values.NumberPoint(start_ns=1, time_ns=1 << 63, value=-(1 << 63))
    assert total.data == values.Sum([number], values.CUMULATIVE, is_monotonic=True)
    assert histogram.data == values.Histogram(
        [
            values.HistogramPoint(
                count=6,
                sum=0.0,
                bucket_counts=[1, 2, 3],
                bounds=[10.0, 20.0],
                minimum=1.0,
                maximum=-0.5,
            )
        ],
        values.DELTA,
    )
    assert exponential.data == values.ExponentialHistogram(
        [
            values.ExponentialPoint(
                count=300,
                sum=4.0,
                scale=-3,
                zero_count=2,
                positive=values.ExponentialBuckets(1, [1, 297]),
                negative=values.ExponentialBuckets(-2),
            )
        ]
    )
    assert summary.data == values.Summary(
        [values.SummaryPoint(count=2, sum=3.0, quantiles=[values.Quantile(0.5, 1.25)])]
    )


def test_a_log_record_is_decoded_with_a_body_of_any_type() -> None:
    decoded = decode_protobuf(values.LogsRequest, logs().SerializeToString())
    assert decoded.groups[0].scopes[0].items == [
        values.LogRecord(
            time_ns=1,
            observed_ns=2,
            severity_number=13,
            severity_text="WÄRN",
            body={"int": -3, "bytes": b"\x00\xff", "bool": False, "none": None, "list": [0.5, ""]},
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            event_name="e",
        )
    ]


def test_a_span_is_decoded_with_events_and_links() -> None:
    decoded = decode_protobuf(values.TracesRequest, traces().SerializeToString())
    assert decoded.groups[0].scopes[0].items == [
        values.OtlpSpan(
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            trace_state="x=1",
            parent_span_id=SPAN_ID,
            name="sp",
            kind=2,
            start_ns=5,
            end_ns=7,
            attributes={"k": True},
            events=[values.OtlpEvent(6, "ev", {}, 300)],
            links=[values.OtlpLink(TRACE_ID, SPAN_ID, "y=2", {}, 0, 257)],
            status=values.Status("boom", 2),
        )
    ]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (values.MetricsRequest, metrics()),
        (values.LogsRequest, logs()),
        (values.TracesRequest, traces()),
    ],
    ids=["metrics", "logs", "traces"],
)
def test_json_says_the_same_as_protobuf(kind: type, message: object) -> None:
    body = message.SerializeToString()  # type: ignore[attr-defined]
    assert decode_json(kind, as_json(message)) == decode_protobuf(kind, body)


def test_numbers_that_json_has_not_are_read_as_text() -> None:
    point = {"timeUnixNano": 5, "asDouble": "-Infinity", "attributes": None, "unknown": [1]}
    gauge = {"gauge": {"dataPoints": [point]}, "name": "g"}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [gauge]}]}], "more": {}}
    decoded = decode_json(values.MetricsRequest, json.dumps(body).encode())
    data = decoded.groups[0].scopes[0].items[0].data
    assert data == values.Gauge([values.NumberPoint(time_ns=5, value=float("-inf"))])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"resourceMetrics": {}}',
        b'{"resourceMetrics": [1]}',
        b'{"resourceMetrics": [{"resource": {"attributes": [{"key": 1}]}}]}',
        b'{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"isMonotonic": 1}}]}]}]}',
        b"[" * 100_000,
        b'{"resourceMetrics": [%b]}' % b",".join([b"{}"] * 250_000),
    ],
)
def test_json_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_json(values.MetricsRequest, body)


def nested(depth: int) -> bytes:
    value = b"\x0a\x00"
    for _ in range(depth):
        inner = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(inner)) + inner
    return value


def varint(number: int) -> bytes:
    encoded = b""
    while number > 0x7F:
        encoded += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return encoded + bytes((number,))


def wrapped(value: bytes) -> bytes:
    """An attribute of a resource with this value."""
    for key in (b"\x12", b"\x0a", b"\x0a", b"\x0a"):
        value = key + varint(len(value)) + value
    return value


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\x05",
        b"\x0a",
        b"\x80",
        b"\x0b",
        b"\x02\x00",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        wrapped(nested(100)),
        b"\x0a\x00" * 250_000,
    ],
)
def test_bytes_that_are_no_request_are_refused(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_protobuf(values.MetricsRequest, body)


def test_what_is_cut_anywhere_is_refused_or_shorter() -> None:
    body = metrics().SerializeToString()
    refused = 0
    for end in range(len(body)):
        try:
            assert decode_protobuf(values.MetricsRequest, body[:end]).groups in ([],)
        except Undecodable:
            refused += 1
    assert refused == len(body) - 1


def test_text_that_is_no_utf_8_is_mended() -> None:
    body = b"\x0a\x09\x0a\x07\x0a\x05\x0a\x03a\xffb"
    assert decode_protobuf(values.LogsRequest, body).groups[0].resource.attributes == {
        "a\N{REPLACEMENT CHARACTER}b": None
    }
