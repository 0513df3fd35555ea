"""Start, drain, close: components in stages, sink first.

Theory of operation. Starting goes up the stages; a stage starts when the one below has. Draining
goes down them in reverse, so that whoever drains has nobody left above who could still send to it;
siblings of a stage drain side by side. All of it ends at one absolute deadline. Each stage is
given its share of what is left, so no stage is skipped because another was slow, and time that a
stage does not use moves on to the next ones. The deadline is enforced here, from outside, because
a component may hang. Closing goes in reverse too and always runs.

A component that fails to start is closed at once and is out of the game: not drained, and nobody
else is stopped for it. When starting is cut short (cancelled), everything that was started is
closed again in reverse, and the cancellation goes on.
"""

import asyncio
from collections.abc import Callable, Sequence

from serverless_init.clock import Clock
from serverless_init.lifecycle.budget import stage_deadline
from serverless_init.lifecycle.component import Component, Drained
from serverless_init.lifecycle.events import (
    Closed,
    DrainEnded,
    DrainFailed,
    LifecycleEvent,
    Started,
    StartFailed,
)

# A component is asked to respect its deadline; this is how much later it is cut off.
_CUT_OFF_AFTER_S = 0.1


class Lifecycle:
    """The components of a run, in stages from sink to source."""

    def __init__(
        self,
        stages: Sequence[Sequence[Component]],
        *,
        clock: Clock,
        observe: Callable[[LifecycleEvent], object],
        shares: Sequence[float] = (),
    ) -> None:
        """`shares` are the stages' relative parts of the drain window, equal when not given."""
        self._stages = [list(stage) for stage in stages]
        self._shares = list(shares) or [1.0] * len(self._stages)
        if len(self._shares) != len(self._stages):
            raise ValueError("each stage has one share")
        self._clock = clock
        self._observe = observe
        self._running: set[str] = set()

    async def start(self) -> None:
        """Start every stage, sink first. Never fails for a component's failure."""
        try:
            for stage in self._stages:
                await asyncio.gather(*(self._start(component) for component in stage))
        except BaseException:
            self.close()
            raise

    async def drain(self, deadline: float) -> dict[str, Drained]:
        """Drain every running component, source first, before `deadline` (monotonic seconds)."""
        reports: dict[str, Drained] = {}
        for index in reversed(range(len(self._stages))):
            shares = list(reversed(self._shares[: index + 1]))
            until = stage_deadline(self._clock.monotonic(), deadline, shares)
            running = [c for c in self._stages[index] if c.name in self._running]
            drained = await asyncio.gather(*(self._drain(c, until) for c in running))
            reports.update(zip((c.name for c in running), drained, strict=True))
        return reports

    def close(self) -> None:
        """Close every component, source first. Idempotent."""
        for stage in reversed(self._stages):
            for component in stage:
                self._close(component)

    async def _start(self, component: Component) -> None:
        began = self._clock.monotonic()
        try:
            await component.start()
        except Exception as error:  # noqa: BLE001  the others and the app go on, see above
            component.close()
            self._observe(StartFailed(component.name, error))
        else:
            self._running.add(component.name)
            self._observe(Started(component.name, self._clock.monotonic() - began))

    async def _drain(self, component: Component, deadline: float) -> Drained:
        began = self._clock.monotonic()
        patience_s = max(0.0, deadline - began) + _CUT_OFF_AFTER_S
        try:
            async with asyncio.timeout(patience_s):
                report = await component.drain(deadline)
        except TimeoutError:
            report = Drained(late=True)
        except Exception as error:  # noqa: BLE001  our mistake must not stop the others' drain
            self._observe(DrainFailed(component.name, error))
            return Drained(late=True)
        self._observe(DrainEnded(component.name, report, self._clock.monotonic() - began))
        return report

    def _close(self, component: Component) -> None:
        if component.name in self._running:
            self._running.discard(component.name)
            component.close()
            self._observe(Closed(component.name))
