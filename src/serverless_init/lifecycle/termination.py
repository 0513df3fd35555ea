"""Between the first termination signal and the end of the grace window.

The signal has gone to the app at once. What is held is flushed at once too, while the app still
shuts down, so that after its end only the rest is left to send. An app that ignores the signal, or
takes longer than the platform allows, gets one more full flush shortly before the window closes:
the kill that follows then finds nothing to lose. Should no kill follow, the run goes on as ever.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from serverless_init.clock import Clock
from serverless_init.lifecycle.budget import MARGIN_S, last_flush_at

_log = logging.getLogger("serverless_init.lifecycle")


class Termination:
    """What follows a termination signal while the app still runs.

    `flush` passes on everything held before a deadline (monotonic seconds); `outlived` is called
    when the app has outlived the last of it.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        window_s: float,
        flush: Callable[[float], Awaitable[None]],
        outlived: Callable[[], object],
    ) -> None:
        self._clock = clock
        self._window_s = window_s
        self._flush = flush
        self._outlived = outlived

    async def run(self, terminated_at: float) -> None:
        """Flush now, and again before the window that began at `terminated_at` closes."""
        last_flush = last_flush_at(terminated_at, self._window_s)
        await self._attempt(last_flush)
        await asyncio.sleep(last_flush - self._clock.monotonic())
        await self._attempt(terminated_at + self._window_s - MARGIN_S)
        self._outlived()

    async def _attempt(self, deadline: float) -> None:
        try:
            await self._flush(deadline)
        except Exception:  # noqa: BLE001  our mistake must not cost the flush that follows
            _log.exception("the flush at the termination signal failed")
