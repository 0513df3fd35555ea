"""Series, sketches, events and service checks become payloads.

There are two ways to use it. The iterators (`series`, `sketches`, ...) are for those who may take
their time. An owner with an event loop opens a batch and interleaves, since one payload can take
tens of milliseconds to fill while one `Batch.add` stays below one::

    batch = serializer.open_series()
    for serie in closed:
        for payload in batch.add(serie):
            forwarder.submit(payload)
        ...  # give the loop a turn when the time slice is used up
    for payload in batch.finish():
        forwarder.submit(payload)

Several batches may be open at once. A batch that is never finished stays visible in
``stats.samples_held``.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from serverless_init.config import SerializerSettings
from serverless_init.model import Event, Origin, Payload, Serie, ServiceCheck, SketchSerie
from serverless_init.serializer.checks import SERVICE_CHECKS_FORMAT, ServiceCheckEncoder
from serverless_init.serializer.events import EventEncoder, by_source_type, events_format
from serverless_init.serializer.series import SERIES_FORMAT, SeriesEncoder
from serverless_init.serializer.sketches import SKETCHES_FORMAT, SketchEncoder
from serverless_init.serializer.split import Codec, Item, Limits, PayloadBuilder, PayloadFormat
from serverless_init.serializer.stats import SerializerStats

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Encoder(Protocol[T_contra]):
    """Turns one value into bytes."""

    def encode(self, value: T_contra, /) -> Item:
        """`value`, encoded."""

    def samples(self, value: T_contra, /) -> int:
        """What `value` stands for, without encoding it."""


class Batch(Generic[T]):
    """Values of one kind, on their way into payloads."""

    def __init__(
        self,
        encoder: Encoder[T],
        *,
        builder: PayloadBuilder,
        stats: SerializerStats,
        disabled: str,
    ) -> None:
        self._encoder = encoder
        self._builder = builder
        self._stats = stats
        self._disabled = disabled

    def add(self, value: T) -> tuple[Payload, ...]:
        """Take `value`; return the payloads that this completed, usually none."""
        if not self._disabled:
            return self._builder.add(self._encoder.encode(value))
        samples = self._encoder.samples(value)
        self._stats.samples_accepted += samples
        self._stats.drop(self._disabled, samples)
        return ()

    def finish(self) -> tuple[Payload, ...]:
        """The payload of what is left, if anything is."""
        return self._builder.finish()


class Serializer:
    """Encodes, compresses and splits within the intake's limits.

    `origin` says by a metric's name where it comes from (see `dogstatsd_origin`); `hostname` is
    the sender's, for events. What cannot be sent is counted in `stats` by reason.
    """

    def __init__(
        self,
        settings: SerializerSettings,
        *,
        codec: Codec,
        origin: Callable[[bytes], Origin | None],
        hostname: bytes,
    ) -> None:
        self._settings = settings
        self._codec = codec
        self._origin = origin
        self._events_format = events_format(hostname)
        self.stats = SerializerStats()

    @property
    def content_encoding(self) -> str:
        """The compression in use, as the header's value."""
        return self._codec.content_encoding

    def series(self, series: Iterable[Serie]) -> Iterator[Payload]:
        """The payloads of `series`, in order."""
        return _payloads(self.open_series(), series)

    def sketches(self, sketches: Iterable[SketchSerie]) -> Iterator[Payload]:
        """The payloads of `sketches`, in order."""
        return _payloads(self.open_sketches(), sketches)

    def events(self, events: Iterable[Event]) -> Iterator[Payload]:
        """The payloads of `events`, by source type and then in order."""
        return _payloads(self.open_events(), by_source_type(events))

    def service_checks(self, checks: Iterable[ServiceCheck]) -> Iterator[Payload]:
        """The payloads of `checks`, in order."""
        return _payloads(self.open_service_checks(), checks)

    def open_series(self) -> Batch[Serie]:
        """A batch of series."""
        settings = self._settings
        limits = Limits(
            compressed_bytes_max=settings.series_bytes_max,
            uncompressed_bytes_max=settings.series_uncompressed_bytes_max,
            points_max=settings.series_points_max,
        )
        encoder = SeriesEncoder(self._origin)
        return self._open(SERIES_FORMAT, encoder, settings.series_enabled, limits)

    def open_sketches(self) -> Batch[SketchSerie]:
        """A batch of sketch series."""
        encoder = SketchEncoder(self._origin)
        return self._open(SKETCHES_FORMAT, encoder, self._settings.sketches_enabled)

    def open_events(self) -> Batch[Event]:
        """A batch of events. Best added ordered by source type (`by_source_type`).

        In another order the payloads are as correct, but more.
        """
        return self._open(self._events_format, EventEncoder(), self._settings.events_enabled)

    def open_service_checks(self) -> Batch[ServiceCheck]:
        """A batch of service checks."""
        encoder = ServiceCheckEncoder()
        return self._open(SERVICE_CHECKS_FORMAT, encoder, self._settings.service_checks_enabled)

    def _open(
        self,
        form: PayloadFormat,
        encoder: Encoder[T],
        enabled: bool,
        limits: Limits | None = None,
    ) -> Batch[T]:
        settings = self._settings
        if limits is None:
            limits = Limits(
                compressed_bytes_max=settings.payload_bytes_max,
                uncompressed_bytes_max=settings.payload_uncompressed_bytes_max,
            )
        builder = PayloadBuilder(form, limits=limits, codec=self._codec, stats=self.stats)
        disabled = "" if enabled else f"disabled:{form.kind.value}"
        return Batch(encoder, builder=builder, stats=self.stats, disabled=disabled)


def _payloads(batch: Batch[T], values: Iterable[T]) -> Iterator[Payload]:
    for value in values:
        yield from batch.add(value)
    yield from batch.finish()
