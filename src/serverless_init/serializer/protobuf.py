"""The protobuf wire format, writing side: keys, varints, length-delimited fields.

A *key* is the encoded field number and wire type (``number << 3 | type``), written out by the
caller as a constant. Zero scalars are left out, as proto3 does. Source: the public encoding guide.
"""

from struct import Struct

_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))
# By value, from -64 to 63: a negative one is found at its distance from the end.
_ONE_BYTE_ZIGZAG = tuple(bytes((2 * n if n < 64 else 255 - 2 * n,)) for n in range(0x80))
_UINT64_MASK = (1 << 64) - 1

pack_double = Struct("<d").pack


def varint(value: int) -> bytes:
    """`value` as a base-128 varint; a negative one as its 64-bit two's complement (10 bytes)."""
    if 0 <= value < 0x80:
        return _ONE_BYTE[value]
    if 0 < value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    value &= _UINT64_MASK
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def zigzag(value: int) -> bytes:
    """`value` as a sint32 or sint64: small magnitudes of either sign stay short."""
    if -64 <= value < 64:
        return _ONE_BYTE_ZIGZAG[value]
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def delimited(key: bytes, content: bytes) -> bytes:
    """A string, message or packed field, also when `content` is empty."""
    return key + varint(len(content)) + content


def string(key: bytes, content: bytes) -> bytes:
    """A string field; nothing when `content` is empty."""
    return delimited(key, content) if content else b""


def integer(key: bytes, value: int) -> bytes:
    """An int64, uint32 or enum field; nothing when `value` is 0."""
    return key + varint(value) if value else b""


def double(key: bytes, value: float) -> bytes:
    """A double field; nothing when `value` is 0."""
    return key + pack_double(value) if value else b""
