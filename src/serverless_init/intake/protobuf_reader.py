"""Reading protobuf: a message's bytes to its fields, as the wire format's documentation has it.

Written without regard to what this program sends, so that the two cannot be wrong together.
"""

import struct
from collections.abc import Iterator

from serverless_init.errors import Undecodable

# The value of a field says how it stood on the wire: a varint is an int, a fixed-width number is
# a float (our messages have no fixed-width integers), anything with a length is bytes.
Value = int | float | bytes

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_VARINT_BYTES_MAX = 10


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """The (number, value) of each field in the order of the wire. Raises `Undecodable`."""
    at, end = 0, len(message)
    while at < end:
        key, at = varint_at(message, at)
        number, wire_type = key >> 3, key & 7
        if not number:
            raise Undecodable("a field has the number 0")
        if wire_type == _VARINT:
            value, at = varint_at(message, at)
            yield number, value
            continue
        if wire_type == _DELIMITED:
            length, at = varint_at(message, at)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise Undecodable(f"field {number} has the wire type {wire_type}")
        data = message[at : at + length]
        if len(data) != length:
            raise Undecodable(f"field {number} is cut off")
        at += length
        if wire_type == _DELIMITED:
            yield number, data
        else:
            (fixed,) = struct.unpack("<d" if wire_type == _FIXED64 else "<f", data)
            yield number, float(fixed)


def submessage(value: Value) -> bytes:
    """A message field's bytes. Raises `Undecodable`."""
    if not isinstance(value, bytes):
        raise Undecodable(f"a message is expected, not {value!r}")
    return value


def text(value: Value) -> str:
    """A string field. Raises `Undecodable` for what is not UTF-8."""
    try:
        return submessage(value).decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"a string is not UTF-8: {error.reason}") from None


def double(value: Value) -> float:
    """A double field. Raises `Undecodable`."""
    if not isinstance(value, float):
        raise Undecodable(f"a double is expected, not {value!r}")
    return value


def unsigned(value: Value) -> int:
    """A uint32, uint64 or enum field. Raises `Undecodable`."""
    if not isinstance(value, int):
        raise Undecodable(f"an integer is expected, not {value!r}")
    return value


def signed(value: Value) -> int:
    """An int64 field: negative numbers stand as their two's complement. Raises `Undecodable`."""
    number = unsigned(value)
    return number - (1 << 64) if number >> 63 else number


def repeated_unsigned(value: Value) -> tuple[int, ...]:
    """What one occurrence of a repeated uint32 adds: one number, or many packed ones."""
    if isinstance(value, int):
        return (value,)
    packed, at, numbers = submessage(value), 0, []
    while at < len(packed):
        number, at = varint_at(packed, at)
        numbers.append(number)
    return tuple(numbers)


def repeated_zigzag(value: Value) -> tuple[int, ...]:
    """The same for a repeated sint32."""
    return tuple((number >> 1) ^ -(number & 1) for number in repeated_unsigned(value))


def repeated_signed(value: Value) -> tuple[int, ...]:
    """The same for a repeated int32 or int64."""
    return tuple(map(signed, repeated_unsigned(value)))


def repeated_fixed(value: Value, form: str) -> tuple[float, ...]:
    """The same for a repeated float or double; `form` is how ``struct`` calls it."""
    if isinstance(value, float):
        return (value,)
    packed = submessage(value)
    size = struct.calcsize(form)
    if len(packed) % size:
        raise Undecodable(f"{len(packed)} bytes are no numbers of {size} bytes")
    return tuple(number for (number,) in struct.iter_unpack(form, packed))


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, at most 64 bits, and where it ends."""
    number = 0
    for index, byte in enumerate(data[at : at + _VARINT_BYTES_MAX]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if number >> 64:
                break
            return number, at + index + 1
    raise Undecodable("a varint is cut off or too long")
