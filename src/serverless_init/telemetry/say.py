"""Saying something that matters, like the receipt, without ever hanging on who does not listen."""

import os
import select
import time

# A pipe that poll calls writable takes this much without blocking (PIPE_BUF).
_CHUNK_BYTES = 4096


def say(text: str, *, fd: int = 2, timeout_s: float = 1.0) -> bool:
    """Write `text` to `fd`; False when its reader did not take all of it within `timeout_s`."""
    data = text.encode("utf-8", "backslashreplace")
    deadline = time.monotonic() + timeout_s
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    while data:
        left_ms = max(0.0, deadline - time.monotonic()) * 1000
        try:
            if not poll.poll(left_ms):
                return False
            data = data[os.write(fd, data[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            continue
        except OSError:
            return False
    return True
