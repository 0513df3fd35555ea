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

Intakes may want series, and distributions, in different formats. Then a batch encodes each value
once for the main intake and those that want the same, which is counted in ``stats``, and once more
for the others, which is counted in an account of its own (`elsewhere`). What encodes a format is
imported when an intake wants it, and not before.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from serverless_init.config import SerializerSettings
from serverless_init.model import (
    Event,
    Origin,
    Payload,
    PayloadKind,
    Serie,
    ServiceCheck,
    SketchSerie,
)
from serverless_init.serializer.batch import Batch, DisabledBatch, EveryBatch, RowBatch
from serverless_init.serializer.checks import SERVICE_CHECKS_FORMAT, ServiceCheckEncoder
from serverless_init.serializer.destinations import Destination, Pass, Passes
from serverless_init.serializer.events import EventEncoder, by_source_type, events_format
from serverless_init.serializer.formats import Formats, Open, general_limits
from serverless_init.serializer.split import Codec
from serverless_init.serializer.stats import SerializerStats

T = TypeVar("T")

# Streams of this encoding cannot follow one another in a body, as those of columns do.
_NOT_FOR_COLUMNS = "deflate"
_ZLIB_FORCES_V2 = (
    "payloads are compressed with zlib, so nothing is sent as v3 (use_v3_api and "
    "serializer_experimental_use_v3_api are ignored): zstd would allow it"
)


class Serializer:
    """Encodes, compresses and splits within the intake's limits.

    `origin` says by a metric's name where it comes from (see `dogstatsd_origin`); `hostname` is
    the sender's, for events. `destinations` are the intakes, the main one first. `v3_codec`, when
    given, compresses columns in the place of `codec`. What cannot be sent is counted in `stats` by
    reason. `notices` are lines for the operator, each with its level.
    """

    def __init__(
        self,
        settings: SerializerSettings,
        *,
        codec: Codec,
        origin: Callable[[bytes], Origin | None],
        hostname: bytes,
        destinations: Iterable[Destination] = (),
        v3_codec: Codec | None = None,
    ) -> None:
        self.stats = SerializerStats()
        self.notices: list[tuple[str, str]] = []
        self._content_encoding = codec.content_encoding
        self._elsewhere: list[tuple[Pass, SerializerStats]] = []
        formats = Formats(settings, codec, v3_codec or codec, origin)
        passes = Passes(settings, tuple(destinations))
        if codec.content_encoding == _NOT_FOR_COLUMNS and passes.any_v3:
            self.notices.append(("info", _ZLIB_FORCES_V2))
            passes = passes.without_v3()
        limits = general_limits(settings)
        events = formats.rows(events_format(hostname), limits, self.stats)
        checks = formats.rows(SERVICE_CHECKS_FORMAT, limits, self.stats)
        # What is switched off needs no encoder, so none is imported.
        self._series: Open[Serie] = self._disabled(
            PayloadKind.SERIES, settings.series_enabled
        ) or self._every(formats.series, passes.of_series)
        self._sketches: Open[SketchSerie] = self._disabled(
            PayloadKind.SKETCHES, settings.sketches_enabled
        ) or self._every(formats.sketches, passes.of_sketches)
        self._events: Open[Event] = self._disabled(PayloadKind.EVENTS, settings.events_enabled) or (
            lambda: RowBatch(EventEncoder(), events())
        )
        self._checks: Open[ServiceCheck] = self._disabled(
            PayloadKind.SERVICE_CHECKS, settings.service_checks_enabled
        ) or (lambda: RowBatch(ServiceCheckEncoder(), checks()))

    @property
    def content_encoding(self) -> str:
        """The compression in use, as the header's value."""
        return self._content_encoding

    def elsewhere(self, url: str) -> tuple[SerializerStats, ...]:
        """The accounts of what was encoded for that intake apart from the main one."""
        return tuple(stats for one, stats in self._elsewhere if one.is_for(url))

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
        return self._series()

    def open_sketches(self) -> Batch[SketchSerie]:
        """A batch of sketch series."""
        return self._sketches()

    def open_events(self) -> Batch[Event]:
        """A batch of events. Best added ordered by source type (`by_source_type`).

        In another order the payloads are as correct, but more.
        """
        return self._events()

    def open_service_checks(self) -> Batch[ServiceCheck]:
        """A batch of service checks."""
        return self._checks()

    def _disabled(self, kind: PayloadKind, enabled: bool) -> Open[Any] | None:
        """What opens batches of a kind that is switched off; None for one that is on."""
        if enabled:
            return None
        reason = f"disabled:{kind.value}"
        what = f"enable_payloads.{kind.value} is off: all of them are dropped, as {reason}"
        self.notices.append(("warning", what))
        return lambda: DisabledBatch(reason, self.stats)

    def _every(
        self, opener: Callable[[Pass, SerializerStats], Open[T]], passes: tuple[Pass, ...]
    ) -> Open[T]:
        """What opens batches that make all the passes. The first is counted in `stats`."""
        main, *others = passes
        elsewhere = [(one, SerializerStats()) for one in others]
        self._elsewhere += elsewhere
        first = opener(main, self.stats)
        further = [opener(one, stats) for one, stats in elsewhere]
        if not further:
            return first
        return lambda: EveryBatch((first(), *(each() for each in further)))


def _payloads(batch: Batch[T], values: Iterable[T]) -> Iterator[Payload]:
    for value in values:
        yield from batch.add(value)
    yield from batch.finish()
