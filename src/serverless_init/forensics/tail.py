"""The last lines of the app's stderr, remembered while they are read for the logs."""

from collections.abc import Callable, Sequence

from serverless_init.model import Chunk, Stream

_BYTES_MAX = 8_192
_LINES_MAX = 20


class StderrTail:
    """A stream that is read as before, and remembers the end of what passes.

    `masked` makes of a line what may be told of it, None for nothing. `on_end` is called, once,
    when everything has been read.
    """

    def __init__(self, stream: Stream, *, masked: Callable[[bytes], bytes | None] = bytes) -> None:
        self.on_end: Callable[[], object] = _nothing
        self.ended = False
        self._stream = stream
        self._masked = masked
        self._kept = b""
        self._cut = False

    @property
    def name(self) -> str:
        """See `Stream.name`."""
        return self._stream.name

    @property
    def fd(self) -> int:
        """See `Stream.fd`."""
        return self._stream.fd

    def read(self) -> Sequence[Chunk] | None:
        """See `Stream.read`."""
        chunks = self._stream.read()
        for chunk in chunks or ():
            if chunk.lost:
                self._kept, self._cut = b"", True
            self._keep(chunk.data)
        if chunks is None and not self.ended:
            self.ended = True
            self.on_end()
        return chunks

    def close(self) -> None:
        """See `Stream.close`."""
        self._stream.close()

    def lines(self) -> list[str]:
        """The last lines, the oldest first, without blank ones and one whose start is gone."""
        lines = (line.rstrip() for line in self._kept.split(b"\n")[self._cut :])
        told = [self._masked(line) for line in [line for line in lines if line][-_LINES_MAX:]]
        return [line.decode("utf-8", "replace") for line in told if line]

    def _keep(self, data: bytes) -> None:
        kept = self._kept + data[-_BYTES_MAX:]
        self._cut = self._cut or len(data) > _BYTES_MAX or len(kept) > _BYTES_MAX
        self._kept = kept[-_BYTES_MAX:]


def _nothing() -> None:
    return
