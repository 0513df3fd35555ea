"""The followed files: looked at, read, remembered; what to do with each says `tailer`.

A disk may be a network's and slow: looking and reading is done away from the loop. Nothing is read
faster than it can be delivered, for a file can wait; so no line of a file is ever dropped for lack
of room.
"""

import asyncio
import glob
import logging
import math
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from serverless_init.clock import Clock
from serverless_init.logs import registry
from serverless_init.logs.assemble import Assembler
from serverless_init.logs.lane import Lane
from serverless_init.logs.tailer import HEAD_BYTES, Identity, Known, Seen, Tail, Tailer
from serverless_init.wire import offload

_log = logging.getLogger("serverless_init.logs")

_READ_BYTES = 131_072
_PORTION_BYTES = 32_768
_ROOM_CHECK_S = 0.05


@dataclass(frozen=True, slots=True)
class FilesOptions:
    """What is followed: paths that match `pattern`, looked at every `scan_period_s`.

    The registry is kept in `run_path`; empty keeps none.
    """

    pattern: str
    run_path: str = ""
    scan_period_s: float = 1.0
    files_max: int = 500


@dataclass(slots=True)
class _Open:
    """A tail with what belongs to it. While it is `behind`, more is there to be read."""

    tail: Tail
    fd: int
    assembler: Assembler
    lane: Lane
    behind: bool = False


class LogFiles:
    """The files of one pattern. `join` gives the assembler and the lane of a file by its path."""

    def __init__(
        self,
        options: FilesOptions,
        *,
        join: Callable[[str], tuple[Assembler, Lane]],
        clock: Clock,
    ) -> None:
        self._options = options
        self._join = join
        self._clock = clock
        self._registry = os.path.join(options.run_path, registry.FILE_NAME)
        self._tailer = Tailer(files_max=options.files_max)
        self._open: dict[Identity, _Open] = {}
        self._ending = asyncio.Event()
        self._told: set[str] = set()
        self._dropped_before_end = 0
        self._finished = False

    @property
    def held(self) -> int:
        """Lines that wait for those that may belong to them."""
        return sum(file.assembler.held for file in self._open.values())

    def due_at(self) -> float | None:
        """When a file's lines have waited long enough."""
        dues = (file.assembler.due_at() for file in self._open.values() if not file.behind)
        return min((at for at in dues if at is not None), default=None)

    def due(self, now: float) -> None:
        """Pass on what has waited long enough."""
        for file in self._open.values():
            if not file.behind:
                file.lane.add(file.assembler.due(now), now)

    async def follow(self, fed: Callable[[], None]) -> None:
        """Look and read until `end_soon`, and then once more; `fed` is called after each time."""
        known = await offload(self._load, name="logs registry")
        self._tailer = Tailer(files_max=self._options.files_max, known=known)
        ending = False
        while not ending:
            # Asked before the look: the last one begins after the end was announced.
            ending = self._ending.is_set()
            try:
                # What was truncated under our hands is read from its beginning at the next look.
                ending = await self._look() and ending
            except OSError as error:
                self._complain(f"files cannot be read: {error}")
            fed()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.scan_period_s):
                    await self._ending.wait()

    def end_soon(self) -> None:
        """Let `follow` return after a last look."""
        self._ending.set()

    def finish(self, now: float) -> None:
        """Everything has been read: pass on what waits, an unterminated last line included."""
        for file in self._open.values():
            file.lane.add(file.assembler.end(now), now)
        self._dropped_before_end = self._dropped()
        self._finished = True

    def close(self) -> None:
        """Close the files, and remember what has been delivered. Idempotent."""
        files = list(self._open.values())
        if self._finished and self._dropped() == self._dropped_before_end:
            for file in files:
                file.tail.delivered = file.tail.offset
        if files:
            self._save()
        for file in files:
            os.close(file.fd)
        self._open.clear()

    async def _look(self) -> bool:
        """Look once and read; whether every file was read to its end."""
        matching, followed = await offload(self._survey, name="logs look")
        now = self._clock.now()
        look = self._tailer.look(matching, followed, self._clock.monotonic())
        if look.refused:
            self._complain(f"only {self._options.files_max} files are followed at once")
        for tail in look.restarted:
            file = self._open[tail.identity]
            file.lane.add(file.assembler.end(now), now)
        for tail in look.closed:
            file = self._open.pop(tail.identity)
            file.lane.add(file.assembler.end(now), now)
            os.close(file.fd)
        for tail in look.opened:
            self._take_up(tail)
        lanes: dict[int, list[_Open]] = {}
        for file in self._open.values():
            lanes.setdefault(id(file.lane), []).append(file)
        # Side by side: a lane without room does not hold up the files of another.
        await asyncio.gather(*(self._read_in_turn(files) for files in lanes.values()))
        moved = [self._advance(file) for file in self._open.values()]
        if any(moved) or look.closed:
            await offload(self._save, name="logs registry")
        return not any(file.behind for file in self._open.values())

    def _survey(self) -> tuple[list[Seen], Mapping[Identity, Seen]]:
        followed = {
            file.tail.identity: _seen(file.tail.path, file.fd) for file in self._open.values()
        }
        matching: dict[Identity, Seen] = {}
        for path in sorted(glob.glob(self._options.pattern, recursive=True)):
            if path == self._registry:
                continue
            try:
                status = os.stat(path)
                if not stat.S_ISREG(status.st_mode):
                    continue
                identity = (status.st_dev, status.st_ino)
                if identity not in followed:
                    matching[identity] = _look_at(path)
                else:
                    matching[identity] = followed[identity]
            except OSError as error:
                self._complain(f"{path} cannot be read ({error.strerror})")
        return list(matching.values()), followed

    def _take_up(self, tail: Tail) -> None:
        try:
            fd = os.open(tail.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            self._tailer.forget(tail)
            self._complain(f"{tail.path} cannot be opened ({error.strerror})")
            return
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) != tail.identity:  # replaced since: the next look
            os.close(fd)
            self._tailer.forget(tail)
            return
        self._open[tail.identity] = _Open(tail, fd, *self._join(tail.path))

    async def _read_in_turn(self, files: list[_Open]) -> None:
        """One after the other, older ones first: a file that was rotated comes before the next."""
        for file in files:
            await self._read(file)
            if file.tail.gone_at is not None:
                # Its last message waits for no line of another file.
                file.lane.add(file.assembler.due(math.inf), self._clock.now())

    async def _read(self, file: _Open) -> None:
        """Read to the end that the file has now, as far as there is room for it.

        It stays `behind` when it turns out to have been truncated since it was looked at.
        """
        end = os.fstat(file.fd).st_size
        file.behind = True
        if end < file.tail.offset:
            return
        while file.tail.offset < end:
            while not file.lane.has_room:
                await asyncio.sleep(_ROOM_CHECK_S)
            size = min(_READ_BYTES, end - file.tail.offset)
            data = await offload(partial(_read_on, file, size), name="logs read")
            if data is None:
                return
            if not data:
                break
            file.tail.read(data)
            for begin in range(0, len(data), _PORTION_BYTES):
                now = self._clock.now()
                portion = data[begin : begin + _PORTION_BYTES]
                file.lane.add(file.assembler.feed(portion, now), now)
                await asyncio.sleep(0)
        file.behind = False

    def _advance(self, file: _Open) -> bool:
        lane = file.lane
        return file.tail.advance(
            taken=lane.lines_submitted + lane.held,
            settled=lane.settled.lines_delivered + lane.settled.lines_dropped,
        )

    def _dropped(self) -> int:
        return sum({id(f.lane): f.lane.settled.lines_dropped for f in self._open.values()}.values())

    def _load(self) -> list[Known]:
        if not self._options.run_path:
            return []
        try:
            with open(self._registry, encoding="utf-8") as file:
                return registry.read(file.read())
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            self._complain(f"{self._registry} cannot be read ({error}): files begin anew")
            return []

    def _save(self) -> None:
        if not self._options.run_path:
            return
        beside = f"{self._registry}.new"
        try:
            with open(beside, "w", encoding="utf-8") as file:
                file.write(registry.write(self._tailer.known()))
            os.replace(beside, self._registry)
        except OSError as error:
            self._complain(f"{self._registry} cannot be written ({error.strerror})")

    def _complain(self, text: str) -> None:
        """Once each, and not for ever new ones."""
        if text not in self._told and len(self._told) < 20:
            self._told.add(text)
            _log.warning("%s", text)


def _read_on(file: _Open, size: int) -> bytes | None:
    """What follows in a file; None when it was truncated since it was looked at.

    The beginning is read last: a file that was truncated and has grown beyond the old position
    gives bytes from the middle of a line, which belong to nothing.
    """
    data = os.pread(file.fd, size, file.tail.offset)
    return data if os.pread(file.fd, HEAD_BYTES, 0).startswith(file.tail.head) else None


def _look_at(path: str) -> Seen:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return _seen(path, fd)
    finally:
        os.close(fd)


def _seen(path: str, fd: int) -> Seen:
    status = os.fstat(fd)
    head = os.pread(fd, HEAD_BYTES, 0)
    return Seen(path, (status.st_dev, status.st_ino), status.st_size, head)
