"""A job instrumented with OpenTelemetry, with nothing but the SDK's own variables."""

import logging
import os
import signal
import sys
import threading

from opentelemetry import metrics, trace

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

readers = [PeriodicExportingMetricReader(OTLPMetricExporter())]
meters = MeterProvider(metric_readers=readers)
tracers = TracerProvider()
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
loggers = LoggerProvider()
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
metrics.set_meter_provider(meters)
trace.set_tracer_provider(tracers)

meter = metrics.get_meter("shop", "2")
meter.create_counter("orders").add(41, {"shop": "berlin"})
meter.create_up_down_counter("carts").add(7)
sizes = meter.create_histogram("order.size")
for size in (1, 3, 12):
    sizes.record(size)

log = logging.getLogger("shop")
log.addHandler(LoggingHandler(logger_provider=loggers))
with trace.get_tracer("shop", "2").start_as_current_span(
    "GET /cart", kind=trace.SpanKind.SERVER, attributes={"http.request.method": "GET"}
) as span:
    span.set_attribute("http.route", "/cart")
    log.warning("cart %s is full", 7, extra={"limit": 12})
    if "--until-sigterm" not in sys.argv:
        print(f"{span.get_span_context().trace_id:032x}", flush=True)

if "--until-sigterm" in sys.argv:
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    print("waiting", flush=True)
    terminated.wait()
meters.shutdown()
tracers.shutdown()
loggers.shutdown()
