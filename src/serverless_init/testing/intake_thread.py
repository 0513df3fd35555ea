"""The real local intake on a thread of its own, for tests that speak to it from elsewhere."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from serverless_init.clock import SystemClock
from serverless_init.intake import (
    ANY_ROUTE,
    FaultStep,
    Intake,
    Selection,
    Snapshot,
    Store,
    StoreBounds,
)

T = TypeVar("T")

# Longer than anything here takes; a test that hangs ends with a reason.
_PATIENCE_S = 30.0


class IntakeThread:
    """A context manager: an `Intake` that listens while the block runs.

    Every method may be called from any thread: the work is done on the intake's own.
    """

    def __init__(
        self,
        *,
        api_key_required: bool = True,
        bounds: StoreBounds | None = None,
        faults: Mapping[str, Iterable[FaultStep]] | None = None,
    ) -> None:
        self._intake = Intake(
            SystemClock(), api_key_required=api_key_required, bounds=bounds, faults=faults
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="intake", daemon=True)

    def __enter__(self) -> "IntakeThread":
        self._thread.start()
        try:
            self._run(self._intake.start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._end()

    @property
    def url(self) -> str:
        """What to set as the intake's URL."""
        return self._intake.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._intake.port

    def query(self, question: Callable[[Store], T]) -> T:
        """The answer of `question`, asked of the store while nothing arrives."""

        async def ask() -> T:
            return question(self._intake.store)

        return self._run(ask())

    def snapshot(self) -> Snapshot:
        """Everything received so far."""
        return self.query(Store.snapshot)

    def points(self, metric: str, tags: tuple[str, ...] = ()) -> tuple[tuple[int, float], ...]:
        """The points of `metric` in all contexts that have `tags`, ascending in time."""
        chosen = self.query(lambda store: store.series(Selection(metric=metric, tags=tags)))
        return tuple(sorted(point for view in chosen for point in view.points))

    def clear(self) -> None:
        """Forget everything received."""
        self.query(Store.clear)

    def script(self, route: str = ANY_ROUTE, steps: Iterable[FaultStep] = ()) -> None:
        """Let the next requests of `route` fail as `steps` say."""

        async def apply() -> None:
            self._intake.script(route, steps)

        self._run(apply())

    def wait_until(self, holds: Callable[[Store], bool], timeout_s: float = 5.0) -> None:
        """Return once `holds` is true of the store, looking after every request.

        Raises AssertionError after `timeout_s`.
        """

        async def watch() -> bool:
            try:
                async with asyncio.timeout(timeout_s):
                    while not holds(self._intake.store):
                        await self._intake.changed()
            except TimeoutError:
                return False
            return True

        assert self._run(watch()), f"still not so after {timeout_s:g} s"

    def stop(self) -> None:
        """Become unreachable: cut every connection and close the port. What came stays."""
        self._run(self._close())

    async def _close(self) -> None:
        self._intake.close()
        # The connections' tasks are cancelled; this lets them end before the loop does.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_PATIENCE_S)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)
        self._loop.close()
