"""The process that passes the app's output on, here on a thread, between real pipes."""

import errno
import fcntl
import os
import select
import threading
import time
from collections.abc import Iterator
from types import TracebackType

import pytest

from serverless_init.process.frames import Chunk, FrameReader
from serverless_init.process.pump import Pump

PATIENCE_S = 20.0


class Plumbing:
    """A pump at work: `app` is written to, `real` and `copy` are read, `alive` is the app's life.

    Everything is closed at the block's end.
    """

    def __init__(self, real: int | None = None, control: object = None) -> None:
        app_end, self.app = os.pipe()
        self.real, real_end = os.pipe()
        self.copy, copy_end = os.pipe()
        control_end, self.alive = os.pipe()
        for fd in (app_end, copy_end):
            os.set_blocking(fd, False)
        self._theirs = [real_end, control_end]
        self._ours = {self.app, self.real, self.copy, self.alive}
        pump = Pump(
            real_end if real is None else real,
            app=app_end,
            copy=copy_end,
            control=control or control_end,  # type: ignore[arg-type]
        )
        self._thread = threading.Thread(target=pump.run)

    def __enter__(self) -> "Plumbing":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(*self._ours)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        for fd in self._theirs:
            os.close(fd)

    def close(self, *fds: int) -> None:
        """Close some of our ends now."""
        for fd in fds:
            self._ours.discard(fd)
            os.close(fd)

    def passed_on(self, size: int) -> bytes:
        """The next `size` bytes of the real stream."""
        return b"".join(read(self.real, size))

    def copied(self) -> list[Chunk]:
        """All chunks up to the end of the copy."""
        frames, chunks = FrameReader(), []
        while data := next(read(self.copy, 1_000_000), b""):
            chunks += frames.feed(data)
        return chunks


def read(fd: int, size: int) -> Iterator[bytes]:
    """Reads until `size` bytes have come, or the end."""
    while size:
        assert select.select([fd], [], [], PATIENCE_S)[0], "nothing comes"
        data = os.read(fd, size)
        if not data:
            return
        size -= len(data)
        yield data


def write_for_ever(fd: int) -> None:
    while True:
        os.write(fd, b"hello")


def joined(chunks: list[Chunk]) -> bytes:
    return b"".join(chunk.data for chunk in chunks)


def written_without_waiting(fd: int, size: int) -> int:
    """How many zeros of `size` the pipe takes now."""
    os.set_blocking(fd, False)
    written = 0
    try:
        while written < size:
            written += os.write(fd, bytes(min(65_536, size - written)))
    except BlockingIOError:
        return written
    return written


def test_every_byte_is_passed_on_and_copied() -> None:
    data = bytes(range(256)) * 100
    before = time.time()
    with Plumbing() as pipes:
        os.write(pipes.app, data)
        assert pipes.passed_on(len(data)) == data
        pipes.close(pipes.app)
        chunks = pipes.copied()
    assert joined(chunks) == data
    assert [(chunk.lost, chunk.error) for chunk in chunks] == [(0, 0)] * len(chunks)
    assert before <= chunks[0].at <= chunks[-1].at <= time.time()


def test_a_slow_reader_slows_the_app_as_without_us() -> None:
    with Plumbing() as pipes:
        size = 0
        while taken := written_without_waiting(pipes.app, 1_000_000):
            size += taken
            # What the pump can still take, it takes: until then the pipe has room again.
            os.set_blocking(pipes.app, True)
            select.select([], [pipes.app], [], 0.2)
        # Two pipes and what the pump has in its hands.
        assert size <= 3 * 65_536
        assert len(pipes.passed_on(size)) == size
        os.write(pipes.app, b"!")
        assert pipes.passed_on(1) == b"!"


def test_a_reader_that_has_gone_is_the_apps_broken_pipe() -> None:
    with Plumbing() as pipes:
        pipes.close(pipes.real)
        # The pipe takes some before its reading end is closed.
        with pytest.raises(BrokenPipeError):
            write_for_ever(pipes.app)


def test_a_copy_that_nobody_reads_never_holds_up_the_app_and_every_lost_byte_is_counted() -> None:
    block, blocks = b"x" * 65_535 + b"\n", 200
    with Plumbing() as pipes:

        def write() -> None:
            for _ in range(blocks):
                os.write(pipes.app, block)

        writer = threading.Thread(target=write)
        writer.start()
        assert pipes.passed_on(len(block) * blocks) == block * blocks
        writer.join()
        pipes.close(pipes.app)
        chunks = pipes.copied()
    lost = sum(chunk.lost for chunk in chunks)
    assert lost > 0
    assert len(joined(chunks)) + lost == len(block) * blocks


def test_after_the_apps_end_its_last_bytes_are_copied_and_a_grandchilds_are_passed_on() -> None:
    with Plumbing() as pipes:
        os.write(pipes.app, b"the app's last")
        pipes.close(pipes.alive)
        assert joined(pipes.copied()) == b"the app's last"
        os.write(pipes.app, b", and a grandchild's")
        assert pipes.passed_on(34) == b"the app's last, and a grandchild's"


def test_a_full_disk_costs_what_it_refuses_and_is_told() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with Plumbing(real=full) as pipes:
        os.write(pipes.app, b"for nobody\n")
        pipes.close(pipes.app)
        chunks = pipes.copied()
    os.close(full)
    assert [(chunk.data, chunk.error) for chunk in chunks] == [(b"for nobody\n", errno.ENOSPC)]


def test_a_real_stream_that_does_not_block_gets_every_byte() -> None:
    data = os.urandom(500_000)
    real, real_end = os.pipe()
    os.set_blocking(real_end, False)
    fcntl.fcntl(real_end, fcntl.F_SETPIPE_SZ, 4096)
    with Plumbing(real=real_end) as pipes:
        writer = threading.Thread(target=os.write, args=(pipes.app, data))
        writer.start()
        assert b"".join(read(real, len(data))) == data
        writer.join()
    os.close(real)
    os.close(real_end)


def test_a_mistake_of_ours_in_copying_costs_the_copy_and_not_the_output() -> None:
    with Plumbing(control="not a descriptor") as pipes:
        os.write(pipes.app, b"one")
        assert pipes.passed_on(3) == b"one"
        os.write(pipes.app, b"two")
        assert pipes.passed_on(3) == b"two"
        assert b"onetwo".startswith(joined(pipes.copied()))
