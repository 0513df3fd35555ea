"""The logs component: the app's output and its files, read, assembled, batched, passed on.

Theory of operation. Each source has an assembler and one of the lanes. The copies of stdout and
stderr are read when there is something, in portions of about a millisecond's work, between which
the loop does everything else. One timer serves whatever waits: a message for its next line, a batch
for its next message.

The app comes first, also for the processor: what it writes is passed through elsewhere (see
`serverless_init.process.pipes`) whether we keep up or not. When it writes so fast that nobody could
keep up, we rest most of the time: on a small machine the app would pay for the lines that we get.

The end. The streams end when everything that the app wrote has come. Then what waits is passed on,
an unterminated last line included.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from serverless_init.clock import Clock
from serverless_init.lifecycle import Drained
from serverless_init.logs.assemble import Assembler
from serverless_init.logs.files import LogFiles
from serverless_init.logs.flood import Flood
from serverless_init.logs.lane import Lane
from serverless_init.logs.stats import LogsStats
from serverless_init.model import Chunk, LogMessage, Stream

_log = logging.getLogger("serverless_init.logs")

_PORTION_BYTES = 8_192
# In a flood: so many times as long as a portion takes, but not for long.
_REST = 19
_REST_S_MAX = 0.2
# Of the time to drain, what passing on may still need when reading has not come to its end.
_END_SHARE = 0.2


class Logs:
    """The component. `streams` come with the assembler and the lane of each."""

    name = "logs"

    def __init__(
        self,
        streams: Sequence[tuple[Stream, Assembler, Lane]],
        *,
        files: LogFiles | None,
        lanes: Sequence[Lane],
        stats: LogsStats,
        clock: Clock,
    ) -> None:
        self.stats = stats
        self._streams = streams
        self._files = files
        self._lanes = lanes
        self._clock = clock
        self._readers: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._errors: set[tuple[str, int]] = set()
        self._draining = asyncio.Event()
        # Streams of which more has come than has been fed: nothing of them is due yet.
        self._behind: set[str] = set()

    async def start(self) -> None:
        """Read from now on."""
        for stream, assembler, lane in self._streams:
            follow = self._follow(stream, assembler, lane)
            self._readers.append(asyncio.create_task(follow, name=f"logs.{stream.name}"))
        if self._files:
            self._readers.append(
                asyncio.create_task(self._files.follow(self._arm), name="logs.files")
            )
        self._arm()

    def flush(self) -> None:
        """Pass on every open batch now."""
        now = self._clock.now()
        for lane in self._lanes:
            lane.flush(now)

    def submit(self, message: LogMessage) -> None:
        """Pass on a message that came whole. All of them share a lane, for their order."""
        self.stats.lines_accepted += message.lines
        self.stats.messages += 1
        self._lanes[0].add((message,), self._clock.now())
        if self._timer is None:
            self._arm()

    async def drain(self, deadline: float) -> Drained:
        """Read everything to its end, and pass on everything that waits."""
        late = False
        self._draining.set()
        if self._files:
            self._files.end_soon()
        if self._readers:
            left_s = max(0.0, deadline - self._clock.monotonic())
            _, running = await asyncio.wait(self._readers, timeout=left_s * (1 - _END_SHARE))
            late = bool(running)
            for task in running:
                task.cancel()
        self._end()
        return replace(self.account(), late=late)

    def account(self) -> Drained:
        """Every line that was read, and what became of it."""
        return Drained(
            accepted=self.stats.lines_accepted,
            passed_on=sum(lane.lines_submitted for lane in self._lanes),
            dropped=dict(self.stats.dropped),
            held=self._held(),
        )

    def close(self) -> None:
        """Stop reading. Idempotent."""
        for task in self._readers:
            task.cancel()
        self._readers.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._files:
            self._files.close()
        for stream, _, _ in self._streams:
            stream.close()

    def _held(self) -> int:
        assembling = sum(assembler.held for _, assembler, _ in self._streams)
        files = self._files.held if self._files else 0
        return assembling + files + sum(lane.held for lane in self._lanes)

    async def _follow(self, stream: Stream, assembler: Assembler, lane: Lane) -> None:
        flood = Flood()
        while True:
            chunks = stream.read()
            if chunks is None:
                break
            if not chunks:
                self._behind.discard(stream.name)
                self._arm()
                await _readable(stream.fd)
                continue
            self._behind.add(stream.name)
            for chunk in chunks:
                self._tell(stream, chunk)
                flooded = flood.passed(chunk.lost + len(chunk.data), chunk.at)
                data = chunk.data
                if chunk.lost:
                    # Neither the line before the gap nor the one after it is whole.
                    lane.add(assembler.end(chunk.at), chunk.at)
                    data = data[data.find(b"\n") + 1 :] if b"\n" in data else b""
                    self.stats.bytes_lost += len(chunk.data) - len(data)
                for begin in range(0, len(data), _PORTION_BYTES):
                    began = self._clock.monotonic()
                    portion = data[begin : begin + _PORTION_BYTES]
                    lane.add(assembler.feed(portion, chunk.at), chunk.at)
                    took_s = self._clock.monotonic() - began
                    await self._pause(took_s if flooded else 0.0)

    async def _pause(self, flooded_for_s: float) -> None:
        """Let the others run; in a flood, and as long as it may go on, rest."""
        await asyncio.sleep(0)
        if flooded_for_s and not self._draining.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(flooded_for_s * _REST, _REST_S_MAX)):
                    await self._draining.wait()

    def _tell(self, stream: Stream, chunk: Chunk) -> None:
        self.stats.bytes_lost += chunk.lost
        if chunk.error and (stream.name, chunk.error) not in self._errors:
            self._errors.add((stream.name, chunk.error))
            why = os.strerror(chunk.error)
            _log.warning("%s refuses what the app writes (%s)", stream.name, why)

    def _end(self) -> None:
        now = self._clock.now()
        for _, assembler, lane in self._streams:
            lane.add(assembler.end(now), now)
        if self._files:
            self._files.finish(now)
        self.flush()

    def _idle(self) -> list[tuple[Stream, Assembler, Lane]]:
        return [entry for entry in self._streams if entry[0].name not in self._behind]

    def _arm(self) -> None:
        """Look again when something has waited long enough."""
        dues = [assembler.due_at() for _, assembler, _ in self._idle()]
        dues += [lane.due_at() for lane in self._lanes]
        if self._files:
            dues.append(self._files.due_at())
        due_at = min((at for at in dues if at is not None), default=None)
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due_at is not None:
            delay_s = max(0.0, due_at - self._clock.now())
            self._timer = loop.call_later(delay_s, self._due)

    def _due(self) -> None:
        now = self._clock.now()
        for _, assembler, lane in self._idle():
            lane.add(assembler.due(now), now)
        if self._files:
            self._files.due(now)
        for lane in self._lanes:
            at = lane.due_at()
            if at is not None and at <= now:
                lane.flush(now)
        self._arm()


async def _readable(fd: int) -> None:
    """Wait until `fd` has something to read, or its end."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)
