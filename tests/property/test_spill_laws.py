"""Laws of the retry queue with a disk behind it, on a real file system."""

import asyncio
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.clock import SystemClock
from serverless_init.forwarder.breaker import BackoffPolicy
from serverless_init.forwarder.disk import Disk, DiskLimits
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.retry import Delivered, Refused, Retry
from serverless_init.forwarder.spill import Spill, SpillLimits
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import SERIES_V2, SKETCHES_V2, Payload, PayloadKind

MEMORY_MAX, DISK_MAX, SIZE_MAX = 60, 2000, 40
fates = st.sampled_from([Delivered(), Retry(), Refused("refused_400")])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, SIZE_MAX)),
        st.tuples(st.just("attempt"), fates),
        st.tuples(st.sampled_from(["pause", "recall", "damage", "steal", "wake"]), st.none()),
    ),
    max_size=40,
)


class Life:
    """A run: dispatcher and spill without requests; it is itself who sends what comes back."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.now = 0.0
        self.stats = ForwarderStats()
        limits = DiskLimits(DISK_MAX, ratio_max=1.0)
        self.spill = Spill(
            Disk(folder, limits, self.stats.spill),
            limits=SpillLimits(MEMORY_MAX, MEMORY_MAX),
            clock=SystemClock(),
            stats=self.stats,
            report=lambda *_: None,
        )
        self.queue = TransactionQueue(payloads_max=2, bytes_max=MEMORY_MAX, room_bytes=30)
        self.dispatcher = Dispatcher(
            self.queue,
            policy=BackoffPolicy(),
            uniform=lambda low, _: low,
            stats=self.stats,
            overflow=self.spill,
        )
        self.flying: list[Transaction] = []

    def restore(self, payloads: Iterable[Payload]) -> None:
        for payload in payloads:
            self.dispatcher.submit(payload, self.now, again=True)

    async def play(self, name: str, argument: object) -> None:
        match name, argument:
            case "submit", int(size):
                endpoint = (SERIES_V2, SKETCHES_V2)[size % 2]
                body = bytes(size)
                payload = Payload(PayloadKind.SERIES, endpoint, body, "t", "", 0, size + 1)
                self.dispatcher.submit(payload, self.now)
            case "attempt", fate:
                self.now += 70
                transaction = self.dispatcher.take(self.now)
                if transaction is not None:
                    self.dispatcher.settle(transaction, fate, self.now)
            case "pause", _:
                await asyncio.sleep(0.001)
            case "recall", _:
                self.spill.recall()
            case "damage", _:
                for file in self.files()[:1]:
                    file.write_bytes(b"damaged")
            case "steal", _:
                for file in self.files()[:1]:
                    file.unlink(missing_ok=True)
            case "wake", _:
                self.dispatcher.wake()

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.retry"))

    def check(self) -> None:
        stats = self.stats
        held = self.dispatcher.held + self.spill.samples
        dropped = sum(stats.samples_dropped.values())
        assert stats.samples_accepted == stats.samples_delivered + dropped + held
        by_endpoint = stats.endpoints.values()
        assert dropped == sum(endpoint.samples_dropped for endpoint in by_endpoint)
        assert self.queue.retry_bytes <= max(MEMORY_MAX, SIZE_MAX)
        assert sum(os.path.getsize(file) for file in self.files() if file.exists()) <= DISK_MAX

    async def end(self) -> None:
        loop = asyncio.get_running_loop()
        self.spill.end()
        self.dispatcher.shut("deadline")
        await self.spill.finish(loop.time() + 10)
        self.check()
        assert self.dispatcher.held == self.spill.samples == 0


@given(st.lists(steps, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_runs_that_share_a_disk_balance_each_and_keep_their_bounds(lives: list[list]) -> None:  # type: ignore[type-arg]
    """After every step of every run: accepted = delivered + dropped + held, by endpoint too; the
    memory and the disk are within their bounds; at the end nothing is held; and what the runs have
    accepted of each other is never more than what they have stored."""

    async def story(folder: str) -> None:
        stored = 0
        for played in lives:
            life = Life(folder)
            life.spill.start(life)
            for name, argument in played:
                await life.play(name, argument)
                life.check()
            await life.end()
            assert life.stats.samples_restored <= stored
            stored += life.stats.samples_dropped.get("stored_on_disk", 0)
            stored -= life.stats.samples_restored

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(asyncio.wait_for(story(folder), 60))
