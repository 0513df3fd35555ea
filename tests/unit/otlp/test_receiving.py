"""The component on real sockets: what it answers, what it counts, how it ends."""

import asyncio
import gzip
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import grpc
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from serverless_init.clock import SystemClock
from serverless_init.config import load
from serverless_init.lifecycle import Drained
from serverless_init.model import Serie, SketchSerie, TracerPayload
from serverless_init.otlp import Otlp, OtlpOptions
from serverless_init.testing import wait_until

PROTOBUF, JSON = "application/x-protobuf", "application/json"
Answer = tuple[int, str, bytes]


class Sinks:
    """Keeps everything that arrives."""

    def __init__(self) -> None:
        self.series: list[Serie] = []
        self.sketches: list[SketchSerie] = []
        self.payloads: list[tuple[TracerPayload, bool]] = []

    def submit(self, serie: Serie) -> None:
        self.series.append(serie)

    def submit_sketch(self, serie: SketchSerie) -> None:
        self.sketches.append(serie)


class Spans:
    def __init__(self, sinks: Sinks) -> None:
        self._sinks = sinks

    async def submit(
        self, payload: TracerPayload, *, is_counted: bool, is_marked: bool = False
    ) -> None:
        self._sinks.payloads.append((payload, is_counted))


class Running:
    """A component on a thread of its own, and its ports."""

    def __init__(self, environ: dict[str, str], tags: Iterable[str] = ()) -> None:
        self.sinks = Sinks()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        bound = {name: socket.create_server(("127.0.0.1", 0)) for name in ("http", "grpc")}
        self.ports = {name: sock.getsockname()[1] for name, sock in bound.items()}
        for sock in bound.values():
            sock.setblocking(False)
        clock = SystemClock()
        options = OtlpOptions(
            load(environ),
            series=self.sinks,
            sketches=self.sinks,
            spans=Spans(self.sinks),
            tags=tags,
        )
        self.otlp = Otlp({name: [sock] for name, sock in bound.items()}, options, clock=clock)
        self.call(self.otlp.start())
        self._clock = clock

    def call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def drain(self) -> Drained:
        return self.call(self.otlp.drain(self._clock.monotonic() + 5))

    def end(self) -> None:
        async def close() -> None:
            self.otlp.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:
                await asyncio.wait(others, timeout=5)

        self.call(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def post(
        self,
        path: str,
        body: bytes,
        content_type: str = PROTOBUF,
        method: str = "POST",
        **headers: str,
    ) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=20)) as c:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            c.request(method, path, body, {"Content-Type": content_type, **named})
            answer = c.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        with grpc.insecure_channel(f"127.0.0.1:{self.ports['grpc']}") as channel:
            yield channel


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(**environ: str) -> Running:
        started.append(Running(environ))
        return started[-1]

    yield start
    for one in started:
        one.end()


def gauge(points: int = 1) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="g")
    for index in range(points):
        metric.gauge.data_points.add(as_int=index, time_unix_nano=10**18)
    return request


def cumulative_exponential() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="e")
    metric.exponential_histogram.data_points.add(count=1)
    metric.exponential_histogram.aggregation_temporality = 2
    return request


def test_an_export_in_protobuf_is_answered_with_an_empty_response(
    running: Callable[..., Running],
) -> None:
    one = running()
    body = gauge().SerializeToString()
    assert one.post("/v1/metrics", body) == (200, PROTOBUF, b"")
    assert one.post("/v1/metrics", gzip.compress(body), Content_Encoding="gzip")[0] == 200
    assert [(serie.name, serie.samples) for serie in one.sinks.series] == [(b"g", 1)] * 2


def test_an_export_in_json_is_answered_in_json(running: Callable[..., Running]) -> None:
    one = running()
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "0a", "spanId": "0b"}]}]}]}
    answer = one.post("/v1/traces", json.dumps(body).encode(), f"{JSON}; charset=utf-8")
    assert answer == (200, JSON, b"{}")
    ((payload, is_counted),) = one.sinks.payloads
    assert (payload.chunks[0].spans[0].trace_id, is_counted) == (10, False)


def test_points_that_cannot_be_taken_are_told(running: Callable[..., Running]) -> None:
    one = running()
    status, _, body = one.post("/v1/metrics", cumulative_exponential().SerializeToString())
    told = ExportMetricsServiceResponse.FromString(body).partial_success
    assert (status, told.rejected_data_points) == (200, 1)
    assert told.error_message.startswith("cumulative exponential histograms")
    point = {"count": "1"}
    data = {"aggregationTemporality": 2, "dataPoints": [point]}
    metric = {"name": "e", "exponentialHistogram": data}
    request = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    _, _, body = one.post("/v1/metrics", json.dumps(request).encode(), JSON)
    assert json.loads(body)["partialSuccess"]["rejectedDataPoints"] == "1"
    account = one.otlp.points_account()
    assert (account.accepted, account.dropped) == (2, {"cumulative_exponential": 2})


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code", "reason"),
    [
        ("/v1/metrics", b"\x0a\xff", {}, 400, 3, "request_malformed"),
        ("/v1/metrics", b"no gzip", {"Content_Encoding": "gzip"}, 400, 3, "request_malformed"),
        ("/v1/metrics", b"x", {"Content_Encoding": "br"}, 400, 3, "request_malformed"),
        ("/v1/metrics", b"", {"content_type": "text/plain"}, 415, 3, "media_type_unsupported"),
        ("/v1/logs", b"", {}, 404, 12, "signal_off"),
        (
            "/v1/metrics",
            gzip.compress(b"\0" * 9000),
            {"Content_Encoding": "gzip"},
            413,
            8,
            "request_too_large",
        ),
    ],
)
def test_what_is_wrong_is_answered_with_a_status_and_counted(
    running: Callable[..., Running],
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: int,
    reason: str,
) -> None:
    one = running(DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_MAX_REQUEST_BODY_SIZE="8000")
    told, content_type, answer = one.post(path, body, **headers)
    assert (told, content_type) == (status, PROTOBUF)
    said = Status.FromString(answer)
    assert (said.code, bool(said.message)) == (code, True)
    assert one.otlp.requests_account() == Drained(accepted=1, dropped={reason: 1})


def test_a_body_that_is_too_long_is_refused_before_it_has_come(
    running: Callable[..., Running],
) -> None:
    one = running(DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_MAX_REQUEST_BODY_SIZE="8000")
    assert one.post("/v1/metrics", b"\0" * 9000)[0] == 413
    assert one.otlp.requests_account().dropped == {"request_too_large": 1}


def test_what_is_none_of_otlp_is_no_loss(running: Callable[..., Running]) -> None:
    one = running()
    assert one.post("/other", b"")[0] == 404
    assert one.post("/v1/metrics", b"", method="GET")[0] == 405
    assert one.otlp.requests_account() == Drained()
    assert one.otlp.stats.requests_foreign == 2


def test_malformed_json_is_refused_in_json(running: Callable[..., Running]) -> None:
    status, content_type, body = running().post("/v1/traces", b"{", JSON)
    assert (status, content_type, json.loads(body)["code"]) == (400, JSON, 3)


def test_a_page_of_an_allowed_origin_may_export(running: Callable[..., Running]) -> None:
    page = "https://shop.example"
    one = running(DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_CORS_ALLOWED_ORIGINS=page)
    told = []
    for method, body in (("OPTIONS", b""), ("POST", gauge().SerializeToString())):
        with closing(http.client.HTTPConnection("127.0.0.1", one.ports["http"], timeout=20)) as c:
            headers = {"Origin": page, "Content-Type": PROTOBUF}
            c.request(
                method, "/v1/metrics", body, {**headers, "Access-Control-Request-Method": "POST"}
            )
            answer = c.getresponse()
            told.append((answer.status, answer.headers["Access-Control-Allow-Origin"]))
    assert told == [(200, page)] * 2
    assert one.otlp.requests_account() == Drained(accepted=1, passed_on=1)


def test_a_large_request_is_decoded_beside_the_loop(running: Callable[..., Running]) -> None:
    one = running()
    assert one.post("/v1/metrics", gauge(5000).SerializeToString())[0] == 200
    assert [serie.points[0][1] for serie in one.sinks.series] == list(map(float, range(5000)))


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_call_is_answered_as_grpc_has_it(
    running: Callable[..., Running], compression: grpc.Compression
) -> None:
    one = running()
    with one.channel() as channel:
        stub = MetricsServiceStub(channel)
        for _ in range(3):
            answer = stub.Export(gauge(2000), compression=compression, timeout=20)
            assert answer == ExportMetricsServiceResponse()
        told = stub.Export(cumulative_exponential(), timeout=20).partial_success
    assert told.rejected_data_points == 1
    assert len(one.sinks.series) == 6000
    assert one.otlp.requests_account() == Drained(accepted=4, passed_on=4)


def test_calls_at_the_same_time_are_all_answered(running: Callable[..., Running]) -> None:
    one = running()
    with one.channel() as channel:
        stub = TraceServiceStub(channel)
        futures = [stub.Export.future(ExportTraceServiceRequest(), timeout=20) for _ in range(200)]
        assert all(future.result() is not None for future in futures)
    assert one.otlp.requests_account().passed_on == 200


def test_a_message_larger_than_the_limit_is_refused(running: Callable[..., Running]) -> None:
    one = running(DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_GRPC_MAX_RECV_MSG_SIZE_MIB="1")
    with one.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        MetricsServiceStub(channel).Export(gauge(120_000), timeout=20)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert one.otlp.requests_account() == Drained(accepted=1, dropped={"request_too_large": 1})


@pytest.mark.parametrize(
    ("method", "message", "code", "reason"),
    [
        (
            "metrics.v1.MetricsService",
            b"\x0a\xff",
            grpc.StatusCode.INVALID_ARGUMENT,
            "request_malformed",
        ),
        ("logs.v1.LogsService", b"", grpc.StatusCode.UNIMPLEMENTED, "signal_off"),
    ],
)
def test_a_call_that_cannot_be_taken_has_a_status(
    running: Callable[..., Running],
    method: str,
    message: bytes,
    code: grpc.StatusCode,
    reason: str,
) -> None:
    one = running()
    with one.channel() as channel:
        export = channel.unary_unary(f"/opentelemetry.proto.collector.{method}/Export")
        with pytest.raises(grpc.RpcError) as refused:
            export(message, timeout=20)
    assert (refused.value.code(), bool(refused.value.details())) == (code, True)
    assert one.otlp.requests_account() == Drained(accepted=1, dropped={reason: 1})


def test_a_method_that_is_none_of_otlp_is_no_loss(running: Callable[..., Running]) -> None:
    one = running()
    with one.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=20)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert one.otlp.requests_account() == Drained()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\xff" * 300])
def test_what_is_no_http_2_is_disconnected(running: Callable[..., Running], garbage: bytes) -> None:
    one = running()
    with socket.create_connection(("127.0.0.1", one.ports["grpc"]), timeout=20) as client:
        client.sendall(garbage)
        while client.recv(65536):
            pass
    with one.channel() as channel:
        MetricsServiceStub(channel).Export(gauge(), timeout=20)
    assert len(one.sinks.series) == 1


def test_a_drain_ends_connections_that_wait_for_nothing(running: Callable[..., Running]) -> None:
    one = running()
    with one.channel() as channel:
        MetricsServiceStub(channel).Export(gauge(), timeout=20)
        assert one.post("/v1/metrics", gauge().SerializeToString())[0] == 200
        assert one.drain() == Drained(accepted=2, passed_on=2)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", one.ports["grpc"]), timeout=5)


def test_a_drain_waits_for_a_call_that_has_begun(running: Callable[..., Running]) -> None:
    one = running()
    with one.channel() as channel:
        future = MetricsServiceStub(channel).Export.future(gauge(30_000), timeout=20)
        wait_until(lambda: one.otlp.stats.points_accepted > 0)
        report = one.drain()
        assert future.result() == ExportMetricsServiceResponse()
    assert (report.passed_on, report.late, len(one.sinks.series)) == (1, False, 30_000)


def test_logs_are_refused_without_their_setting(running: Callable[..., Running]) -> None:
    one = running()
    body = ExportLogsServiceRequest().SerializeToString()
    assert one.post("/v1/logs", body)[0] == 404


def test_a_large_request_whose_client_leaves_is_still_passed_on(
    running: Callable[..., Running],
) -> None:
    """A client that has sent everything and ends at once, trusting us, loses nothing."""
    one = running()
    body = gauge(20_000).SerializeToString()
    head = f"POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", one.ports["http"]), timeout=20) as client:
        client.sendall(f"{head}Content-Type: {PROTOBUF}\r\n\r\n".encode() + body)
        client.shutdown(socket.SHUT_WR)
    wait_until(lambda: len(one.sinks.series) == 20_000, 20)


class TagsThatTakeTheirTime:
    """Held back until `released`: what is loaded for the first request reads them."""

    def __init__(self) -> None:
        self.asked, self.released = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[str]:
        self.asked.set()
        self.released.wait(30)
        return iter(())


def test_a_drain_does_not_wait_for_grpc_beyond_its_deadline() -> None:
    """It waited for as long as the opening of the server took, deadline or not."""
    tags = TagsThatTakeTheirTime()
    running = Running({}, tags)
    try:
        with socket.create_connection(("127.0.0.1", running.ports["grpc"])):
            assert tags.asked.wait(20)
            deadline = running._clock.monotonic()
            report = running.call(running.otlp.drain(deadline))
            assert not tags.released.is_set()
            assert report.late
    finally:
        tags.released.set()
        running.end()
