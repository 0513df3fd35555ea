"""About the container and the app in it: enhanced metrics, and how the app ended."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.config import Configuration, EnhancedSettings, OriginSettings
from serverless_init.enhanced import Enhanced, KernelFiles, Subject, Wanted
from serverless_init.forensics import AppEnd, Forensics
from serverless_init.model import ExitReport, SampleSink
from serverless_init.platforms import Place
from serverless_init.process import from_wait_status, signal_of
from serverless_init.start import Start

if TYPE_CHECKING:
    from serverless_init.logs_pipeline import LogsPipeline

# Origins. A MicroVM is the only container that is a machine of its own; its start and end are told
# by hooks. Of jobs only Cloud Run's have metrics of their tasks.
_MICRO_VM = "lambdamicrovm"
_CLOUD_RUN_JOB = "cloudrunjobs"
_TASK_PREFIX = "gcp.run.job."


def open_enhanced(start: Start, place: Place, sampler: SampleSink, clock: Clock) -> Enhanced:
    """The component of enhanced metrics."""
    settings = start.configuration.of(EnhancedSettings)
    return Enhanced(
        subject_of(place),
        wanted=Wanted(settings.memory, settings.network, settings.out_of_memory),
        files=_files(start.configuration, place.platform.origin),
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
        task_prefix=_TASK_PREFIX if platform.origin == _CLOUD_RUN_JOB else "",
        legacy_prefix=platform.legacy_prefix,
        legacy_tags=tags.metric,
        tells_start_and_end=platform.origin != _MICRO_VM,
    )


def open_forensics(
    start: Start,
    origin: str,
    logs: "LogsPipeline | None",
    clock: Clock,
    tell: Iterable[Callable[[ExitReport], object]] = (),
) -> Forensics:
    """The component that tells the logs, if there are any, and each of `tell` how the app ended.

    `origin` is the platform's.
    """
    files = _files(start.configuration, origin)
    return Forensics(
        end=lambda: app_end(start),
        kills=lambda: files.read(clock.monotonic()).oom_kills,
        owns_group=os.getpid() == 1,
        tail=logs.stderr if logs else None,
        masked=logs.masked if logs else bytes,
        tell=(logs.tell_end, *tell) if logs else tell,
        clock=clock,
    )


def app_end(start: Start) -> AppEnd:
    """How the app ended; without an app, well."""
    status = start.reaper.status or 0
    told = start.relay.terminated_at is not None
    return AppEnd(from_wait_status(status), signal_of(status), was_stopped=told)


def _files(configuration: Configuration, origin: str) -> KernelFiles:
    return KernelFiles(
        configuration.of(OriginSettings).proc.rstrip("/"),
        configuration.of(EnhancedSettings).cgroups.rstrip("/"),
        whole_machine=origin == _MICRO_VM,
    )
