"""What is remembered of stderr while it passes."""

from collections.abc import Sequence
from dataclasses import dataclass

from serverless_init.forensics import StderrTail


@dataclass(frozen=True)
class Piece:
    """A chunk."""

    data: bytes
    lost: int = 0
    at: float = 0.0
    error: int = 0


class Script:
    """A stream of these reads, then its end."""

    name = "stderr"
    fd = 7

    def __init__(self, *reads: list[Piece]) -> None:
        self._reads = list(reads)
        self.closed = False

    def read(self) -> Sequence[Piece] | None:
        """See `Stream`."""
        return self._reads.pop(0) if self._reads else None

    def close(self) -> None:
        """See `Stream`."""
        self.closed = True


def tail_of(*pieces: Piece) -> list[str]:
    tail = StderrTail(Script(list(pieces)))
    tail.read()
    return tail.lines()


def test_the_stream_is_read_as_before() -> None:
    script = Script([Piece(b"a\n")], [])
    tail = StderrTail(script)
    assert (tail.name, tail.fd) == ("stderr", 7)
    assert (tail.read(), tail.read(), tail.read()) == ([Piece(b"a\n")], [], None)
    tail.close()
    assert script.closed


def test_the_end_is_told_once() -> None:
    told: list[bool] = []
    tail = StderrTail(Script([]))
    tail.on_end = lambda: told.append(tail.ended)
    tail.read()
    assert told == []
    tail.read()
    tail.read()
    assert told == [True]


def test_lines_are_whole_however_they_were_cut() -> None:
    pieces = [Piece(b"first\r\nsec"), Piece(b"ond\n\n  \nlast without an e"), Piece(b"nd")]
    assert tail_of(*pieces) == ["first", "second", "last without an end"]


def test_only_the_last_twenty_lines_are_remembered() -> None:
    text = b"".join(b"line %d\n" % n for n in range(100))
    assert tail_of(Piece(text)) == [f"line {n}" for n in range(80, 100)]


def test_of_a_flood_the_last_eight_kibibytes_without_the_line_that_was_cut() -> None:
    pieces = [Piece(b"x" * 10_000), Piece(b"y" * 5_000 + b"\n"), Piece(b"z" * 5_000 + b"\nend\n")]
    assert tail_of(*pieces) == ["z" * 5_000, "end"]
    assert tail_of(Piece(b"x" * 100_000)) == []


def test_what_was_lost_before_is_not_joined_with_what_came_after() -> None:
    assert tail_of(Piece(b"half a li"), Piece(b"ne, or another\nend\n", lost=9)) == ["end"]


def test_lines_are_told_as_the_rules_for_logs_leave_them() -> None:
    def masked(line: bytes) -> bytes | None:
        return None if line == b"hidden" else line.replace(b"secret", b"***")

    tail = StderrTail(Script([Piece(b"token=secret\nhidden\nKeyError \xff\n")]), masked=masked)
    tail.read()
    assert tail.lines() == ["token=***", "KeyError \ufffd"]
