"""One of the app's streams, passed through and copied. Runs in the process that `pipes` forks.

The order is always the same: the real stream first. Its slowness is the app's, as ever: while it
does not take the bytes, nothing is read. When its reader has gone, our end of the app's pipe is
closed, so that the app gets the SIGPIPE or EPIPE that it would have got without us. Another error
(a full disk) costs the bytes that it refused, and is told with the next frame.

The copy never waits. It goes into a pipe to the main process, when that is full into memory,
bounded, and beyond that it is lost for the logs, and counted; what is lost is moved by the kernel
from pipe to pipe where it can be, which costs least.

When the control pipe hangs up, the app has ended, or we have. What the app wrote is in its pipe by
then, and the kernel says how much that is: so much is still copied, then the copy ends, though a
grandchild may hold the stream open for ever. For that one passing through goes on.
"""

import os
import select
import time
from collections import deque
from fcntl import ioctl

from serverless_init.process.frames import HEADER

_READ_BYTES = 65_536
_SPLICE_BYTES = 262_144
_BACKLOG_BYTES_MAX = 8_388_608
# While the app writes faster than we read, this is how often anything else is looked at.
_READS_PER_LOOK = 64
_FIONREAD = 0x541B


class Pump:
    """Passes what comes from `app` on to `real`, and frames of it to `copy`; all are descriptors.

    `app` and `copy` do not block. `control` hangs up when the app has ended.
    """

    def __init__(self, real: int, *, app: int, copy: int, control: int) -> None:
        self._real = real
        self._app = app
        self._copy = copy
        self._control = control
        self._backlog: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._lost = 0
        self._error = 0
        self._can_splice = True
        # Bytes that are still to be copied once the app has ended.
        self._left: int | None = None

    def run(self) -> None:
        """Until nobody can write to `app` any more, or nobody reads `real`. Raises nothing."""
        try:
            self._run()
        except Exception:  # noqa: BLE001  our mistake costs the copy, never the app's output
            self._end_copy()
            self._pass_on_only()

    def _run(self) -> None:
        buffer = bytearray(_READ_BYTES)
        view = memoryview(buffer)
        reads = 0
        while True:
            try:
                if not (self._is_full and self._splice()):
                    size = os.readv(self._app, (buffer,))
                    if not size or not self._write(view[:size]):
                        break
                    self._keep(view[:size])
            except BlockingIOError:
                self._look(wait=True)
                continue
            except BrokenPipeError:
                break
            reads += 1
            if not reads % _READS_PER_LOOK:
                self._look(wait=False)
        os.close(self._app)
        self._left = 0
        self._send()
        while self._copy >= 0:
            self._wait((self._copy, select.POLLOUT))
            self._send()

    def _pass_on_only(self) -> None:
        """What `run` does, without the copy."""
        try:
            while True:
                self._wait((self._app, select.POLLIN))
                data = os.read(self._app, _READ_BYTES)
                if not data or not self._write(memoryview(data)):
                    break
        finally:
            os.close(self._app)

    @property
    def _is_full(self) -> bool:
        """Whether what comes now cannot be copied: it need not even be read."""
        full = self._backlog_bytes > _BACKLOG_BYTES_MAX - _READ_BYTES
        return (full and self._left is None) or self._copy < 0

    def _splice(self) -> bool:
        """Let the kernel move what has come to the real stream; false when that did nothing."""
        if not self._can_splice:
            return False
        try:
            moved = os.splice(self._app, self._real, _SPLICE_BYTES)
        except BlockingIOError:  # nothing has come, or the real stream takes nothing
            return False
        except BrokenPipeError:
            raise
        except OSError:  # neither a pipe nor anything else that takes pages
            self._can_splice = False
            return False
        self._lost += moved if self._copy >= 0 else 0
        return moved > 0

    def _look(self, *, wait: bool) -> None:
        """See whether the app has ended and whether the copy can go on; with `wait` for input."""
        wanted = [(self._app, select.POLLIN)] if wait else []
        if self._left is None:
            wanted.append((self._control, 0))
        if self._backlog:
            wanted.append((self._copy, select.POLLOUT))
        ready = self._wait(*wanted, timeout_ms=None if wait else 0)
        if self._control in ready and self._left is None:
            self._left = int.from_bytes(ioctl(self._app, _FIONREAD, bytes(4)), "little")
        if self._copy in ready or self._left == 0:
            self._send()

    def _write(self, data: memoryview) -> bool:
        """Write all of `data` to the real stream; false when its reader has gone."""
        while data:
            try:
                data = data[os.write(self._real, data) :]
            except BlockingIOError:  # whoever shares it has made it so
                self._wait((self._real, select.POLLOUT))
            except (BrokenPipeError, ConnectionResetError):
                return False
            except OSError as error:
                self._error = error.errno or 0
                return True
        return True

    def _keep(self, data: memoryview) -> None:
        """Copy `data`, or as much of it as is the app's."""
        if self._copy < 0:
            return
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if self._backlog_bytes + len(data) > _BACKLOG_BYTES_MAX:
            self._lost += len(data)
        elif data:
            self._frame(data)
        if len(self._backlog) <= 1 or self._left == 0:  # else `_look` sends when there is room
            self._send()

    def _frame(self, data: "memoryview | bytes") -> None:
        header = HEADER.pack(len(data), self._error, time.time(), self._lost)
        self._backlog.append(b"".join((header, data)))
        self._backlog_bytes += len(header) + len(data)
        self._lost = self._error = 0

    def _send(self) -> None:
        """Give the main process what it takes, and end the copy when that was all."""
        if self._left == 0 and (self._lost or self._error):
            self._frame(b"")
        try:
            while self._backlog:
                frame = self._backlog[0]
                sent = os.write(self._copy, frame)
                self._backlog_bytes -= sent
                if sent < len(frame):
                    self._backlog[0] = frame[sent:]
                    return
                self._backlog.popleft()
        except BlockingIOError:
            return
        except OSError:  # the main process has gone
            self._backlog.clear()
            self._left = 0
        if self._left == 0:
            self._end_copy()

    def _end_copy(self) -> None:
        self._left = 0
        if self._copy >= 0:
            os.close(self._copy)
        self._copy = -1

    def _wait(self, *wanted: tuple[int, int], timeout_ms: int | None = None) -> set[int]:
        """The descriptors out of (descriptor, events) that are ready."""
        poll = select.poll()
        for fd, events in wanted:
            poll.register(fd, events)
        return {fd for fd, _ in poll.poll(timeout_ms)}
