"""The app's stdout and stderr, passed through and copied: by a process of its own.

Theory of operation. The app writes into pipes, and what reads them must never keep it waiting for
us. In our own process it would: between any two reads or writes it has to get hold of the
interpreter again, against a loop that parses, encodes and compresses. So a process is forked before
anything is imported or bound and the app exists. It does one thing (see `pump`): read, write to the
real stream, copy. It goes on when everything else of us has failed or ended; a grandchild that
outlives us keeps its output, as it would without us.

The main process reads the copies when it can, as chunks with the time at which they were written.
"""

import _thread
import gc
import os
import select
import signal
import time
from fcntl import F_SETPIPE_SZ, fcntl

from serverless_init.process.frames import Chunk, FrameReader
from serverless_init.process.pump import Pump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

# The copies wait while we import ourselves. With the usual 64 KiB a fast writer and the pump would
# wait for each other so often that it costs more than the copying.
_COPY_PIPE_BYTES = 1_048_576
_APP_PIPE_BYTES = 262_144
_READ_BYTES = 65_536
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class CapturedStream:
    """The copy of one stream. `name` is ``stdout`` or ``stderr``, `fd` can be waited for."""

    def __init__(self, name: str, fd: int) -> None:
        self.name = name
        self.fd = fd
        self._frames = FrameReader()

    def read(self) -> list[Chunk] | None:
        """What has come, without waiting; None at the end, when everything has been read."""
        try:
            data = os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return []
        return list(self._frames.feed(data)) if data else None

    def close(self) -> None:
        """Read no more. Idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class Capture:
    """The pipes around the app. `app_ends` are what its stdout and stderr are to be."""

    def __init__(self) -> None:
        """Make the pipes and fork. Raises ``OSError``, and leaves nothing behind then."""
        made: list[int] = []
        try:
            for _ in range(5):
                made += os.pipe2(os.O_CLOEXEC)
            self.pid = _fork()
        except OSError:
            _close(*made)
            raise
        out, out_end, err, err_end, out_copy, out_copied, err_copy, err_copied, ended, alive = made
        if not self.pid:
            _close(out_end, err_end, out_copy, err_copy, alive)
            _pass_through(
                Pump(_STDOUT, app=out, copy=out_copied, control=ended),
                Pump(_STDERR, app=err, copy=err_copied, control=ended),
                unblocked=(out, err, out_copied, err_copied),
            )
        _close(out, err, out_copied, err_copied, ended)
        self.app_ends: tuple[int, ...] = (out_end, err_end)
        self.streams = (CapturedStream("stdout", out_copy), CapturedStream("stderr", err_copy))
        self._alive = alive
        for stream in self.streams:
            os.set_blocking(stream.fd, False)
            _enlarge(stream.fd, _COPY_PIPE_BYTES)
        for end in self.app_ends:
            _enlarge(end, _APP_PIPE_BYTES)

    def app_started(self) -> None:
        """The app has its ends; with ours open they would never hang up."""
        _close(*self.app_ends)
        self.app_ends = ()

    def app_ended(self) -> None:
        """Let the copies end after what the app has written. Idempotent."""
        if self._alive >= 0:
            os.close(self._alive)
        self._alive = -1

    def discard(self, within_s: float) -> None:
        """Wait until everything that the app has written is passed through; copies are dropped."""
        self.app_ended()
        deadline = time.monotonic() + within_s
        for stream in self.streams:
            if stream.fd < 0:  # nobody wanted the copy
                continue
            poll = select.poll()
            poll.register(stream.fd, select.POLLIN)
            while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                if stream.read() is None:
                    break


def _fork() -> int:
    """Fork with all signals blocked in the child: it has nothing to do with any of them."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return pid


def _pass_through(out: Pump, err: Pump, *, unblocked: tuple[int, ...]) -> "NoReturn":
    """The life of the forked process. Two threads: a slow reader of one stream is not the other's.

    Nothing raises out of here: the interpreter's own end would run what the main process has set
    up.
    """
    try:
        gc.freeze()
        gc.disable()
        os.close(_STDIN)
        for fd in unblocked:
            os.set_blocking(fd, False)
        _call_ourselves("capture")
        err_ended = _thread.allocate_lock()
        err_ended.acquire()
        _thread.start_new_thread(_run, (err, err_ended.release))
        out.run()
        err_ended.acquire()
    finally:
        os._exit(0)


def _run(pump: Pump, then: "Callable[[], None]") -> None:
    try:
        pump.run()
    finally:
        then()


def _call_ourselves(name: str) -> None:
    """Let process lists tell this process from the main one, where there is a /proc."""
    try:
        with open("/proc/self/comm", "wb", buffering=0) as file:
            file.write(name.encode())
    except OSError:
        return


def _enlarge(pipe: int, size: int) -> None:
    """Let `size` bytes wait in `pipe`, if the kernel allows: a user may have reached the limit."""
    try:
        fcntl(pipe, F_SETPIPE_SZ, size)
    except OSError:
        return


def _close(*fds: int) -> None:
    for fd in fds:
        os.close(fd)
