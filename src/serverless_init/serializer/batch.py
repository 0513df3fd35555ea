"""Values of one kind on their way into payloads: one at a time, in rows, twice, or not at all.

`Batch` is what an owner sees; which one it gets depends on the kind's format and settings.
"""

from typing import Generic, Protocol, TypeVar

from serverless_init.model import Event, Payload, Serie, ServiceCheck, SketchSerie
from serverless_init.serializer.split import Item, PayloadBuilder
from serverless_init.serializer.stats import SerializerStats

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Batch(Protocol[T_contra]):
    """Takes values, returns payloads, both in order."""

    def add(self, value: T_contra, /) -> tuple[Payload, ...]:
        """Take `value`; return the payloads that this completed, usually none."""

    def finish(self) -> tuple[Payload, ...]:
        """The payload of what is left, if anything is."""


class Encoder(Protocol[T_contra]):
    """Turns one value into bytes."""

    def encode(self, value: T_contra, /) -> Item:
        """`value`, encoded."""


class RowBatch(Generic[T]):
    """One item after the other: every format but the columnar one."""

    def __init__(self, encoder: Encoder[T], builder: PayloadBuilder) -> None:
        self._encoder = encoder
        self._builder = builder

    def add(self, value: T) -> tuple[Payload, ...]:
        """See `Batch`."""
        return self._builder.add(self._encoder.encode(value))

    def finish(self) -> tuple[Payload, ...]:
        """See `Batch`."""
        return self._builder.finish()


class DisabledBatch:
    """A kind that is switched off: nothing is sent, everything is counted as `reason`."""

    def __init__(self, reason: str, stats: SerializerStats) -> None:
        self._reason = reason
        self._stats = stats

    def add(self, value: Serie | SketchSerie | Event | ServiceCheck) -> tuple[Payload, ...]:
        """See `Batch`."""
        # An event or a check is one sample.
        samples = value.samples if isinstance(value, Serie | SketchSerie) else 1
        self._stats.samples_accepted += samples
        self._stats.drop(self._reason, samples)
        return ()

    def finish(self) -> tuple[Payload, ...]:
        """See `Batch`."""
        return ()


class EveryBatch(Generic[T]):
    """The same values in several formats, for intakes that do not take the same one."""

    def __init__(self, batches: tuple[Batch[T], ...]) -> None:
        self._batches = batches

    def add(self, value: T) -> tuple[Payload, ...]:
        """See `Batch`."""
        return tuple(payload for batch in self._batches for payload in batch.add(value))

    def finish(self) -> tuple[Payload, ...]:
        """See `Batch`."""
        return tuple(payload for batch in self._batches for payload in batch.finish())
