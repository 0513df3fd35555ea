"""Settings as a pipeline."""

from dataclasses import dataclass, replace

from serverless_init.config import (
    ObfuscationSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)
from serverless_init.traces.client_stats import ClientStatsNormalizer
from serverless_init.traces.filters import ChunkFilter
from serverless_init.traces.obfuscate import Obfuscator
from serverless_init.traces.pipeline import Steps, Surroundings, TracePipeline
from serverless_init.traces.replace import Replacer
from serverless_init.traces.sample import Sampling
from serverless_init.traces.stats import ProcessingStats
from serverless_init.traces.truncate import BIG_RESOURCE_BYTES_MAX, RESOURCE_BYTES_MAX
from serverless_init.traces.twin import Concentrator, HarmlessTags, Normalizer

COMPUTE_STATS = "_dd.compute_stats"
"""The tag by which the backend is asked to count spans. Nobody else may count them then."""


@dataclass(frozen=True, slots=True)
class Processing:
    """The parts that share what they remember. `problems` are for the operator, one line each.

    `concentrator` is None when statistics are off or left to the backend.
    """

    pipeline: TracePipeline
    sampling: Sampling
    concentrator: Concentrator | None
    client_stats: ClientStatsNormalizer
    stats: ProcessingStats
    problems: tuple[str, ...]


def build_processing(
    settings: TraceSettings,
    sampling_settings: SamplingSettings,
    stats_settings: TraceStatsSettings,
    obfuscation: ObfuscationSettings,
    surroundings: Surroundings,
    now_ns: int,
) -> Processing:
    """The processing of traces from `now_ns` on."""
    features = frozenset(settings.features)
    stats = ProcessingStats()
    normalizer = Normalizer(stats, component_is_name="component2name" in features)
    filters, replacer = ChunkFilter(settings), Replacer(settings.replace_tags)
    obfuscator = Obfuscator(obfuscation, features)
    sampling = Sampling(
        sampling_settings,
        surroundings.agent_env,
        has_full_id="probabilistic_sampler_full_trace_id" in features,
    )
    if stats_settings.by_backend:
        tags = {**surroundings.global_tags, COMPUTE_STATS: "1"}
        surroundings = replace(surroundings, global_tags=tags)
    is_counting = not stats_settings.disabled and not stats_settings.by_backend
    concentrator = Concentrator(stats_settings, now_ns) if is_counting else None
    is_big = "big_resource" in features
    steps = Steps(
        normalizer=normalizer,
        filters=filters,
        obfuscator=obfuscator,
        replacer=replacer,
        sampling=sampling,
        concentrator=concentrator,
        resource_bytes_max=BIG_RESOURCE_BYTES_MAX if is_big else RESOURCE_BYTES_MAX,
        harmless=HarmlessTags(),
    )
    client_stats = ClientStatsNormalizer(
        normalizer, obfuscator, replacer, agent_env=surroundings.agent_env
    )
    return Processing(
        TracePipeline(steps, surroundings, stats),
        sampling,
        concentrator,
        client_stats,
        stats,
        tuple(filters.problems + replacer.problems),
    )
