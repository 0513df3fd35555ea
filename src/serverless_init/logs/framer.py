"""Bytes to lines, however the bytes are cut.

A line ends with a line feed, or with a carriage return and a line feed; neither is part of it. A
carriage return elsewhere is. A line that is longer than the limit becomes pieces, none longer than
the limit (without its marks), cut between characters where the line is UTF-8. A piece that goes on
ends with `MARK`, the next one begins with it: nothing is lost, and every cut is seen.

What is known of an unfinished line is kept in one growing buffer, so that a program that writes
single characters costs no more than their number.
"""

MARK = b"...TRUNCATED..."

# A UTF-8 character is at most four bytes: a lead byte and these.
_CONTINUATION_BYTES_MAX = 3


class Piece(bytes):
    """A part of an overlong line, marks included."""

    __slots__ = ()

    @property
    def goes_on(self) -> bool:
        """Whether a part of the same line came before it."""
        return self.startswith(MARK)


class Framer:
    """The lines of one stream. `line_bytes_max` is the limit, at least 4."""

    def __init__(self, line_bytes_max: int) -> None:
        self._line_bytes_max = line_bytes_max
        self._tail = bytearray()
        self._is_cut = False

    @property
    def tail_bytes(self) -> int:
        """Bytes of the line that has not ended yet; at most two more than the limit."""
        return len(self._tail)

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` ends, and the pieces that are certain by now, in order."""
        if b"\n" not in data:
            self._tail += data
            # One more byte might be a carriage return, which does not count.
            if len(self._tail) < self._line_bytes_max + 2:
                return []
            return self._certain_pieces()
        has_crossing_end = data.startswith(b"\n") and self._tail.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        lines = data.split(b"\n")
        last = lines.pop()
        if self._tail:
            del self._tail[len(self._tail) - has_crossing_end :]
            lines[0] = bytes(self._tail) + lines[0]
            self._tail.clear()
        if len(lines[0]) > self._line_bytes_max or len(data) > self._line_bytes_max:
            lines = self._cut(lines)
        elif self._is_cut:
            lines[0] = self._last_piece(lines[0])
        self._tail += last
        if len(last) < self._line_bytes_max + 2:
            return lines
        return lines + self._certain_pieces()

    def end(self) -> list[bytes]:
        """What has no line end, as a line: the stream is over, or is taken for it."""
        line = bytes(self._tail).removesuffix(b"\r")
        self._tail.clear()
        return self._cut([line]) if line or self._is_cut else []

    def _cut(self, lines: list[bytes]) -> list[bytes]:
        """`lines`, those in pieces that are too long; the first may be the rest of one."""
        out: list[bytes] = []
        for line in lines:
            begin = 0
            while len(line) - begin > self._line_bytes_max:
                end = self._cut_position(line, begin)
                out.append(self._piece(line[begin:end]))
                begin = end
            out.append(self._last_piece(line[begin:]) if self._is_cut else line)
        return out

    def _certain_pieces(self) -> list[bytes]:
        out: list[bytes] = []
        while len(self._tail) >= self._line_bytes_max + 2:
            end = self._cut_position(self._tail, 0)
            out.append(self._piece(self._tail[:end]))
            del self._tail[:end]
        return out

    def _piece(self, part: bytes | bytearray) -> Piece:
        begin = MARK if self._is_cut else b""
        self._is_cut = True
        return Piece(b"".join((begin, part, MARK)))

    def _last_piece(self, part: bytes) -> Piece:
        self._is_cut = False
        return Piece(MARK + part)

    def _cut_position(self, line: bytes | bytearray, begin: int) -> int:
        """Where a piece that begins at `begin` ends: within the limit, not within a character."""
        end = begin + self._line_bytes_max
        for back in range(_CONTINUATION_BYTES_MAX + 1):
            if line[end - back] & 0xC0 != 0x80:  # what stands there begins a character
                return end - back
        return end
