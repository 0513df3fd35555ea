"""The aggregator: flushes finished buckets at its own pace, and everything at the end.

Theory of operation. A flush detaches the closed buckets from the sampler at once and serializes
them in slices of a millisecond or two, between which the loop reads sockets: a flush of any size
never keeps the DogStatsD server from reading for longer than a slice. Flushes do not overlap.

The sampler is shared with the DogStatsD server on purpose: one loop, one thread, nothing to hand
over. Events and service checks wait here, bounded, for the next flush, or until there are many.
Series that need no aggregation do not wait: each goes into the open payload of a stream at once.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from serverless_init.aggregator.stream import CHECK_INTERVAL_S, SerieStream
from serverless_init.clock import Clock
from serverless_init.config import AggregatorSettings, TimestampSettings
from serverless_init.lifecycle import Drained
from serverless_init.model import Event, Payload, PayloadSink, Serie, ServiceCheck, SketchSerie
from serverless_init.sampler import TimeSampler
from serverless_init.serializer import Batch, Serializer, by_source_type

_log = logging.getLogger("serverless_init.aggregator")
_T = TypeVar("_T")

_SLICE_S = 0.001
# Events and checks are rare. A flood of them is passed on before the next flush, and what comes
# even faster must not take the memory of everything else.
_WAITING_ENOUGH = 1_000
_WAITING_MAX = 10_000


class AggregatorStats:
    """Flushes, what waits or could not wait, and payloads of the stream."""

    __slots__ = ("dropped", "flushes", "items_accepted", "items_serialized", "stream_payloads")

    def __init__(self) -> None:
        self.flushes = 0
        self.stream_payloads = 0
        self.items_accepted = 0
        self.items_serialized = 0
        self.dropped: dict[str, int] = {}

    def drop(self, reason: str) -> None:
        """Count one dropped event or check."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


class Aggregator:
    """The component. Takes events and checks, and series that need no aggregation.

    It is an `EventSink`, a `SerieSink` and a `SketchSink`; its downstream is `out`.
    """

    name = "aggregator"

    def __init__(
        self,
        settings: AggregatorSettings,
        *,
        timestamps: TimestampSettings,
        sampler: TimeSampler,
        serializer: Serializer,
        out: PayloadSink,
        clock: Clock,
    ) -> None:
        self.stats = AggregatorStats()
        self._settings = settings
        self._sampler = sampler
        self._serializer = serializer
        self._out = out
        self._clock = clock
        self._waiting: list[Event | ServiceCheck] = []
        samples_max = timestamps.batch_size
        self._stream = SerieStream(serializer.open_series, samples_max=samples_max)
        self._sketch_stream = SerieStream(serializer.open_sketches, samples_max=samples_max)
        self._stream_check: asyncio.TimerHandle | None = None
        self._flushing = asyncio.Lock()
        self._ending = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None
        self._emptying: asyncio.Task[None] | None = None

    def add(self, item: Event | ServiceCheck) -> None:
        """Keep `item` until the next flush, or until enough others have come."""
        self.stats.items_accepted += 1
        if len(self._waiting) >= _WAITING_MAX:
            self.stats.drop("events_max")
            return
        if not item.timestamp:
            item = replace(item, timestamp=int(self._clock.now()))
        self._waiting.append(item)
        if len(self._waiting) >= _WAITING_ENOUGH and self._emptying is None:
            self._emptying = asyncio.create_task(self._empty(), name="aggregator.empty")

    def submit(self, serie: Serie) -> None:
        """Pass `serie` on with the stream's payload."""
        self._submit_streamed(self._stream.add(serie, self._clock.monotonic()))
        self._check_streams_later()

    def submit_sketch(self, serie: SketchSerie) -> None:
        """Pass `serie` on with the payload of the stream of distributions."""
        self._submit_streamed(self._sketch_stream.add(serie, self._clock.monotonic()))
        self._check_streams_later()

    async def start(self) -> None:
        """Flush finished buckets from now on."""
        self._ticking = asyncio.create_task(self._tick(), name="aggregator.tick")

    async def flush(self, *, open_buckets: bool) -> None:
        """Pass on what is finished; with `open_buckets` also the window that is still open.

        Returns when the downstream has taken every payload.
        """
        async with self._flushing:
            now = self._clock.now()
            flushed = self._sampler.flush(now, force=open_buckets)
            self.stats.flushes += 1
            await self._pass_on(self._serializer.open_series(), flushed.series)
            await self._pass_on(self._serializer.open_sketches(), flushed.sketches)
            await self._pass_on_waiting()

    def end_stream(self) -> None:
        """Pass on what came by `submit` and waits for its payload to fill up."""
        self._submit_streamed(self._stream.finish())
        self._submit_streamed(self._sketch_stream.finish())

    async def drain(self, deadline: float) -> Drained:
        """Flush the last time; the open window too, or it is dropped and counted.

        `aggregator_stop_timeout` bounds it, whatever the deadline leaves.
        """
        self._ending.set()
        self.end_stream()
        left = min(deadline - self._clock.monotonic(), self._settings.stop_timeout_s)
        async with asyncio.timeout(max(0.0, left)):
            await self.flush(open_buckets=self._settings.flush_incomplete_buckets)
        if not self._settings.flush_incomplete_buckets:
            self._sampler.discard_open("incomplete_bucket")
        return self.account()

    def account(self) -> Drained:
        """Events and checks that came here, and what became of them. Metrics: the sampler's."""
        return Drained(
            accepted=self.stats.items_accepted,
            passed_on=self.stats.items_serialized,
            dropped=dict(self.stats.dropped),
            held=len(self._waiting),
        )

    def close(self) -> None:
        """Stop flushing. A flush that still runs is cut off: what it held is lost."""
        if self._stream_check is not None:
            self._stream_check.cancel()
            self._stream_check = None
        for task in filter(None, (self._ticking, self._emptying)):
            task.cancel()
        self._ticking = self._emptying = None

    async def _tick(self) -> None:
        # A flush is never cancelled for the drain: what it has taken from the sampler is nowhere
        # else, so the drain waits for it at the lock.
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.flush_interval_s):
                    await self._ending.wait()
                return
            try:
                await self.flush(open_buckets=False)
            except Exception:  # noqa: BLE001  our mistake must not end all further flushes
                _log.exception("a flush failed; the next one follows")

    async def _empty(self) -> None:
        try:
            async with self._flushing:
                await self._pass_on_waiting()
        except Exception:  # noqa: BLE001  as in `_tick`
            _log.exception("passing events and checks on failed; the next flush follows")
        self._emptying = None

    def _check_streams_later(self) -> None:
        is_open = self._stream.is_open or self._sketch_stream.is_open
        if is_open and self._stream_check is None:
            loop = asyncio.get_running_loop()
            self._stream_check = loop.call_later(CHECK_INTERVAL_S, self._check_streams)

    def _check_streams(self) -> None:
        self._stream_check = None
        now = self._clock.monotonic()
        for stream in (self._stream, self._sketch_stream):
            if stream.is_due(now):
                self._submit_streamed(stream.finish())
        self._check_streams_later()

    def _submit_streamed(self, payloads: tuple[Payload, ...]) -> None:
        self.stats.stream_payloads += len(payloads)
        for payload in payloads:
            self._out.submit(payload)

    async def _pass_on_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.stats.items_serialized += len(waiting)
        events = by_source_type(item for item in waiting if isinstance(item, Event))
        checks = [item for item in waiting if isinstance(item, ServiceCheck)]
        await self._pass_on(self._serializer.open_events(), events)
        await self._pass_on(self._serializer.open_service_checks(), checks)

    async def _pass_on(self, batch: Batch[_T], values: Iterable[_T]) -> None:
        slice_ends = time.perf_counter() + _SLICE_S
        for value in values:
            for payload in batch.add(value):
                self._out.submit(payload)
            if time.perf_counter() >= slice_ends:
                await asyncio.sleep(0)
                slice_ends = time.perf_counter() + _SLICE_S
        for payload in batch.finish():
            self._out.submit(payload)
