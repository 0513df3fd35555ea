"""Lines out of bytes: line ends, and lines that are too long."""

import tracemalloc

import pytest

from serverless_init.logs.framer import MARK, Framer, Piece

M = MARK


def lines(data: bytes, limit: int = 10) -> list[bytes]:
    framer = Framer(limit)
    return framer.feed(data) + framer.end()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\nb", [b"a", b"b"]),
        (b"\n\n", [b"", b""]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"a\r", [b"a"]),
        (b"10%\r20%\n", [b"10%\r20%"]),
        (b"a\r\r\n", [b"a\r"]),
        (b"\xff\x00\n", [b"\xff\x00"]),
        (b"0123456789\n", [b"0123456789"]),
        (b"0123456789\r\n", [b"0123456789"]),
        (b"0123456789", [b"0123456789"]),
    ],
)
def test_lines_end_with_a_line_feed(data: bytes, expected: list[bytes]) -> None:
    assert lines(data) == expected


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_that_is_too_long_becomes_pieces_that_say_so(end: bytes) -> None:
    found = lines(b"a\n" + b"0123456789" * 2 + b"x" + end + b"b\n" * bool(end))
    assert found[:4] == [
        b"a",
        b"0123456789" + M,
        M + b"0123456789" + M,
        M + b"x",
    ]
    assert found[4:] == [b"b"] * bool(end)
    assert [type(line) for line in found[:4]] == [bytes, Piece, Piece, Piece]


def test_a_piece_ends_between_two_characters() -> None:
    assert lines("aaaaaaaaé€𝄞".encode() + b"\n") == [
        "aaaaaaaaé".encode() + M,
        M + "€𝄞".encode(),
    ]


def test_a_line_without_characters_is_cut_at_the_limit() -> None:
    assert lines(b"\x80" * 11 + b"\n") == [b"\x80" * 10 + M, M + b"\x80"]


def test_pieces_come_before_the_line_has_ended() -> None:
    framer = Framer(10)
    assert framer.feed(b"0123456789a") == []
    assert framer.feed(b"b") == [b"0123456789" + M]
    assert framer.tail_bytes == 2
    assert framer.feed(b"\n") == [M + b"ab"]


def test_a_line_end_may_be_cut_in_two() -> None:
    framer = Framer(10)
    assert framer.feed(b"0123456789\r") == []
    assert framer.feed(b"\n0") == [b"0123456789"]
    assert framer.end() == [b"0"]
    assert framer.end() == []


def test_an_endless_line_takes_no_more_memory_than_the_limit() -> None:
    framer = Framer(100_000)
    tracemalloc.start()
    for _ in range(400_000):
        framer.feed(b"." * 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert framer.tail_bytes <= 100_001
    assert peak < 1_000_000
