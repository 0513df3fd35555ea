"""The signals beside metrics: which of them are wanted, where each goes, and the pipeline of each.

The code of a signal that is not wanted is not imported.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from serverless_init.clock import Clock
from serverless_init.config import EnhancedSettings, LogsSettings, OtlpSettings, ReceiverSettings
from serverless_init.forwarder import IntakeAddress, IntakeEndpoint, Outlet
from serverless_init.intakes import signal_endpoints
from serverless_init.lifecycle import Component, Drained
from serverless_init.model import ExitReport
from serverless_init.platforms import CLOUD_RUN_JOB, Place
from serverless_init.start import Start

if TYPE_CHECKING:
    from serverless_init.enhanced import JobSpan
    from serverless_init.forensics import StderrTail

Endpoints = tuple[IntakeEndpoint, ...]


class Signal(Protocol):
    """The pipeline of one signal. `stages` are its forwarders and its sources.

    `tell_end` takes how the app ended, before anybody drains, and `stderr` remembers the app's last
    lines; None where it does not.
    """

    stages: tuple[tuple[Component, ...], ...]
    stderr: "StderrTail | None"

    @property
    def tell_end(self) -> Callable[[ExitReport], None] | None: ...

    async def flush(self, deadline: float) -> None:
        """Pass on and deliver what is held before `deadline`."""

    def name_instance(self, tag: str) -> None:
        """Put `tag` (``key:value``), in the place of an earlier one, on what comes from now on."""

    def accounts(self) -> Mapping[str, Drained]:
        """By name, in units of their own, for the receipt."""

    def facts(self) -> Mapping[str, int]:
        """What the receipt says besides, by its own names."""


def wanted_signals(start: Start, place: Place, local: Endpoints | None) -> dict[str, Endpoints]:
    """The intakes of each signal that can come; those of the embedded one, if there is one."""
    addresses: dict[str, IntakeAddress] = {}
    if _collects_logs(start):
        from serverless_init.logs_pipeline import logs_address

        addresses["logs"] = logs_address(start.configuration)
    if start.trace_sockets or _takes_spans(start) or _is_traced_task(start, place):
        from serverless_init.traces_pipeline import traces_address

        addresses["traces"] = traces_address(start.configuration)
    return {
        signal: signal_endpoints(start.configuration, address) if local is None else local
        for signal, address in addresses.items()
    }


def open_signals(
    start: Start,
    wanted: Mapping[str, Endpoints],
    *,
    outlet: Outlet,
    place: Place,
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
            surroundings=(place, start.environ),
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
            surroundings=TracesSurroundings(
                place,
                local[0].origin if local else None,
                job_span=_job_span(start, place),
            ),
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


def _is_traced_task(start: Start, place: Place) -> bool:
    """Whether we are a job's task, and it is to have a span, be anybody listened to or not."""
    of = start.configuration.of
    wanted = of(ReceiverSettings).enabled and of(EnhancedSettings).job_span
    return place.platform is CLOUD_RUN_JOB and wanted


def _job_span(start: Start, place: Place) -> "JobSpan | None":
    if not _is_traced_task(start, place):
        return None
    from serverless_init.container import open_job_span

    return open_job_span(start, place)
