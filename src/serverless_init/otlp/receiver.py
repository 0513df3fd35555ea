"""From the body of a request to the sinks, whatever protocol it came by.

A body is decoded as a whole before anything of it is taken, away from the loop when it is large.
What it holds is then mapped and passed on in slices of a millisecond or two, between which the loop
does everything else. Requests of a signal are worked on in their order: the points of a series have
to stay in theirs.

Imported with the first request: nobody else pays for what only OpenTelemetry needs.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from serverless_init.clock import Clock
from serverless_init.model import LogSink, Serie, SerieSink, SketchSink, SpanSink
from serverless_init.otlp.answers import Outcome
from serverless_init.otlp.cors import Cors
from serverless_init.otlp.decode_json import decode_json
from serverless_init.otlp.decode_protobuf import decode_protobuf
from serverless_init.otlp.points import Out
from serverless_init.otlp.stats import CUMULATIVE_EXPONENTIAL, OtlpStats
from serverless_init.otlp.to_logs import LogsMapper
from serverless_init.otlp.to_metrics import MetricsMapper
from serverless_init.otlp.to_spans import SpansMapper
from serverless_init.otlp.values import LogsRequest, MetricsRequest, TracesRequest
from serverless_init.wire import decode_aside, in_slices

_log = logging.getLogger("serverless_init.otlp")

METRICS, LOGS, TRACES = "metrics", "logs", "traces"

_REQUESTS: dict[str, type[Any]] = {
    METRICS: MetricsRequest,
    LOGS: LogsRequest,
    TRACES: TracesRequest,
}
_SLICE_S = 0.002
_OFFLOADED_BYTES_MIN = 16_384
_EXPONENTIAL = (
    "cumulative exponential histograms cannot be converted: let the exporter prefer delta "
    "temporality (OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta)"
)


@dataclass(frozen=True, slots=True)
class MetricsRoute:
    """How metrics go on."""

    mapper: MetricsMapper
    series: SerieSink
    sketches: SketchSink


@dataclass(frozen=True, slots=True)
class LogsRoute:
    """How log records go on."""

    mapper: LogsMapper
    sink: LogSink


@dataclass(frozen=True, slots=True)
class SpansRoute:
    """How spans go on."""

    mapper: SpansMapper
    sink: SpanSink


class Receiver:
    """Takes the requests of the signals that have a route. `cors` is for those over HTTP."""

    def __init__(
        self,
        *,
        metrics: MetricsRoute | None,
        logs: LogsRoute | None,
        spans: SpansRoute | None,
        stats: OtlpStats,
        clock: Clock,
        cors: Cors,
    ) -> None:
        self.cors = cors
        self._metrics = metrics
        self._logs = logs
        self._spans = spans
        self._stats = stats
        self._clock = clock
        self._locks = {signal: asyncio.Lock() for signal in _REQUESTS}
        self._told_exponential = False
        self._told_off: set[str] = set()

    def takes(self, signal: str) -> bool:
        """Whether `signal` is on. What comes although it is off is said once."""
        routes = {METRICS: self._metrics, LOGS: self._logs, TRACES: self._spans}
        if routes[signal] is None and signal not in self._told_off:
            self._told_off.add(signal)
            variable = f"DD_OTLP_CONFIG_{signal.upper()}_ENABLED"
            _log.warning("%s come by OTLP and are refused; %s=true takes them", signal, variable)
        return routes[signal] is not None

    async def take(self, signal: str, body: bytes, *, as_json: bool) -> Outcome:
        """Pass on what `body` holds. Raises `Undecodable`: then nothing of it has been taken."""
        kind, decode = _REQUESTS[signal], decode_json if as_json else decode_protobuf
        request = await decode_aside(
            lambda: decode(kind, body),
            len(body),
            bytes_min=_OFFLOADED_BYTES_MIN,
            name="otlp decode",
        )
        async with self._locks[signal]:
            if isinstance(request, MetricsRequest) and self._metrics:
                return await self._take_metrics(self._metrics, request)
            if isinstance(request, LogsRequest) and self._logs:
                return await self._take_logs(self._logs, request)
            if isinstance(request, TracesRequest) and self._spans:
                return await self._take_spans(self._spans, request)
        raise AssertionError("only signals that are on are taken")

    async def _take_metrics(self, route: MetricsRoute, request: MetricsRequest) -> Outcome:
        refused = self._refused_points()
        with closing(route.mapper.points(request, self._clock.now())) as points:
            async for outs in in_slices(points, _SLICE_S, self._clock):
                _submit(outs, route)
        rejected = self._refused_points() - refused
        if rejected and not self._told_exponential:
            self._told_exponential = True
            _log.warning("%s", _EXPONENTIAL)
        return Outcome(rejected, _EXPONENTIAL if rejected else "")

    async def _take_logs(self, route: LogsRoute, request: LogsRequest) -> Outcome:
        with closing(route.mapper.messages(request, self._clock.now())) as messages:
            async for message in in_slices(messages, _SLICE_S, self._clock):
                route.sink.submit(message)
        return Outcome()

    async def _take_spans(self, route: SpansRoute, request: TracesRequest) -> Outcome:
        with closing(route.mapper.payloads(request)) as payloads:
            async for mapped in in_slices(payloads, _SLICE_S, self._clock):
                if mapped is not None:
                    await route.sink.submit(
                        mapped.payload, is_counted=mapped.is_counted, is_marked=mapped.is_marked
                    )
        return Outcome()

    def _refused_points(self) -> int:
        return self._stats.points_dropped[CUMULATIVE_EXPONENTIAL]


def _submit(outs: Iterable[Out], route: MetricsRoute) -> None:
    for out in outs:
        if isinstance(out, Serie):
            route.series.submit(out)
        else:
            route.sketches.submit_sketch(out)
