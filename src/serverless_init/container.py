"""About the container and the app in it: enhanced metrics, and how the app ended."""

import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.config import (
    Configuration,
    EnhancedSettings,
    MicroVmSettings,
    OriginSettings,
)
from serverless_init.enhanced import Enhanced, JobSpan, KernelFiles, Subject, Wanted
from serverless_init.forensics import AppEnd, Forensics
from serverless_init.model import ExitReport, SampleSink
from serverless_init.platforms import CLOUD_RUN_JOB, Place, as_mapping
from serverless_init.process import from_wait_status, signal_of
from serverless_init.signals import Signal
from serverless_init.start import Start

if TYPE_CHECKING:
    from serverless_init.hooks import Hooks

_log = logging.getLogger("serverless_init.container")

# The only container that is a machine of its own; its start and end are told by hooks.
_MICRO_VM = "lambdamicrovm"
_TASK_PREFIX = "gcp.run.job."
_ID_BYTES = 8


def open_enhanced(start: Start, place: Place, sampler: SampleSink, clock: Clock) -> Enhanced:
    """The component of enhanced metrics."""
    settings = start.configuration.of(EnhancedSettings)
    return Enhanced(
        replace(subject_of(place), began_at=start.began_at),
        wanted=Wanted(settings.memory, settings.network, settings.out_of_memory),
        files=_files(start.configuration, place),
        out=sampler,
        succeeded=lambda: app_end(start).code == 0,
        clock=clock,
    )


def subject_of(place: Place) -> Subject:
    """How metrics about the container are named and tagged in `place`."""
    platform, tags = place.platform, place.tags
    return Subject(
        prefix=platform.metric_prefix,
        tags=tags.enhanced,
        usage=platform.usage_suffix,
        usage_tags=tags.usage,
        task_prefix=_TASK_PREFIX if platform is CLOUD_RUN_JOB else "",
        legacy_prefix=platform.legacy_prefix,
        legacy_tags=tags.metric,
        tells_start_and_end=platform.origin != _MICRO_VM,
    )


def open_hooks(
    start: Start,
    place: Place,
    sampler: SampleSink,
    *,
    flush: Callable[[float], Awaitable[None]],
    named: Callable[[str], None],
    clock: Clock,
) -> "Hooks":
    """The component that answers the hooks of a MicroVM."""
    from serverless_init.hooks import Hooks, HooksOptions

    settings = start.configuration.of(MicroVmSettings)
    app_port = settings.app_port
    if app_port == settings.port:
        _log.warning("the program cannot answer hooks on port %d, which is ours", app_port)
        app_port = 0
    return Hooks(
        HooksOptions(
            port=settings.port,
            app_port=app_port,
            forward_s=settings.forward_timeout_ms / 1000,
            ready_s=settings.ready_timeout_ms / 1000,
            validate_s=settings.validate_timeout_ms / 1000,
            image_arn=start.environ.get("AWS_LAMBDA_MICROVM_IMAGE_ARN", ""),
            tags=place.tags.enhanced,
        ),
        out=sampler,
        flush=flush,
        app_runs=lambda: start.reaper.status is None,
        named=named,
        clock=clock,
    )


def open_forensics(
    start: Start, place: Place, signals: Iterable[Signal], clock: Clock
) -> Forensics:
    """The component that tells the operator and those of `signals` that want to know how it ended.

    The operator learns from us what the platform does not always say; the rest he sees.
    """
    signals = tuple(signals)
    tell = [_complain_of_memory, *(signal.tell_end for signal in signals if signal.tell_end)]
    files = _files(start.configuration, place)
    return Forensics(
        end=lambda: app_end(start),
        kills=lambda: files.read(clock.monotonic()).oom_kills,
        owns_group=os.getpid() == 1,
        tail=next((signal.stderr for signal in signals if signal.stderr), None),
        tell=tell,
        clock=clock,
    )


def _complain_of_memory(report: ExitReport) -> None:
    if report.oom_kills:
        _log.warning("%s: raise its memory limit", report.text)


def open_job_span(start: Start, place: Place) -> JobSpan:
    """The span of a Cloud Run job's task, which began when we did."""
    return JobSpan(
        start.environ.get("CLOUD_RUN_JOB", ""),
        ids=(_id(), _id()),
        tags=as_mapping(place.tags.trace),
        start_ns=int(start.began_at * 1e9),
    )


def _id() -> int:
    """A random id of 64 bits, never 0."""
    return int.from_bytes(os.urandom(_ID_BYTES)) or 1


def app_end(start: Start) -> AppEnd:
    """How the app ended; without an app, well."""
    status = start.reaper.status or 0
    told = start.relay.terminated_at is not None
    return AppEnd(from_wait_status(status), signal_of(status), was_stopped=told)


def _files(configuration: Configuration, place: Place) -> KernelFiles:
    return KernelFiles(
        configuration.of(OriginSettings).proc.rstrip("/"),
        configuration.of(EnhancedSettings).cgroups.rstrip("/"),
        whole_machine=place.platform.origin == _MICRO_VM,
    )
