"""From what a tracer sent to what is kept of it: every step, in order.

A chunk is judged as a whole (its ids, its root against the filters), then its spans are worked on
one by one, then they are counted in the statistics, and only then it is sampled: statistics are
about all traffic. The order matters in several places. Filters and statistics see normalised
names; replacement rules see obfuscated values; top-level spans are found by normalised services.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field

from serverless_init.model import PRIORITY_NONE, Span, TraceChunk, TracerPayload
from serverless_init.traces.concentrate import Concentrator, StatsOf
from serverless_init.traces.filters import ChunkFilter, is_own_traffic
from serverless_init.traces.harmless import HarmlessTags
from serverless_init.traces.normalize import Normalizer
from serverless_init.traces.obfuscate import Obfuscator
from serverless_init.traces.replace import Replacer
from serverless_init.traces.sample import Sampling
from serverless_init.traces.stats import INTERRUPTED, NOT_SAMPLED, OWN_TRAFFIC, ProcessingStats
from serverless_init.traces.tags import (
    DECISION_MAKER,
    ORIGIN,
    PRIORITY,
    SAMPLE_RATE,
    SAMPLE_RATE_OF_CLIENT,
    SERVICE_BASE,
    TAGS_CONTAINER,
    TAGS_FUNCTION,
    TAGS_PROCESS,
)
from serverless_init.traces.toplevel import copy_top_level
from serverless_init.traces.truncate import truncate_meta
from serverless_init.traces.twin import has_own_traffic, mark_top_level, root_of, truncate

_HOSTNAME, _ENV, _VERSION = "_dd.hostname", "env", "version"
_GIT_COMMIT, _APM_MODE = "_dd.git.commit.sha", "_dd.apm_mode"
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sender:
    """What a request's headers say beside the payload.

    `client_dropped_traces` and `client_dropped_spans` are what the tracer has dropped itself since
    its last request, because we would not have kept it.
    """

    container_tags: str = ""
    process_tags: str = ""
    computes_top_level: bool = False
    computes_stats: bool = False
    client_dropped_traces: int = 0
    client_dropped_spans: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the place and goes with every span. `origin` names the platform.

    `adopt`, where there is one, may change whose children the spans of a chunk are.
    """

    agent_env: str = "none"
    origin: str = ""
    global_tags: Mapping[str, str] = field(default_factory=dict)
    function_tags: str = ""
    is_edge: bool = False
    adopt: Callable[[Iterable[Span]], None] | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """The parts that a pipeline is made of; `concentrator` is None when nothing is counted."""

    normalizer: Normalizer
    filters: ChunkFilter
    obfuscator: Obfuscator
    replacer: Replacer
    sampling: Sampling
    concentrator: Concentrator | None
    resource_bytes_max: int
    harmless: HarmlessTags


class TracePipeline:
    """Takes payloads; leaves in them what is kept. `stats` accounts for every span."""

    def __init__(self, steps: Steps, surroundings: Surroundings, stats: ProcessingStats) -> None:
        self._steps = steps
        self._place = surroundings
        self._stats = stats
        tags = dict(surroundings.global_tags)
        self._origin = tags.pop(ORIGIN, "")
        self._tags = tags

    def ingest(
        self, payload: TracerPayload, sender: Sender, now: float
    ) -> Generator[None, None, None]:
        """Work `payload` through, chunk by chunk; afterwards it holds what is to be sent.

        Whoever stops halfway has what was worked through until then; the rest is dropped.
        """
        self._stats.spans_accepted += sum(len(chunk.spans) for chunk in payload.chunks)
        self._stats.client_dropped_traces += sender.client_dropped_traces
        self._stats.client_dropped_spans += sender.client_dropped_spans
        self._tag_payload(payload, sender)
        weight = sender.client_dropped_traces / len(payload.chunks) if payload.chunks else 0.0
        chunks, kept = payload.chunks[::-1], []
        try:
            while chunks:
                chunk = chunks[-1]
                if self._ingest(chunk, payload, sender, weight, now):
                    kept.append(chunk)
                chunks.pop()
                yield
        finally:
            payload.chunks = kept
            self._stats.drop(INTERRUPTED, sum(len(chunk.spans) for chunk in chunks))
            self._stats.spans_kept += sum(len(chunk.spans) for chunk in kept)

    def _tag_payload(self, payload: TracerPayload, sender: Sender) -> None:
        payload.env = self._steps.normalizer.tag_value(payload.env)
        tags = payload.tags
        if sender.container_tags:
            tags[TAGS_CONTAINER] = sender.container_tags
        if self._place.function_tags:
            tags[TAGS_FUNCTION] = self._place.function_tags
        if TAGS_PROCESS not in tags:
            first = next((span for chunk in payload.chunks for span in chunk.spans), None)
            process_tags = (first and first.meta.get(TAGS_PROCESS)) or sender.process_tags
            if process_tags:
                tags[TAGS_PROCESS] = process_tags

    def _ingest(
        self, chunk: TraceChunk, payload: TracerPayload, sender: Sender, weight: float, now: float
    ) -> bool:
        """Whether anything of `chunk` is kept."""
        steps = self._steps
        self._discard_own_traffic(chunk)
        spans = chunk.spans
        if not spans:
            return False
        defect = steps.normalizer.defect(spans)
        if defect is not None:
            return self._drop(chunk, defect)
        steps.normalizer.normalize(spans, payload.language_name, int(now * _NS))
        root = root_of(spans)
        _describe_chunk(chunk, root)
        refusal = steps.filters.refusal(root)
        if refusal is not None:
            return self._drop(chunk, refusal)
        self._work_on_spans(chunk, sender)
        _note_client_rate(root)
        if not sender.computes_top_level:
            mark_top_level(spans)
        _describe_payload(payload, root, spans, is_edge=self._place.is_edge)
        if steps.concentrator is not None and not sender.computes_stats:
            self._count(steps.concentrator, chunk, root, payload, now)
        count = len(spans)
        is_kept = steps.sampling.keeps(chunk, root, payload.env, now, weight)
        self._stats.drop(NOT_SAMPLED, count - len(chunk.spans) if is_kept else count)
        return is_kept

    def _discard_own_traffic(self, chunk: TraceChunk) -> None:
        if has_own_traffic(chunk.spans):
            foreign = [span for span in chunk.spans if not is_own_traffic(span)]
            self._stats.drop(OWN_TRAFFIC, len(chunk.spans) - len(foreign))
            chunk.spans = foreign

    def _drop(self, chunk: TraceChunk, reason: str) -> bool:
        self._stats.drop(reason, len(chunk.spans))
        return False

    def _work_on_spans(self, chunk: TraceChunk, sender: Sender) -> None:
        """Tag, obfuscate and cut each span, and apply the replacement rules."""
        place, steps, tags = self._place, self._steps, self._tags
        origin, harmless, obfuscator = place.origin, steps.harmless, steps.obfuscator
        chunk.origin = self._origin or chunk.origin or origin
        if place.adopt:
            place.adopt(chunk.spans)
        for span in chunk.spans:
            meta = span.meta
            if tags:
                meta.update(tags)
            if origin and not meta.get(ORIGIN):
                meta[ORIGIN] = origin
            obfuscator.obfuscate(span)
            if not harmless.has_all(meta):
                obfuscator.hide_cards(meta)
                truncate_meta(span)
                harmless.add(span.meta)
            truncate(span, steps.resource_bytes_max)
        if sender.computes_top_level:
            copy_top_level(chunk.spans)
        steps.replacer.replace(chunk.spans)

    def _count(
        self,
        concentrator: Concentrator,
        chunk: TraceChunk,
        root: Span,
        payload: TracerPayload,
        now: float,
    ) -> None:
        sender = StatsOf(
            env=payload.env or self._place.agent_env,
            hostname=payload.hostname,
            version=payload.app_version,
            container_id=payload.container_id,
            git_commit_sha=root.meta.get(_GIT_COMMIT, ""),
            language=payload.language_name,
            process_tags=payload.tags.get(TAGS_PROCESS, ""),
            service=root.meta.get(SERVICE_BASE, ""),
        )
        concentrator.add(chunk.spans, root, sender, chunk.origin, int(now * _NS))


def _describe_chunk(chunk: TraceChunk, root: Span) -> None:
    """What the root says of the chunk, where the tracer has not said it itself."""
    first = chunk.spans[0]
    if chunk.priority == PRIORITY_NONE:
        priority = root.metrics.get(PRIORITY, first.metrics.get(PRIORITY))
        if priority is not None and -128 <= priority <= 127:
            chunk.priority = int(priority)
    chunk.origin = chunk.origin or root.meta.get(ORIGIN, "")
    decision_maker = first.meta.get(DECISION_MAKER)
    if decision_maker:
        chunk.tags.setdefault(DECISION_MAKER, decision_maker)


def _describe_payload(
    payload: TracerPayload, root: Span, spans: Iterable[Span], *, is_edge: bool
) -> None:
    """What a root says of its tracer, where that has not said it itself."""
    meta = root.meta
    if not payload.hostname:
        payload.hostname = meta.get(_HOSTNAME, "")
    if not payload.env:
        found = (span.meta[_ENV] for span in spans if span.meta.get(_ENV))
        payload.env = meta.get(_ENV) or next(found, "")
    if not payload.app_version:
        payload.app_version = meta.get(_VERSION, "")
    if _APM_MODE not in payload.tags:
        mode = "edge" if is_edge else meta.get(_APM_MODE)
        if mode:
            payload.tags[_APM_MODE] = mode


def _note_client_rate(root: Span) -> None:
    rate = root.metrics.get(SAMPLE_RATE)
    if rate is not None and rate < 1:
        root.metrics[SAMPLE_RATE_OF_CLIENT] = rate
