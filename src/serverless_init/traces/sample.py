"""Which chunks are kept: the samplers, in their order.

A chunk that no sampler keeps may still be kept in part: spans that their tracer has sampled one by
one, or else those that are analytics events.
"""

from serverless_init.config import SamplingSettings
from serverless_init.model import PRIORITY_NONE, Span, TraceChunk
from serverless_init.traces.samplers import (
    EventExtractor,
    PrioritySampler,
    ProbabilisticSampler,
    RareSampler,
    Rates,
    ScoreSampler,
)
from serverless_init.traces.samplers.probabilistic import DECISION_MAKER as BY_PROBABILITY
from serverless_init.traces.tags import DECISION_MAKER, SPAN_SAMPLING_MECHANISM

ERRORS_RATE = "_dd.errors_sr"
NO_PRIORITY_RATE = "_dd.no_p_sr"
ERROR_STANDALONE = "_dd.error_tracking_standalone.error"

_PRIORITY_KEEP, _PRIORITY_DROP, _PRIORITY_SPANS = 1, 0, 2
_EXCEPTION = "exception"
_HAS_EXCEPTION = "_dd.span_events.has_exception"


class Sampling:
    """Decides chunk by chunk. `agent_env` is the env of what has none."""

    def __init__(
        self, settings: SamplingSettings, agent_env: str, *, has_full_id: bool = False
    ) -> None:
        self._priority = PrioritySampler(settings.target_tps, agent_env)
        self._no_priority = ScoreSampler(settings.target_tps, NO_PRIORITY_RATE, agent_env)
        self._errors = ScoreSampler(settings.errors_tps, ERRORS_RATE, agent_env)
        self._rare = RareSampler() if settings.rare_enabled else None
        self._events = EventExtractor(
            settings.events_per_second_max,
            dict(settings.event_rates),
            dict(settings.event_rates_by_service),
        )
        self._is_errors_only = settings.errors_only
        self._probabilistic = (
            ProbabilisticSampler(
                settings.probabilistic_percentage,
                settings.probabilistic_hash_seed,
                has_full_id=has_full_id,
            )
            if settings.probabilistic_enabled
            else None
        )

    @property
    def rates(self) -> Rates:
        """What to answer to tracers."""
        return self._priority.rates

    def keeps(
        self, chunk: TraceChunk, root: Span, env: str, now: float, client_dropped: float = 0.0
    ) -> bool:
        """Whether anything of `chunk` is kept. What is not kept is taken out of it.

        `client_dropped` is how many traces the tracer dropped for each that it sent.
        """
        if self._is_errors_only:
            return self._keeps_error_only(chunk, root, env, now)
        if self._keeps_whole(chunk, root, env, now, client_dropped):
            return True
        return self._keeps_part(chunk, now)

    def _keeps_whole(
        self, chunk: TraceChunk, root: Span, env: str, now: float, client_dropped: float
    ) -> bool:
        priority = chunk.priority
        is_rare = self._rare is not None and self._rare.keeps(chunk.spans, env, priority, now)
        if self._probabilistic is not None:
            return self._keeps_by_probability(chunk, root, env, now, is_rare)
        if priority == PRIORITY_NONE:
            is_kept = is_rare or self._no_priority.keeps(chunk.spans, root, env, now)
        elif priority < 0:
            return False
        else:
            is_kept = self._priority.keeps(root, env, priority, now, client_dropped) or is_rare
        return is_kept or self._keeps_error(chunk, root, env, now)

    def _keeps_by_probability(
        self, chunk: TraceChunk, root: Span, env: str, now: float, is_rare: bool
    ) -> bool:
        assert self._probabilistic is not None
        is_kept = is_rare
        if not is_kept and self._probabilistic.keeps(root):
            chunk.tags[DECISION_MAKER] = BY_PROBABILITY
            is_kept = True
        is_kept = is_kept or self._keeps_error(chunk, root, env, now)
        chunk.priority = _PRIORITY_KEEP if is_kept else _PRIORITY_DROP
        return is_kept

    def _keeps_error(self, chunk: TraceChunk, root: Span, env: str, now: float) -> bool:
        has_error = any(span.error for span in chunk.spans)
        return has_error and self._errors.keeps(chunk.spans, root, env, now)

    def _keeps_error_only(self, chunk: TraceChunk, root: Span, env: str, now: float) -> bool:
        """The mode in which nothing but errors is sent."""
        if not any(span.error or _has_exception(span) for span in chunk.spans):
            return False
        chunk.tags[ERROR_STANDALONE] = "true"
        return self._errors.keeps(chunk.spans, root, env, now)

    def _keeps_part(self, chunk: TraceChunk, now: float) -> bool:
        sampled = [span for span in chunk.spans if SPAN_SAMPLING_MECHANISM in span.metrics]
        if sampled:
            chunk.spans, chunk.priority, chunk.is_dropped = sampled, _PRIORITY_SPANS, False
            return True
        # A user's or a rule's rejection rejects events too.
        if chunk.priority < 0 and chunk.priority != PRIORITY_NONE:
            return False
        events = self._events.extract(chunk.spans, now)
        if events:
            chunk.spans, chunk.is_dropped = events, True
        return bool(events)


def _has_exception(span: Span) -> bool:
    return span.meta.get(_HAS_EXCEPTION) == "true" or any(
        event.name == _EXCEPTION for event in span.events or ()
    )
