"""What waits to be sent to one intake: one order, two budgets.

Theory of operation. The Agent has a channel for new payloads, one for retries, one for failures
and a retry queue that a tick empties. Here they are one queue with one order, and what is left of
the four is the *budget* a payload is charged to:

- at most ``payloads_max`` payloads wait for a first attempt behind an unblocked target;
- everything else (failed before, beyond that number, or behind a blocked target) is charged in
  body bytes against ``bytes_max``. Beyond it the oldest normal payload goes, then the oldest high
  one. The one being added is always kept, also when it alone is larger than the budget. Where what
  goes is stored in files, at least ``room_bytes`` go at once, so that a file holds many payloads.

Order of sending: high priority before normal; then what failed less often; then the older. A new
payload so overtakes only what has failed more often than itself. Without that exception one
payload that the intake never takes (a proxy that answers 502 to large bodies, say) would be every
probe of a blocked target, and nothing behind it would ever be sent.

Within a line (one priority and one target) payloads never attempted stand in ``first`` and then
``parked``, both in arrival order and everything in ``first`` older than everything in ``parked``;
those that failed stand in ``failed``, which only attempts make longer and which stays short.

An ``ordered`` queue has no such exception: a line's payloads leave it in arrival order, so one that
failed is tried again before any younger one. One that the intake never takes holds up its line
until the budget drops it, as the oldest.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from operator import attrgetter

from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Priority

_turn = attrgetter("turn")
_sequence = attrgetter("sequence")
_last_to_drop = attrgetter("payload.priority", "sequence")


class TransactionQueue:
    """Transactions that wait, bounded; methods that add return what they had to drop."""

    def __init__(
        self, *, payloads_max: int, bytes_max: int, room_bytes: int = 0, ordered: bool = False
    ) -> None:
        self.ordered = ordered
        self._room_bytes = room_bytes
        self._payloads_max = payloads_max
        self._bytes_max = bytes_max
        self._lines: dict[tuple[Priority, str], _Line] = {}
        self._first_count = 0
        self.retry_bytes = 0
        self.samples = 0
        self.payloads = 0

    def add(self, transaction: Transaction, *, blocked: bool) -> list[Transaction]:
        """Queue a new transaction, the youngest of all, behind a target that may be `blocked`."""
        line = self._line(transaction)
        self._count(transaction, +1)
        if not blocked and not line.parked and self._first_count < self._payloads_max:
            line.first.append(transaction)
            self._first_count += 1
            return []
        line.parked.append(transaction)
        self.retry_bytes += transaction.size
        return self._trim(keep=transaction)

    def put_back(self, transaction: Transaction) -> list[Transaction]:
        """Queue a transaction that failed."""
        insort(self._line(transaction).failed, transaction, key=_turn)
        self._count(transaction, +1)
        self.retry_bytes += transaction.size
        return self._trim(keep=transaction)

    def park(self, target: str) -> list[Transaction]:
        """Charge in bytes what waits behind `target`, which is blocked from now on."""
        parked: list[Transaction] = []
        for (_, line_target), line in self._lines.items():
            if line_target == target:
                parked += line.first
                line.parked.extendleft(reversed(line.first))
                line.first.clear()
        if not parked:
            return []
        self._first_count -= len(parked)
        self.retry_bytes += sum(transaction.size for transaction in parked)
        # Trimmed once, after all have moved: line by line, one that a line protects would outlive
        # older ones and then fall to the next line's trimming.
        return self._trim(keep=max(parked, key=_last_to_drop))

    def take(self, permitted: Callable[[str], bool]) -> Transaction | None:
        """Remove and return the next transaction whose target is `permitted`, if there is one."""
        for priority in (Priority.HIGH, Priority.NORMAL):
            heads = (
                (line.head(self.ordered).turn, line)
                for (of, target), line in self._lines.items()
                if of is priority and line and permitted(target)
            )
            chosen = min(heads, key=lambda head: head[0], default=None)
            if chosen is not None:
                return self._pop(chosen[1])
        return None

    def targets(self) -> set[str]:
        """The targets for which something waits."""
        return {target for (_, target), line in self._lines.items() if line}

    def oldest(self) -> int | None:
        """The sequence of the oldest transaction, None when nothing waits."""
        return min((line.oldest for line in self._lines.values() if line), default=None)

    def clear(self) -> list[Transaction]:
        """Remove and return everything."""
        waiting = [transaction for line in self._lines.values() for transaction in line]
        self._lines.clear()
        self._first_count = self.retry_bytes = self.samples = self.payloads = 0
        return waiting

    def _line(self, transaction: Transaction) -> "_Line":
        # Routes are constants of the model, so the number of lines is bounded by their number.
        key = (transaction.payload.priority, transaction.target)
        if key not in self._lines:
            self._lines[key] = _Line()
        return self._lines[key]

    def _count(self, transaction: Transaction, sign: int) -> None:
        self.payloads += sign
        self.samples += sign * transaction.payload.samples

    def _pop(self, line: "_Line") -> Transaction:
        transaction = line.head(self.ordered)
        if line.first and transaction is line.first[0]:
            line.first.popleft()
            self._first_count -= 1
        else:
            (line.failed if transaction.errors else line.parked).remove(transaction)
            self.retry_bytes -= transaction.size
        self._count(transaction, -1)
        return transaction

    def _trim(self, keep: Transaction) -> list[Transaction]:
        dropped: list[Transaction] = []
        freed = self._room_bytes
        while self.retry_bytes > self._bytes_max or freed < self._room_bytes:
            victim = self._first_to_drop(keep)
            if victim is None:
                break
            line = self._line(victim)
            (line.failed if victim.errors else line.parked).remove(victim)
            self.retry_bytes -= victim.size
            freed = victim.size + (freed if dropped else 0)
            self._count(victim, -1)
            dropped.append(victim)
        return dropped

    def _first_to_drop(self, keep: Transaction) -> Transaction | None:
        for priority in (Priority.NORMAL, Priority.HIGH):
            candidates = (
                transaction
                for (of, _), line in self._lines.items()
                if of is priority
                for transaction in line.droppable(keep)
            )
            oldest = min(candidates, key=_sequence, default=None)
            if oldest is not None:
                return oldest
        return None


class _Line:
    """What waits for one target with one priority; see the module's text for the three parts."""

    __slots__ = ("failed", "first", "parked")

    def __init__(self) -> None:
        self.first: deque[Transaction] = deque()
        self.parked: deque[Transaction] = deque()
        self.failed: list[Transaction] = []

    def __len__(self) -> int:
        return len(self.first) + len(self.parked) + len(self.failed)

    def __iter__(self) -> Iterator[Transaction]:
        yield from self.first
        yield from self.parked
        yield from self.failed

    def head(self, ordered: bool) -> Transaction:
        """The next to send of a line that is not empty."""
        if ordered and self.failed:
            return min(self.failed[0], (self.first or self.parked or self.failed)[0], key=_sequence)
        return (self.first or self.parked or self.failed)[0]

    @property
    def oldest(self) -> int:
        """The smallest sequence of a line that is not empty."""
        untried = self.first or self.parked
        candidates = [untried[0], *self.failed] if untried else self.failed
        return min(transaction.sequence for transaction in candidates)

    def droppable(self, keep: Transaction) -> Iterator[Transaction]:
        """The oldest charged in bytes and never attempted, and all that failed, except `keep`."""
        untried = next((waiting for waiting in self.parked if waiting is not keep), None)
        if untried is not None:
            yield untried
        yield from (failed for failed in self.failed if failed is not keep)
