"""The signals beside metrics: which of them are wanted, where each goes, and the pipeline of each.

The code of a signal that is not wanted is not imported.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from serverless_init.clock import Clock
from serverless_init.config import LogsSettings, OtlpSettings, ReceiverSettings
from serverless_init.forwarder import IntakeEndpoint, Outlet
from serverless_init.intakes import signal_endpoints
from serverless_init.lifecycle import Component, Drained
from serverless_init.start import Start

Endpoints = tuple[IntakeEndpoint, ...]


class Signal(Protocol):
    """The pipeline of one signal. `stages` are its forwarders and its sources."""

    stages: tuple[tuple[Component, ...], ...]

    async def flush(self, deadline: float) -> None:
        """Pass on and deliver what is held before `deadline`."""

    def accounts(self) -> Mapping[str, Drained]:
        """By name, in units of their own, for the receipt."""

    def facts(self) -> Mapping[str, int]:
        """What the receipt says besides, by its own names."""


def wanted_signals(start: Start, local: Endpoints | None) -> dict[str, Endpoints]:
    """The intakes of each signal that can come; those of the embedded one, if there is one."""
    wanted: dict[str, Endpoints] = {}
    if _collects_logs(start):
        if local is None:
            from serverless_init.logs_pipeline import logs_address

            address = logs_address(start.configuration)
            wanted["logs"] = signal_endpoints(start.configuration, address)
        else:
            wanted["logs"] = local
    if start.trace_sockets or _takes_spans(start):
        if local is None:
            from serverless_init.traces_pipeline import traces_address

            address = traces_address(start.configuration)
            wanted["traces"] = signal_endpoints(start.configuration, address)
        else:
            wanted["traces"] = local
    return wanted


def open_signals(
    start: Start,
    wanted: Mapping[str, Endpoints],
    *,
    outlet: Outlet,
    platform: str,
    statsd: Callable[[list[bytes]], None],
    clock: Clock,
) -> Iterator[Signal]:
    """The pipelines of the signals that are `wanted`. `statsd` takes packets for DogStatsD."""
    if "logs" in wanted:
        from serverless_init.logs_pipeline import LogsPipeline

        yield LogsPipeline(
            start.configuration,
            streams=start.capture.streams if start.capture else (),
            endpoints=wanted["logs"],
            outlet=outlet,
            surroundings=(platform, start.environ),
            clock=clock,
        )
    if "traces" in wanted:
        from serverless_init.traces_pipeline import TracesPipeline, TracesSurroundings

        local = wanted["traces"] if start.local else ()
        yield TracesPipeline(
            start.configuration,
            sockets=start.trace_sockets,
            endpoints=wanted["traces"],
            outlet=outlet,
            surroundings=TracesSurroundings(platform, local[0].origin if local else None),
            statsd=statsd,
            clock=clock,
        )


def _collects_logs(start: Start) -> bool:
    """Whether lines can come: from the app's output, from files, or as records by OTLP."""
    settings = start.configuration.of(LogsSettings)
    sources = start.capture or settings.path or settings.instance_logging
    by_otlp = start.otlp_sockets and start.configuration.of(OtlpSettings).logs_enabled
    return bool(by_otlp or (settings.enabled and sources))


def _takes_spans(start: Start) -> bool:
    """Whether spans can come by OTLP."""
    of = start.configuration.of
    enabled = of(ReceiverSettings).enabled and of(OtlpSettings).traces_enabled
    return bool(start.otlp_sockets) and enabled
