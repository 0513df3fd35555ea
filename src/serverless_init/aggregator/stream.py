"""Series that need no aggregation, on their way into payloads as they come.

The Agent's no-aggregation pipeline: a payload is ended when it has more than `samples_max` samples,
or when a check, every two seconds, finds that nothing came for one. Here it is also ended at a
check that finds it ten seconds old, so that a client which sends one point every half second does
not wait for the two thousandth; and by the owner at a forced flush and at the end.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from serverless_init.model import Payload
from serverless_init.serializer import Batch

CHECK_INTERVAL_S = 2.0
_QUIET_S = 1.0
_AGE_MAX_S = 10.0


class _Counted(Protocol):
    @property
    def samples(self) -> int: ...


T = TypeVar("T", bound=_Counted)


class SerieStream(Generic[T]):
    """The open payload. `open_batch` makes a serializer's batch; times are monotonic seconds."""

    def __init__(self, open_batch: Callable[[], Batch[T]], *, samples_max: int) -> None:
        self._open_batch = open_batch
        self._samples_max = samples_max
        self._batch: Batch[T] | None = None
        self._samples = 0
        self._opened_at = 0.0
        self._added_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a payload has been begun."""
        return self._batch is not None

    def add(self, serie: T, now: float) -> tuple[Payload, ...]:
        """Take `serie`; the payloads that this ended, usually none."""
        if self._batch is None:
            self._batch = self._open_batch()
            self._opened_at = now
            self._samples = 0
        self._added_at = now
        ended = self._batch.add(serie)
        # A payload that a limit ended left `serie` to the next one.
        self._samples = serie.samples if ended else self._samples + serie.samples
        if self._samples > self._samples_max:
            ended += self.finish()
        return ended

    def is_due(self, now: float) -> bool:
        """Whether a check at `now` ends the payload."""
        quiet = now - self._added_at >= _QUIET_S
        return self.is_open and (quiet or now - self._opened_at >= _AGE_MAX_S)

    def finish(self) -> tuple[Payload, ...]:
        """End the payload and return it; none when nothing has been begun."""
        batch, self._batch = self._batch, None
        return batch.finish() if batch else ()
