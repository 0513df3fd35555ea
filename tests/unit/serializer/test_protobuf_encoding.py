import pytest

from serverless_init.serializer.protobuf import (
    delimited,
    double,
    integer,
    string,
    varint,
    zigzag,
)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (150, "9601"),
        (16_383, "ff7f"),
        (16_384, "808001"),
        (2**31, "8080808008"),
        (2**32 - 1, "ffffffff0f"),
        (2**63 - 1, "ffffffffffffffff7f"),
        (2**64 - 1, "ffffffffffffffffff01"),
        (-1, "ffffffffffffffffff01"),
        (-2, "feffffffffffffffff01"),
        (-(2**63), "80808080808080808001"),
    ],
)
def test_varint(value: int, encoded: str) -> None:
    assert varint(value).hex() == encoded


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-2, "03"),
        (63, "7e"),
        (-64, "7f"),
        (64, "8001"),
        (2**31 - 1, "feffffff0f"),
        (-(2**31), "ffffffff0f"),
    ],
)
def test_zigzag(value: int, encoded: str) -> None:
    assert zigzag(value).hex() == encoded


def test_zero_scalars_and_empty_strings_are_left_out() -> None:
    assert integer(b"\x08", 0) == b""
    assert double(b"\x09", 0.0) == b""
    assert string(b"\x0a", b"") == b""


def test_an_empty_message_is_written() -> None:
    assert delimited(b"\x0a", b"") == b"\x0a\x00"


def test_a_negative_double_is_little_endian() -> None:
    assert double(b"\x09", -2.0) == b"\x09" + bytes.fromhex("00000000000000c0")


def test_a_long_string_has_a_long_length() -> None:
    assert string(b"\x12", b"x" * 300) == b"\x12\xac\x02" + b"x" * 300
