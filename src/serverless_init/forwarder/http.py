"""The worker of one intake: as few requests at once as keep up, at most as many as it has slots.

Theory of operation. There is no loop that looks for work. `_pump` fills free slots with what the
dispatcher offers and is called when that can have changed: a payload came, a request ended, a
backoff is over (a timer), a stage of the run began. Each request is a task of its own.

In quiet times one request follows the other on one connection. A request that the intake is slow
to answer, and every so many payloads that wait, make room for one more; under urgency all slots
are used at once.

Having been asked to stop and the scope of the requests are separate things: the former is the
dispatcher's mode, the latter the set of flights. ``stop_wait_for_inflight`` decides only which of
them comes first at the end: cancel what is in flight and then send the queue, or send the queue
while what is in flight goes on.

A flight that is cancelled is settled at that very moment, by whoever cancels, and its task ends a
little later on its own: the account is right at the deadline even if a task were slow to end.

Where there is a `spill`, what the dispatcher gives up is stored on disk. It is read back when
nothing waits here and the intake has just shown that it works; in the drain too, until nothing is
left there, as long as there is time.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.errors import IntakeUnreachable
from serverless_init.forwarder.channel import Channel
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.notices import Notices
from serverless_init.forwarder.retry import (
    REFUSED,
    Abandoned,
    Delivered,
    Fate,
    OutOfTime,
    Refused,
    Retry,
    fate_of_answer,
    fate_of_failure,
    retry_after_s,
)
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Payload
from serverless_init.wire import ClientResponse, Progress

if TYPE_CHECKING:
    from serverless_init.forwarder.spill import Spill

Report = Callable[[str, str], None]
"""Takes a line for the operator: its level (``info`` or ``warning``) and its text."""

# A cancelled request only has to close its connection.
_CANCELLED_END_WITHIN_S = 0.03
# What is kept of the drain's time for storing what could not be delivered, at most half of it.
_TO_STORE_S = 0.5
# A request that takes longer keeps no other waiting; an intake in the same region needs a fifth.
_SLOW_S = 0.2
# So many that wait are worth one more connection.
_WAITING_PER_SLOT = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one worker does at once, how long it waits for an answer, what refuses for good.

    Of `slots` so many as `usual` are used as long as the intake keeps up.
    """

    slots: int
    timeout_s: float
    refused: frozenset[int] = REFUSED
    usual: int = 1


class Worker:
    """Delivery to one intake. It begins when there is an API key."""

    def __init__(
        self,
        channel: Channel,
        dispatcher: Dispatcher,
        *,
        limits: Limits,
        clock: Clock,
        stats: ForwarderStats,
        report: Report,
        spill: "Spill | None" = None,
    ) -> None:
        self._spill = spill
        self.channel = channel
        self.stats = stats
        self._dispatcher = dispatcher
        self._limits = limits
        self._clock = clock
        self._report = report
        self._notices = Notices(channel.intake)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flights: dict[int, _Flight] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._flushes = 0
        self._changed = asyncio.Event()

    @property
    def held(self) -> int:
        """Samples that wait, here or on the disk, or are in flight."""
        return self._dispatcher.held + (self._spill.samples if self._spill else 0)

    def start(self) -> None:
        """Send from now on, on the running loop."""
        self._loop = asyncio.get_running_loop()
        if self._spill is not None:
            self._spill.start(self)
        self._pump()

    def submit(self, payload: Payload) -> None:
        """Queue `payload` and send it as soon as a slot is free."""
        now = self._clock.monotonic()
        self._say_overflow(self._dispatcher.submit(payload, now), now)
        self._pump()

    def restore(self, payloads: Iterable[Payload]) -> None:
        """Send `payloads`, which have been accepted before; see `Sender`."""
        now = self._clock.monotonic()
        for payload in payloads:
            self._say_overflow(self._dispatcher.submit(payload, now, again=True), now)
        self._pump()
        self._changed.set()

    def wake(self) -> None:
        """End every backoff now."""
        self._dispatcher.wake()
        self._pump()

    def use_key(self, key: str) -> bool:
        """Send with `key` from now on, and what waits at once; whether that is another key."""
        if not self.channel.use(key):
            return False
        self._notices = Notices(self.channel.intake)
        self.wake()
        return True

    async def flush(self, deadline: float) -> None:
        """Try all that is held now, urgently, until it has left or `deadline` has come."""
        until = self._dispatcher.sequence
        self._flushes += 1
        self._dispatcher.set_urgent(True)
        self._pump()
        try:
            await self._reached(lambda: self._dispatcher.settled_up_to(until), deadline)
        finally:
            self._flushes -= 1
            if not self._flushes:
                self._dispatcher.set_urgent(False)
                self._pump()

    def sending_ends(self, deadline: float) -> float:
        """When a drain before `deadline` sends no more, so that there is time to store the rest."""
        if self._spill is None:
            return deadline
        return deadline - min(_TO_STORE_S, max(0.0, deadline - self._clock.monotonic()) / 2)

    async def drain(self, deadline: float, *, purge: bool, wait_for_inflight: bool) -> bool:
        """Send all that is held, or without `purge` only end what is in flight; nothing is left.

        Returns whether `deadline` cut it off.
        """
        self._loop = asyncio.get_running_loop()
        self._flushes += 1  # a flush that ends during the drain does not end the urgency
        if not wait_for_inflight:
            self._cancel(lambda _: "cancelled_at_stop")
        if self._spill is not None and not (purge and self.channel.ready):
            self._spill.end()
        if not self.channel.ready:
            self._dispatcher.shut("no_api_key")
        elif purge:
            self._dispatcher.set_urgent(True)
        else:
            self._dispatcher.shut("stop_without_purge")
        self._pump()
        in_time = await self._reached(self._is_idle, self.sending_ends(deadline))
        if not in_time:
            self._say(self._notices.cut_off(self.held))
        if self._spill is not None:
            self._spill.end()
        self._abandon("deadline")
        if self._spill is not None:
            await self._spill.finish(deadline)
        if self._ending:
            await asyncio.wait(self._ending, timeout=_CANCELLED_END_WITHIN_S)
        return not in_time

    def close(self) -> None:
        """Drop what is left. Idempotent."""
        if self._spill is not None:
            self._spill.close()
        self._abandon("closed")
        self._loop = None

    def _abandon(self, reason: str) -> None:
        # What was sent in full and not answered may have arrived: nobody can know.
        self._cancel(lambda flight: "unconfirmed" if flight.progress.phase == "read" else reason)
        self._dispatcher.shut(reason)
        self._arm(None)

    def _is_idle(self) -> bool:
        return self._is_empty() and not self._recall()

    def _is_empty(self) -> bool:
        return self._dispatcher.settled_up_to(self._dispatcher.sequence)

    def _recall(self) -> bool:
        """Read payloads back if there are any; whether some may come."""
        return self._spill is not None and self._spill.recall()

    async def _reached(self, goal: Callable[[], bool], deadline: float) -> bool:
        """Wait until `goal()` holds; false when `deadline` comes first."""
        while not goal():
            left_s = deadline - self._clock.monotonic()
            if left_s <= 0:
                return False
            self._changed.clear()
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                return goal()
        return True

    def _pump(self) -> None:
        if self._loop is None or not self.channel.ready:
            return
        now = self._clock.monotonic()
        while len(self._flights) < self._open_slots(now):
            transaction = self._dispatcher.take(now)
            if transaction is None:
                break
            flight = _Flight(transaction, Progress(), now)
            self._flights[transaction.sequence] = flight
            name = f"deliver {transaction.payload.endpoint.name}"
            flight.task = self._loop.create_task(self._deliver(flight), name=name)
            self._ending.add(flight.task)
            flight.task.add_done_callback(self._ending.discard)
        if len(self._flights) >= self._limits.slots:
            self._arm(None)
        elif self._dispatcher.waiting and len(self._flights) >= self._open_slots(now):
            fresh = (f.began_at for f in self._flights.values() if now - f.began_at < _SLOW_S)
            self._arm(min(fresh, default=now) + _SLOW_S)
        else:
            self._arm(self._dispatcher.next_at(now))

    def _open_slots(self, now: float) -> int:
        """How many requests may be under way now."""
        if self._flushes:
            return self._limits.slots
        slow = sum(now - flight.began_at >= _SLOW_S for flight in self._flights.values())
        more = slow + self._dispatcher.waiting // _WAITING_PER_SLOT
        return min(self._limits.slots, self._limits.usual + more)

    def _arm(self, at: float | None) -> None:
        """Look again at the instant `at`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None and self._loop is not None:
            delay_s = max(0.0, at - self._clock.monotonic())
            self._timer = self._loop.call_later(delay_s, self._pump)

    async def _deliver(self, flight: "_Flight") -> None:
        key = self.channel.intake.api_key
        try:
            answer = await self._ask(flight)
        except IntakeUnreachable as error:
            self.stats.error(error.phase)
            self._settle(flight, fate_of_failure(error.phase), str(error), answered=False)
        except Exception as error:  # noqa: BLE001  our mistake costs one payload, not the forwarder
            self._settle(flight, Abandoned("internal_error"), f"{type(error).__name__}: {error}")
        else:
            after_s = retry_after_s(answer.retry_after, self._clock.now())
            fate = fate_of_answer(answer.status, self._limits.refused, after_s=after_s)
            if answer.status == 403 and self.channel.renewable:
                # The key is fetched again, and what it could not deliver waits for that.
                fate = Retry()
            body = answer.body.decode("utf-8", "replace")
            if not isinstance(fate, Delivered):
                self.stats.http_error(answer.status)
            self._settle(flight, fate, f"status {answer.status}: {body}")
            if key != self.channel.intake.api_key and isinstance(fate, Retry):
                self.wake()  # it failed with a key that is no longer in use

    async def _ask(self, flight: "_Flight") -> ClientResponse:
        try:
            return await self.channel.deliver(
                flight.transaction.payload,
                timeout_s=self._limits.timeout_s,
                progress=flight.progress,
            )
        finally:
            self.stats.connections_opened += flight.progress.connections

    def _settle(self, flight: "_Flight", fate: Fate, why: str, *, answered: bool = True) -> None:
        if self._flights.pop(flight.transaction.sequence, None) is None:
            return
        now = self._clock.monotonic()
        self._say_overflow(self._dispatcher.settle(flight.transaction, fate, now), now)
        match fate:
            case Delivered():
                self._say(self._notices.delivered(_route(flight)), "info")
            case Retry():
                self._say(self._notices.failed(_route(flight), why, answered=answered))
            case Refused(reason) | Abandoned(reason):
                self._say(self._notices.dropped(_route(flight), reason, why, now))
        self._pump()
        if not isinstance(fate, Retry) and self._is_empty():
            self._recall()
        self._changed.set()

    def _cancel(self, reason: Callable[["_Flight"], str]) -> None:
        now = self._clock.monotonic()
        for flight in list(self._flights.values()):
            self._dispatcher.settle(flight.transaction, OutOfTime(reason(flight)), now)
            if flight.task is not None:
                flight.task.cancel()
        self._flights.clear()

    def _say_overflow(self, payloads: int, now: float) -> None:
        if payloads:
            self._say(self._notices.overflowed(payloads, now))

    def _say(self, line: str | None, level: str = "warning") -> None:
        if line is not None:
            self._report(level, line)


@dataclass(slots=True, eq=False)
class _Flight:
    """A request under way."""

    transaction: Transaction
    progress: Progress
    began_at: float
    task: asyncio.Task[None] | None = None


def _route(flight: _Flight) -> str:
    return flight.transaction.payload.endpoint.route
