"""Settings and surroundings as a receiver with everything behind it."""

import logging

from serverless_init import __version__
from serverless_init.clock import Clock
from serverless_init.config import (
    AggregatorSettings,
    ForwarderSettings,
    LogsSettings,
    ObfuscationSettings,
    PassingSettings,
    ReceiverSettings,
    SamplingSettings,
    TagSettings,
    TraceSettings,
    TraceStatsSettings,
)
from serverless_init.traces.build import Processing, build_processing
from serverless_init.traces.encode import AgentPayload
from serverless_init.traces.info import info_of
from serverless_init.traces.ingest import Ingest
from serverless_init.traces.options import TracesOptions
from serverless_init.traces.passing import Passing, Place, check_settings
from serverless_init.traces.pipeline import Surroundings
from serverless_init.traces.proxies import Proxies
from serverless_init.traces.receiver import Receiver, ReceiverOptions
from serverless_init.traces.stats import ReceiverStats
from serverless_init.traces.write import StatsWriter, TraceWriter
from serverless_init.wire import Codec, choose_codec

_log = logging.getLogger("serverless_init.traces")

_UNNAMED = "none"


def assemble(options: TracesOptions, stats: ReceiverStats, clock: Clock) -> Receiver:
    """What answers tracers; what is wrong in the settings is said in one line each."""
    of = options.configuration.of
    env, processing = _env(options), _processing(options, clock)
    for problem in (*processing.problems, *check_settings(of(PassingSettings))):
        _log.warning("%s", problem)
    return Receiver(
        ReceiverOptions(
            of(ReceiverSettings).payload_bytes_max,
            info_of(options.configuration, default_env=env),
            options.statsd,
        ),
        ingest=Ingest(
            processing, traces=_trace_writer(options, env), stats=_stats_writer(options, env)
        ),
        proxies=Proxies(
            Passing(of(PassingSettings), _place(options, env)),
            client=options.client,
            api_key=options.api_key,
            stats=stats,
        ),
        stats=stats,
        clock=clock,
    )


def _processing(options: TracesOptions, clock: Clock) -> Processing:
    of = options.configuration.of
    return build_processing(
        of(TraceSettings),
        of(SamplingSettings),
        of(TraceStatsSettings),
        of(ObfuscationSettings),
        Surroundings(
            agent_env=_env(options),
            origin=options.platform,
            global_tags=options.tags,
            function_tags=options.function_tags,
            is_edge=of(TraceSettings).mode == "edge",
            adopt=options.adopt,
        ),
        int(clock.now() * 1e9),
    )


def _trace_writer(options: TracesOptions, env: str) -> TraceWriter:
    sampling = options.configuration.of(SamplingSettings)
    frame = AgentPayload(
        hostname=_host(options),
        env=env,
        agent_version=__version__,
        target_tps=sampling.target_tps,
        errors_tps=sampling.errors_tps,
        is_rare_enabled=sampling.rare_enabled,
    )
    return TraceWriter(frame, codec=_codec(), out=options.spans)


def _stats_writer(options: TracesOptions, env: str) -> StatsWriter:
    return StatsWriter(
        hostname=_host(options),
        env=env,
        version=__version__,
        codec=choose_codec("gzip"),
        out=options.statistics,
    )


def _place(options: TracesOptions, env: str) -> Place:
    of = options.configuration.of
    return Place(
        site=of(ForwarderSettings).site,
        apm=options.apm,
        instead=options.instead,
        host=_host(options),
        env=env,
        origin=options.platform,
        tags=options.tags,
        profile_tags=options.profile_tags,
        logs_enabled=of(LogsSettings).enabled,
    )


def _env(options: TracesOptions) -> str:
    """The env of traces that have none."""
    of = options.configuration.of
    return (of(TraceSettings).env or of(TagSettings).env).lower() or _UNNAMED


def _host(options: TracesOptions) -> str:
    host = options.configuration.of(AggregatorSettings).hostname
    return "" if host == _UNNAMED else host


def _codec() -> Codec:
    """zstd, as the original has it; gzip, which every intake for traces takes, without it."""
    codec = choose_codec("zstd")
    return codec if codec.is_of("zstd") else choose_codec("gzip")
