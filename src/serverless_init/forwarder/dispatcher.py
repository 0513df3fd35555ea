"""What is sent next to one intake, and what an outcome means: the forwarder's decisions, no IO.

Theory of operation. A transaction is either in the queue or in flight; `take` moves it from the
one to the other, `settle` moves it back or out. Three modes:

- *steady*: each target has a circuit breaker; what fails waits for its window.
- *urgent*, the discipline of a flush and of the drain: breakers are passed by, everything queued
  is tried, also what had failed before, and failures wait for `Pace`'s short time only. What has
  been tried least goes first, so that everything is tried once before anything is tried again.
- *shut*: nothing is sent any more; what waits, what comes and what fails is dropped.

A success under urgency unblocks the target, for it has shown that it works.

With an ordered queue at most one transaction of a target is in flight.
"""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Protocol

from serverless_init.forwarder.breaker import BackoffPolicy, Breaker, Pace, Uniform
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.retry import Abandoned, Delivered, Fate, OutOfTime, Refused, Retry
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Payload


class Mode(Enum):
    """See the module's text."""

    STEADY = auto()
    URGENT = auto()
    SHUT = auto()


class Overflow(Protocol):
    """Takes what there is no room or no time for."""

    def take(self, transactions: Iterable[Transaction], reason: str) -> list[Transaction]:
        """Keep `transactions`, else dropped for `reason`; those without room are returned."""


class Dispatcher:
    """The state of delivery to one intake. Times are monotonic seconds.

    ``sequence`` is that of the youngest transaction. What there is no room or no time for goes to
    `overflow`; without one, and what it does not take, is dropped.
    """

    def __init__(
        self,
        queue: TransactionQueue,
        *,
        policy: BackoffPolicy,
        uniform: Uniform,
        stats: ForwarderStats,
        overflow: Overflow | None = None,
    ) -> None:
        self._overflow = overflow
        self._queue = queue
        self._policy = policy
        self._uniform = uniform
        self._stats = stats
        self._mode = Mode.STEADY
        self._shut_reason = ""
        self._targets: dict[str, _Target] = {}
        self._in_flight: dict[int, Transaction] = {}
        self.sequence = 0

    @property
    def held(self) -> int:
        """Samples that wait or are in flight."""
        return self._queue.samples + sum(t.payload.samples for t in self._in_flight.values())

    @property
    def waiting(self) -> int:
        """Payloads that are not in flight."""
        return self._queue.payloads

    def submit(self, payload: Payload, now: float, *, again: bool = False) -> int:
        """Accept `payload`, which has been accepted before when it comes `again`.

        Returns how many payloads were dropped for lack of room.
        """
        if not again:
            self._stats.accept(payload)
        if self._mode is Mode.SHUT and not again:
            self._stats.drop(payload, "after_stop")
            return 0
        self.sequence += 1
        transaction = Transaction(payload, self.sequence)
        if self._mode is Mode.SHUT:
            self._lose([transaction], self._shut_reason)
            return 0
        blocked = not self._permits(transaction.target, now)
        return self._lose(self._queue.add(transaction, blocked=blocked), "retry_queue_full")

    def take(self, now: float) -> Transaction | None:
        """The next transaction to send, from now on in flight; None when none may be sent."""
        if self._mode is Mode.SHUT:
            return None
        transaction = self._queue.take(
            lambda target: not self._must_wait(target) and self._permits(target, now)
        )
        if transaction is not None:
            if self._mode is Mode.STEADY:
                self._target(transaction.target).breaker.begin()
            self._in_flight[transaction.sequence] = transaction
            self._stats.request(transaction.payload, again=transaction.errors > 0)
        return transaction

    def next_at(self, now: float) -> float | None:
        """When `take` will have something; None when only an outcome or a submit changes that."""
        if self._mode is Mode.SHUT:
            return None
        targets = (target for target in self._queue.targets() if not self._must_wait(target))
        waiting = (self._ready_at(target, now) for target in targets)
        return min((at for at in waiting if at is not None), default=None)

    def settle(self, transaction: Transaction, fate: Fate, now: float) -> int:
        """The attempt has ended. Settling twice changes nothing. Returns as `submit`."""
        if self._in_flight.pop(transaction.sequence, None) is None:
            return 0
        target = self._target(transaction.target)
        match fate:
            case Delivered():
                self._stats.deliver(transaction.payload)
                self._answered(target, now)
            case Refused(reason):
                self._stats.drop(transaction.payload, reason)
                self._answered(target, now)
            case Abandoned(reason):
                self._stats.drop(transaction.payload, reason)
                target.failed(now)
            case OutOfTime(reason):
                self._lose([transaction], reason)
                target.failed(now)
            case Retry(after_s):
                target.failed(now, after_s)
                return self._keep(transaction.failed()) + self._park(transaction.target, now)
        return self._park(transaction.target, now)

    def wake(self) -> None:
        """End every backoff now."""
        for target in self._targets.values():
            target.wake()

    def set_urgent(self, urgent: bool) -> None:
        """Enter urgency, which ends every backoff, or return from it to the steady mode."""
        if urgent and self._mode is Mode.STEADY:
            self._mode = Mode.URGENT
            self.wake()
        elif not urgent and self._mode is Mode.URGENT:
            self._mode = Mode.STEADY

    def shut(self, reason: str) -> None:
        """Send nothing any more: what waits is given up, and so is what fails from now on."""
        self._mode = Mode.SHUT
        self._shut_reason = reason
        self._lose(self._queue.clear(), reason)

    def settled_up_to(self, sequence: int) -> bool:
        """Whether everything accepted up to `sequence` has left, delivered or dropped."""
        oldest = self._queue.oldest()
        waits = oldest is not None and oldest <= sequence
        return not waits and all(flying > sequence for flying in self._in_flight)

    def _keep(self, transaction: Transaction) -> int:
        if self._mode is Mode.SHUT:
            self._lose([transaction], self._shut_reason)
            return 0
        return self._lose(self._queue.put_back(transaction), "retry_queue_full")

    def _park(self, target: str, now: float) -> int:
        """Charge what waits behind a target that is blocked now in bytes; as `submit`."""
        if self._permits(target, now):
            return 0
        return self._lose(self._queue.park(target), "retry_queue_full")

    def _answered(self, target: "_Target", now: float) -> None:
        if self._mode is Mode.STEADY:
            target.breaker.succeeded(now)
        else:
            target.wake()

    def _must_wait(self, target: str) -> bool:
        """Whether order has it that what is under way to `target` must have ended first."""
        flying = self._in_flight.values() if self._queue.ordered else ()
        return any(transaction.target == target for transaction in flying)

    def _permits(self, target: str, now: float) -> bool:
        known = self._targets.get(target)
        if known is None:
            return True
        if self._mode is Mode.URGENT:
            return now >= known.pace.until
        return known.breaker.permits(now)

    def _ready_at(self, target: str, now: float) -> float | None:
        known = self._target(target)
        return known.pace.until if self._mode is Mode.URGENT else known.breaker.ready_at(now)

    def _target(self, name: str) -> "_Target":
        # One per route of the model, so this does not grow at run time.
        if name not in self._targets:
            self._targets[name] = _Target(Breaker(self._policy, self._uniform), Pace(self._uniform))
        return self._targets[name]

    def _lose(self, transactions: list[Transaction], reason: str) -> int:
        """Give `transactions` up; how many of them were dropped."""
        if transactions and self._overflow is not None:
            transactions = self._overflow.take(transactions, reason)
        for transaction in transactions:
            self._stats.drop(transaction.payload, reason)
        return len(transactions)


class _Target:
    """When one route may be tried: in the steady mode, and under urgency."""

    __slots__ = ("breaker", "pace")

    def __init__(self, breaker: Breaker, pace: Pace) -> None:
        self.breaker = breaker
        self.pace = pace

    def failed(self, now: float, after_s: float = 0.0) -> None:
        """An attempt failed; the intake asks for a pause of `after_s`."""
        self.breaker.failed(now, after_s)
        self.pace.failed(now, after_s)

    def wake(self) -> None:
        """Every backoff ends now."""
        self.breaker.wake()
        self.pace.reset()
