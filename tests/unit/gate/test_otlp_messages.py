"""Requests of OTLP, as the protocol's own definitions read them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from serverless_init.gate.experiment import OtlpLoad
from serverless_init.gate.otlp_messages import requests_of, stamped

NOW_NS = 1_790_000_000_123_456_789
POINTS = ("gauge", "sum", "histogram", "exponential_histogram")


def points(request: Any) -> list[Any]:
    metrics = [m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics]
    return [p for m in metrics for p in getattr(m, m.WhichOneof("data")).data_points]


def records(request: Any) -> list[Any]:
    return [one for r in request.resource_logs for s in r.scope_logs for one in s.log_records]


def spans(request: Any) -> list[Any]:
    return [p for r in request.resource_spans for s in r.scope_spans for p in s.spans]


def times(item: Any) -> set[int]:
    names = {"time_unix_nano", "start_time_unix_nano", "end_time_unix_nano"}
    return {value for field, value in item.ListFields() if field.name in names}


@pytest.mark.parametrize(
    ("signal", "kind", "items"),
    [
        ("metrics", ExportMetricsServiceRequest, points),
        ("logs", ExportLogsServiceRequest, records),
        ("traces", ExportTraceServiceRequest, spans),
    ],
)
def test_requests_hold_the_items_that_they_count_and_have_the_time_of_their_sending(
    signal: str, kind: type[Any], items: Callable[[Any], list[Any]]
) -> None:
    load = OtlpLoad(signal, request_bytes=20_000, prebuild_bytes=200_000)
    requests = requests_of(load)
    assert sum(len(request.data) for request in requests) >= 200_000
    for request in requests:
        read = items(kind.FromString(stamped(request.data, NOW_NS)))
        assert len(read) == request.samples
        assert {time for item in read for time in times(item)} == {NOW_NS}


def test_metrics_are_of_the_kinds_that_can_be_sent_again() -> None:
    (request, *_) = requests_of(OtlpLoad("metrics", request_bytes=400_000, prebuild_bytes=1))
    read = ExportMetricsServiceRequest.FromString(request.data)
    metrics = [m for r in read.resource_metrics for s in r.scope_metrics for m in s.metrics]
    found = Counter(metric.WhichOneof("data") for metric in metrics)
    assert sorted(found) == sorted(POINTS)
    kinds = {
        getattr(m, k).aggregation_temporality for m in metrics for k in POINTS[1:] if m.HasField(k)
    }
    assert kinds == {1}
    sizes = [p for p in points(read) if hasattr(p, "count")]
    assert min(size.count for size in sizes) > 0


def test_a_seed_gives_the_same_requests_and_another_one_others() -> None:
    one, same, other = (
        requests_of(OtlpLoad("traces", prebuild_bytes=1, seed=seed)) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
