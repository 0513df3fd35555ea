"""Bodies built by hand, so that they owe nothing to the product's own encoder."""

import struct
from collections.abc import Callable

import pytest

Field = tuple[int, int | float | str | bytes]


def message(*fields: Field) -> bytes:
    """The protobuf bytes of fields: ints as varints, floats as doubles, the rest with a length."""
    encoded = bytearray()
    for number, value in fields:
        if isinstance(value, float):
            encoded += varint(number << 3 | 1) + struct.pack("<d", value)
        elif isinstance(value, int):
            encoded += varint(number << 3) + varint(value % 2**64)
        else:
            data = value.encode() if isinstance(value, str) else value
            encoded += varint(number << 3 | 2) + varint(len(data)) + data
    return bytes(encoded)


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


@pytest.fixture
def encode() -> Callable[..., bytes]:
    return message


@pytest.fixture
def packed() -> Callable[..., bytes]:
    """The packed bytes of a repeated field of unsigned numbers."""
    return lambda *numbers: b"".join(map(varint, numbers))
