"""The component: tells the start, takes a reading every few seconds and at the end, tells the end.

Its samples go where those of DogStatsD go. Readings are a dozen small files that the kernel makes
up in memory, so they are read on the loop. The first one is taken at once: an app that lives for
less than an interval still has a usage, between it and the last.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from serverless_init.clock import Clock
from serverless_init.enhanced.files import KernelFiles
from serverless_init.enhanced.reading import Reading, Wanted, measurements
from serverless_init.enhanced.subject import Subject
from serverless_init.lifecycle import Drained
from serverless_init.model import MetricSample, SampleSink

_log = logging.getLogger("serverless_init.enhanced")

INTERVAL_S = 3.0


class EnhancedStats:
    """Readings, and samples passed on."""

    __slots__ = ("readings", "samples")

    def __init__(self) -> None:
        self.readings = 0
        self.samples = 0


class Enhanced:
    """The component; its downstream is `out`. `succeeded` is asked at the end, of the app."""

    name = "enhanced"

    def __init__(
        self,
        subject: Subject,
        *,
        wanted: Wanted,
        files: KernelFiles,
        out: SampleSink,
        succeeded: Callable[[], bool],
        clock: Clock,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self.stats = EnhancedStats()
        self._subject = subject
        self._wanted = wanted
        self._files = files
        self._out = out
        self._succeeded = succeeded
        self._clock = clock
        self._interval_s = interval_s
        began_at = clock.now() if subject.began_at is None else subject.began_at
        self._began_at = clock.monotonic() - max(0.0, clock.now() - began_at)
        self._before: Reading | None = None
        self._ending = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Tell the start, take the first reading, and go on."""
        self._pass_on(self._subject.started())
        self._collect()
        if self._before is not None and self._before.cpu_total is None:
            _log.info("no control group can be read: there will be no metrics of CPU")
        self._ticking = asyncio.create_task(self._tick(), name="enhanced.tick")

    async def drain(self, deadline: float) -> Drained:
        """Take the last reading, tell the end."""
        del deadline
        self._ending.set()
        self._collect()
        duration_ms = (self._clock.monotonic() - self._began_at) * 1000
        self._pass_on(self._subject.ended(succeeded=self._succeeded(), duration_ms=duration_ms))
        return Drained(accepted=self.stats.samples, passed_on=self.stats.samples)

    def close(self) -> None:
        """Read no more. Idempotent."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    async def _tick(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._ending.wait()
                return
            try:
                self._collect()
            except Exception:  # noqa: BLE001  our mistake must not end all further readings
                _log.exception("a reading failed; the next one follows")

    def _collect(self) -> None:
        self._pass_on(self._subject.alive())
        reading = self._files.read(self._clock.monotonic())
        self._pass_on(self._subject.measured(measurements(self._before, reading, self._wanted)))
        self._before = reading
        self.stats.readings += 1

    def _pass_on(self, samples: Iterable[MetricSample]) -> None:
        now = self._clock.now()
        for sample in samples:
            self._out.add(sample, now)
            self.stats.samples += 1
