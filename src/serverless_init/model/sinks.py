"""The protocols by which siblings meet: one method each."""

from typing import Protocol

from serverless_init.model.events import Event, ServiceCheck
from serverless_init.model.logs import LogMessage
from serverless_init.model.metrics import MetricSample, Serie, SketchSerie
from serverless_init.model.payloads import Payload
from serverless_init.model.spans import TracerPayload


class EventSink(Protocol):
    """Takes events and service checks, in arrival order."""

    def add(self, item: Event | ServiceCheck) -> None:
        """Keep `item` until the next flush. Never blocks, never raises."""


class SerieSink(Protocol):
    """Takes series that need no aggregation, in arrival order."""

    def submit(self, serie: Serie) -> None:
        """Pass `serie` on with the next payload. Never blocks, never raises."""


class SketchSink(Protocol):
    """Takes distributions that need no aggregation, in arrival order."""

    def submit_sketch(self, serie: SketchSerie) -> None:
        """Pass `serie` on with the next payload. Never blocks, never raises."""


class LogSink(Protocol):
    """Takes log messages that are whole, in arrival order."""

    def submit(self, message: LogMessage) -> None:
        """Pass `message` on with the next payload. Never blocks, never raises."""


class SpanSink(Protocol):
    """Takes spans, as a tracer sends them."""

    async def submit(
        self, payload: TracerPayload, *, is_counted: bool, is_marked: bool = False
    ) -> None:
        """Work `payload` through and keep it for delivery.

        `is_counted` says that its sender has counted its spans for the statistics, `is_marked` that
        it has marked those that enter a service (``_dd.top_level``).
        """


class PayloadSink(Protocol):
    """Takes encoded payloads for delivery."""

    def submit(self, payload: Payload) -> None:
        """Queue `payload`. Never blocks; what cannot be kept is counted as dropped."""


class SampleSink(Protocol):
    """Takes samples of our own metrics: names and tags are as they are to be sent."""

    def add(self, sample: MetricSample, now: float) -> None:
        """Aggregate `sample`, which is of `now` (unix seconds). Never blocks, never raises."""
