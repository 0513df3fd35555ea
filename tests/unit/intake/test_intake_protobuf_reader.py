"""Reading protobuf fields, with the examples of the wire format's documentation."""

import pytest

from serverless_init.errors import Undecodable
from serverless_init.intake import protobuf_reader as reader


def test_the_documented_examples_are_read() -> None:
    assert list(reader.fields(b"\x08\x96\x01")) == [(1, 150)]
    assert list(reader.fields(b"\x12\x07testing")) == [(2, b"testing")]
    assert list(reader.fields(b"\x1a\x03\x08\x96\x01")) == [(3, b"\x08\x96\x01")]


def test_fixed_width_fields_are_floating_numbers() -> None:
    assert list(reader.fields(b"\x09\x00\x00\x00\x00\x00\x00\xf0\xbf")) == [(1, -1.0)]
    assert list(reader.fields(b"\x0d\x00\x00\x80\x3e")) == [(1, 0.25)]


def test_an_empty_message_has_no_fields() -> None:
    assert list(reader.fields(b"")) == []


def test_the_largest_field_number_and_varint_are_read() -> None:
    key = b"\xf8\xff\xff\xff\x0f"
    assert list(reader.fields(key + b"\xff" * 9 + b"\x01")) == [(2**29 - 1, 2**64 - 1)]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"\x08", "a varint is cut off or too long"),
        (b"\x08\x96", "a varint is cut off or too long"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "a varint is cut off or too long"),
        (b"\x08" + b"\xff" * 9 + b"\x02", "a varint is cut off or too long"),
        (b"\x12\x05abc", "field 2 is cut off"),
        (b"\x09\x00\x00\x00", "field 1 is cut off"),
        (b"\x0d\x00", "field 1 is cut off"),
        (b"\x02\x00", "a field has the number 0"),
        (b"\x0b", "field 1 has the wire type 3"),
        (b"\x0f", "field 1 has the wire type 7"),
    ],
)
def test_what_is_not_a_message_is_undecodable(message: bytes, why: str) -> None:
    with pytest.raises(Undecodable) as raised:
        list(reader.fields(message))
    assert str(raised.value) == why


def test_signed_numbers_are_twos_complements() -> None:
    assert [reader.signed(n) for n in (0, 1, 2**63 - 1, 2**63, 2**64 - 1)] == [
        0,
        1,
        2**63 - 1,
        -(2**63),
        -1,
    ]


def test_zigzag_numbers_alternate_around_zero() -> None:
    assert reader.repeated_zigzag(b"\x00\x01\x02\x03\xfe\xff\x03\xff\xff\x03") == (
        0,
        -1,
        1,
        -2,
        32767,
        -32768,
    )


def test_a_repeated_number_may_come_unpacked() -> None:
    assert reader.repeated_unsigned(7) == (7,)
    assert reader.repeated_unsigned(b"\x07\x80\x01") == (7, 128)
    assert reader.repeated_unsigned(b"") == ()


def test_a_field_of_another_type_is_undecodable() -> None:
    for read, value in [
        (reader.text, 1),
        (reader.double, 1),
        (reader.double, b"8 bytes."),
        (reader.unsigned, b""),
        (reader.signed, 1.5),
        (reader.submessage, 1.5),
        (reader.repeated_unsigned, 1.5),
    ]:
        with pytest.raises(Undecodable, match="expected"):
            read(value)  # type: ignore[operator]


def test_text_is_utf_8() -> None:
    assert reader.text("ü".encode()) == "ü"
    with pytest.raises(Undecodable, match="a string is not UTF-8: invalid start byte"):
        reader.text(b"\xff")
