"""What the process that passes the app's output on tells us of it: frames on a pipe, no IO.

A frame is a header and the bytes that the app wrote. The header has their number, the error with
which the real stream refused bytes since the frame before (an errno, 0 for none), the time at which
they were read (unix seconds) and how many bytes before them found no room and were not kept.
"""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = struct.Struct("<IIdQ")


class Chunk:
    """Bytes that the app wrote to one stream; see the module's text."""

    __slots__ = ("at", "data", "error", "lost")

    def __init__(self, data: bytes, *, at: float, lost: int = 0, error: int = 0) -> None:
        self.data = data
        self.at = at
        self.lost = lost
        self.error = error


class FrameReader:
    """Frames out of a stream of bytes that is cut anywhere."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> "Iterator[Chunk]":
        """The chunks whose last byte is in `data`, in order."""
        pending = self._pending
        pending += data
        begin = 0
        while len(pending) - begin >= HEADER.size:
            size, error, at, lost = HEADER.unpack_from(pending, begin)
            end = begin + HEADER.size + size
            if len(pending) < end:
                break
            yield Chunk(bytes(pending[begin + HEADER.size : end]), at=at, lost=lost, error=error)
            begin = end
        del pending[:begin]
