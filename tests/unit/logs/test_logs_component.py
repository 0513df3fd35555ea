"""The component between real pipes and a sink: what is read, when it is passed on, the account."""

import asyncio
import os
import time

import zstandard

from serverless_init.clock import SystemClock
from serverless_init.logs import (
    LANES,
    Assembler,
    AssemblerOptions,
    BatchOptions,
    Lane,
    LaneOptions,
    Logs,
    LogsStats,
    Settled,
)
from serverless_init.model import LogSource, Payload
from serverless_init.process.frames import HEADER
from serverless_init.process.pipes import CapturedStream
from serverless_init.testing import CollectingSink
from serverless_init.wire import choose_codec

PATIENCE_S = 10.0


class Bench:
    """Logs of one stream, whose frames the test writes."""

    def __init__(self) -> None:
        read, self.copy = os.pipe()
        os.set_blocking(read, False)
        self.sink = CollectingSink()
        stats = LogsStats()
        options = LaneOptions(
            BatchOptions(wait_s=0.2), choose_codec("zstd"), headers=(("DD-PROTOCOL", "agent-json"),)
        )
        lane = Lane(LANES[0], options, out=self.sink, stats=stats, settled=lambda _: Settled())
        source = LogSource("stdout", "shop", "local", ("env:test",))
        assembler = Assembler(source, AssemblerOptions(timeout_s=0.1), stats=stats)
        self.logs = Logs(
            [(CapturedStream("stdout", read), assembler, lane)],
            files=None,
            lanes=[lane],
            stats=stats,
            clock=SystemClock(),
        )

    def write(self, data: bytes, *, at: float | None = None, lost: int = 0) -> None:
        header = HEADER.pack(len(data), 0, time.time() if at is None else at, lost)
        os.write(self.copy, header + data)

    async def drained(self) -> list[Payload]:
        os.close(self.copy)
        await self.logs.drain(time.monotonic() + PATIENCE_S)
        self.logs.close()
        return self.sink.payloads


def body(payload: Payload) -> str:
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    return decompressor.decompress(payload.body).decode()


def test_a_message_is_passed_on_when_its_batch_has_waited_and_says_when_it_was_written() -> None:
    async def run() -> list[Payload]:
        bench = Bench()
        await bench.logs.start()
        bench.write(b"INFO hello\n", at=1_700_000_000.5)
        async with asyncio.timeout(PATIENCE_S):
            while not bench.sink.payloads:
                await asyncio.sleep(0.01)
        return await bench.drained()

    (payload,) = asyncio.run(run())
    assert body(payload) == (
        '[{"message":"INFO hello","status":"info","timestamp":1700000000500,"hostname":"",'
        '"service":"shop","ddsource":"local","ddtags":"env:test"}]'
    )
    assert payload.headers[:2] == (
        ("DD-PROTOCOL", "agent-json"),
        ("dd-message-timestamp", "1700000000500"),
    )
    assert (payload.samples, payload.endpoint.route) == (1, "/api/v2/logs")


def test_a_trace_that_was_written_long_ago_is_not_cut_while_the_rest_of_it_is_there() -> None:
    """Written while we still started: its first lines had waited long enough before the others."""

    async def run() -> list[Payload]:
        bench = Bench()
        trace = b"Traceback (most recent call last):\n" + b'  File "a.py", line 1\n' * 2000
        for begin in range(0, len(trace), 4096):
            bench.write(trace[begin : begin + 4096], at=time.time() - 60)
        await bench.logs.start()
        return await bench.drained()

    (payload,) = asyncio.run(run())
    assert (payload.samples, payload.points) == (2001, 1)


def test_after_a_gap_only_whole_lines_count_and_the_lost_bytes_are_told() -> None:
    async def run() -> tuple[list[Payload], Logs]:
        bench = Bench()
        await bench.logs.start()
        bench.write(b"INFO one\nINFO tw")
        bench.write(b"e\nINFO four\n", lost=100)
        return await bench.drained(), bench.logs

    (payload,), logs = asyncio.run(run())
    assert [part.partition('"')[0] for part in body(payload).split('"message":"')[1:]] == [
        "INFO one",
        "INFO tw",
        "INFO four",
    ]
    assert logs.stats.bytes_lost == 102
    account = logs.account()
    assert (account.accepted, account.passed_on, account.held) == (3, 3, 0)
