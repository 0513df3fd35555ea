"""Analytics events: single spans that are kept although their trace is dropped.

An older feature of tracers, which ask for it with a rate on the span; settings may ask for it too,
by service and operation, or by service for its top-level spans.
"""

from collections.abc import Mapping

from serverless_init.model import Span
from serverless_init.traces.samplers.score import is_sampled
from serverless_init.traces.tags import EVENT, EVENT_RATE, TOP_LEVEL


class EventExtractor:
    """Finds the events of a chunk, at most so many a second."""

    def __init__(
        self,
        per_second_max: float,
        rates: Mapping[str, float],
        rates_by_service: Mapping[str, float],
    ) -> None:
        self._per_second_max = per_second_max
        self._rates = rates
        self._rates_by_service = rates_by_service
        self._second = 0
        self._taken = 0

    def extract(self, spans: list[Span], now: float) -> list[Span]:
        """The spans of a dropped chunk that are kept as events, marked."""
        return [span for span in spans if self._takes(span, now)]

    def _takes(self, span: Span, now: float) -> bool:
        rate = self._rate(span)
        if not rate or not is_sampled(span.trace_id, rate):
            return False
        if int(now) != self._second:
            self._second, self._taken = int(now), 0
        if self._taken >= self._per_second_max:
            return False
        self._taken += 1
        span.metrics[EVENT_RATE] = rate
        span.metrics[EVENT] = 1.0
        return True

    def _rate(self, span: Span) -> float:
        rate = span.metrics.get(EVENT_RATE)
        if rate is None and self._rates:
            rate = self._rates.get(f"{span.service}|{span.name}")
        if rate is None and self._rates_by_service and span.metrics.get(TOP_LEVEL) == 1:
            rate = self._rates_by_service.get(span.service)
        return rate or 0.0
