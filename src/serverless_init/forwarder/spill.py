"""What would be dropped for lack of room or time goes to a disk, and comes back when there is some.

Theory of operation. One task per intake does everything that blocks, in a thread and one thing
after the other: it writes what waits to be written, and when nothing does and it has been asked
for, it reads the newest file back. `take` and `recall` only leave word for it. What waits to be
written is bounded like the memory that it came from; at the end it is not, for then it is all in
memory already. What finds no place, or cannot be written, is dropped for the reason that brought it
here.

The account. What this run has accepted and the disk holds is held. What an earlier run has left is
nobody's until it is read back; then this run has accepted it. What the disk holds at the end is
counted as ``stored_on_disk``: not delivered by this run, and not lost, for a later one finds it.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from serverless_init.clock import Clock
from serverless_init.forwarder.disk import Disk, StoredFile, Taken, Written
from serverless_init.forwarder.http import Report
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Payload
from serverless_init.wire import offload

_END_WITHIN_S = 0.03
_NO_THREAD_PAUSE_S = 0.1


class Sender(Protocol):
    """Who sends what has been read back."""

    def restore(self, payloads: Iterable[Payload]) -> None:
        """Queue `payloads`, which have been accepted before. Told also of none, after each step."""


@dataclass(frozen=True, slots=True)
class SpillLimits:
    """Bytes of payloads that may wait to be written, and that go into one file."""

    waiting_bytes_max: int
    file_bytes_max: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    payload: Payload
    reason: str


class Spill:
    """See the module's text."""

    def __init__(
        self,
        disk: Disk,
        *,
        limits: SpillLimits,
        clock: Clock,
        stats: ForwarderStats,
        report: Report,
    ) -> None:
        self._disk = disk
        self._limits = limits
        self._clock = clock
        self._stats = stats
        self._report = report
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._writing: tuple[_Waiting, ...] = ()
        self._stored: dict[str, StoredFile] = {}
        self._recalled = True  # what an earlier run has left is tried at once
        self._reading: StoredFile | None = None
        self._opened = self._failed = self._ending = False
        self._complaints: set[str] = set()
        self._wanted = asyncio.Event()
        self._stepped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def samples(self) -> int:
        """How many samples of this run are on the disk or on their way to it."""
        on_their_way = sum(w.payload.samples for w in (*self._waiting, *self._writing))
        return on_their_way + sum(s.samples for f in self._stored.values() for s in f.shares)

    def start(self, sender: Sender) -> None:
        """Begin, on the running loop; what is read back goes to `sender`."""
        self._task = asyncio.create_task(self._live(sender), name="spill")

    def take(self, transactions: Iterable[Transaction], reason: str) -> list[Transaction]:
        """Store `transactions`, else dropped for `reason`; those without room are returned."""
        refused = []
        for transaction in transactions:
            bytes_max = self._limits.waiting_bytes_max
            is_full = not self._ending and self._waiting_bytes + transaction.size > bytes_max
            if self._task is None or self._failed or is_full:
                refused.append(transaction)
                continue
            self._waiting.append(_Waiting(transaction.payload, reason))
            self._waiting_bytes += transaction.size
            self._wanted.set()
        return refused

    def recall(self) -> bool:
        """Nothing waits in memory: read a file back. Whether there is something to wait for."""
        if self._ending or self._task is None:
            return False
        coming = bool(self._disk.newest) or self._on_its_way()
        if coming:
            self._recalled = True
            self._wanted.set()
        return coming

    def end(self) -> None:
        """Read nothing back any more, and take whatever comes."""
        self._ending = True

    async def finish(self, deadline: float) -> None:
        """Store all that waits before `deadline`, and account for all of it."""
        self.end()
        while self._task is not None and self._on_its_way():
            left_s = deadline - self._clock.monotonic()
            if left_s <= 0:
                break
            self._stepped.clear()
            try:
                async with asyncio.timeout(left_s):
                    await self._stepped.wait()
            except TimeoutError:
                break
        task = self._task
        self.close()
        if task is not None:
            await asyncio.wait((task,), timeout=_END_WITHIN_S)

    def close(self) -> None:
        """Write and read no more, and account for what is left. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._drop_all()
        if self._reading is not None:
            # It has been taken off the disk, or will be, and its payloads are sent by nobody.
            self._forget(self._reading, "deadline")
        for file in list(self._stored.values()):
            self._forget(file, "stored_on_disk")

    def _on_its_way(self) -> bool:
        return bool(not self._opened or self._waiting or self._writing or self._reading)

    async def _live(self, sender: Sender) -> None:
        try:
            await self._open()
            while not self._failed:
                await self._step(sender)
        except Exception as error:  # noqa: BLE001  our mistake costs the disk, not the forwarder
            self._failed = True
            self._complain("payloads cannot be stored on disk", f"{type(error).__name__}: {error}")
        self._drop_all()
        self._tell(sender)

    async def _step(self, sender: Sender) -> None:
        self._wanted.clear()
        if self._waiting:
            await self._write()
        elif self._recalled and not self._ending and self._disk.newest:
            await self._read(self._disk.newest, sender)
        else:
            self._tell(sender)
            await self._wanted.wait()
            return
        self._tell(sender)

    def _tell(self, sender: Sender) -> None:
        """A step has been made."""
        self._stepped.set()
        sender.restore(())

    async def _open(self) -> None:
        try:
            await offload(partial(self._disk.open, self._clock.now()), name="open spill")
        except OSError as error:
            self._failed = True
            self._complain("payloads cannot be stored on disk", error.strerror or str(error))
        self._opened = True

    async def _write(self) -> None:
        self._writing = self._portion()
        payloads = [waiting.payload for waiting in self._writing]
        try:
            write = partial(self._disk.write, payloads, self._clock.now())
            written = await offload(write, name="write spill")
        except OSError as error:
            written = Written(failure=str(error))  # no thread could be started
        for file in written.removed:
            self._forget(file, "disk_full")
        what = "some payloads cannot be stored on disk"
        if written.file is not None:
            self._stored[written.file.name] = written.file
            self._complaints.discard(what)
        else:
            self._complain(what, written.failure)
            self._drop(self._writing)
        self._writing = ()

    async def _read(self, newest: StoredFile, sender: Sender) -> None:
        self._reading = newest
        try:
            taken = await offload(self._disk.take_newest, name="read spill")
        except OSError:
            taken = None  # no thread could be started
            await asyncio.sleep(_NO_THREAD_PAUSE_S)
        self._reading = None
        self._recalled = taken is not None and not taken.payloads
        if taken is not None:
            self._restore(taken, sender)

    def _restore(self, taken: Taken, sender: Sender) -> None:
        if taken.gone:
            # Another container on the volume has it and will deliver it.
            self._forget(taken.file, "stored_on_disk")
        elif not taken.payloads:
            self._complain("a file of stored payloads cannot be read", taken.file.name)
            self._forget(taken.file, "disk_unreadable")
        elif self._stored.pop(taken.file.name, None) is None:
            for payload in taken.payloads:
                self._stats.restore(payload)
        sender.restore(taken.payloads)

    def _complain(self, what: str, why: str) -> None:
        """Say it once, until it has gone well."""
        if what not in self._complaints:
            self._complaints.add(what)
            self._report("warning", f"{what}: {why}")

    def _drop(self, waiting: Iterable[_Waiting]) -> None:
        for each in waiting:
            self._stats.drop(each.payload, each.reason)

    def _drop_all(self) -> None:
        """Nothing more of what is on its way to the disk will get there."""
        self._drop((*self._writing, *self._waiting))
        self._waiting.clear()
        self._waiting_bytes, self._writing = 0, ()

    def _portion(self) -> tuple[_Waiting, ...]:
        portion: list[_Waiting] = []
        size = 0
        while self._waiting:
            size += len(self._waiting[0].payload.body)
            if portion and size > self._limits.file_bytes_max:
                break
            portion.append(self._waiting.popleft())
            self._waiting_bytes -= len(portion[-1].payload.body)
        return tuple(portion)

    def _forget(self, file: StoredFile, reason: str) -> None:
        """What this run has put into `file` is not delivered by it."""
        ours = self._stored.pop(file.name, None)
        for share in ours.shares if ours else ():
            self._stats.drop_counted(share.endpoint, share.payloads, share.samples, reason)
