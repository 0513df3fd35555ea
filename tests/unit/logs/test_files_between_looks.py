"""What happens to a file after it was looked at and before it is read."""

import asyncio
from pathlib import Path

from serverless_init.clock import SystemClock
from serverless_init.logs import (
    LANES,
    Assembler,
    AssemblerOptions,
    BatchOptions,
    FilesOptions,
    Lane,
    LaneOptions,
    LogFiles,
    LogsStats,
    Settled,
)
from serverless_init.model import LogSource
from serverless_init.testing import CollectingSink
from serverless_init.wire import choose_codec

PATIENCE_S = 10.0


class Bench:
    """One followed file. Its lane has room while delivery says that it keeps up."""

    def __init__(self, path: Path) -> None:
        self.sink = CollectingSink()
        self.payloads_settled = 0
        self.room_asked = asyncio.Event()
        stats = LogsStats()
        self.lane = Lane(
            LANES[0],
            LaneOptions(BatchOptions(), choose_codec("none")),
            out=self.sink,
            stats=stats,
            settled=self._settled,
        )
        assembler = Assembler(
            LogSource("file", "shop", "local", ()), AssemblerOptions(), stats=stats
        )
        self.files = LogFiles(
            FilesOptions(str(path), scan_period_s=0.01),
            join=lambda _: (assembler, self.lane),
            clock=SystemClock(),
        )

    def _settled(self, endpoint: str) -> Settled:
        self.room_asked.set()
        return Settled(payloads=self.payloads_settled)

    async def read_to_the_end(self, following: "asyncio.Task[None]") -> str:
        self.files.end_soon()
        async with asyncio.timeout(PATIENCE_S):
            await following
        self.files.finish(0.0)
        self.lane.flush(0.0)
        self.files.close()
        return b"".join(payload.body for payload in self.sink.payloads).decode()


async def wait_until_read(path: Path, bench: Bench) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not bench.lane.held + bench.files.held:
            await asyncio.sleep(0.01)


def test_a_file_truncated_between_look_and_reading_is_read_from_its_beginning(
    tmp_path: Path,
) -> None:
    """Its bytes behind the old position, the middle of a line, were taken for a line."""
    path = tmp_path / "app.log"

    async def run() -> str:
        path.write_text("INFO three, of the file as it was\n")
        bench = Bench(path)
        following = asyncio.create_task(bench.files.follow(lambda: None))
        await wait_until_read(path, bench)
        # Delivery is behind: the next reading waits, after its look.
        bench.payloads_settled = -10
        bench.room_asked.clear()
        with path.open("a") as file:
            file.write("INFO four\n")
        async with asyncio.timeout(PATIENCE_S):
            while not bench.room_asked.is_set():
                await asyncio.sleep(0.01)
        path.write_text("WARN five, after the truncation, longer than before\n")
        bench.payloads_settled = 0
        return await bench.read_to_the_end(following)

    text = asyncio.run(run())
    assert [part.partition('"')[0] for part in text.split('"message":"')[1:]] == [
        "INFO three, of the file as it was",
        "WARN five, after the truncation, longer than before",
    ]
