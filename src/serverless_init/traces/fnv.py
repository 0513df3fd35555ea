"""The FNV-1a hash in 32 and 64 bits, by which all senders agree on identities."""

_OFFSET_32, _PRIME_32, _MASK_32 = 0x811C9DC5, 0x01000193, 0xFFFF_FFFF
_OFFSET_64, _PRIME_64, _MASK_64 = 0xCBF29CE484222325, 0x100000001B3, 0xFFFF_FFFF_FFFF_FFFF


def fnv1a_32(data: bytes) -> int:
    """The 32-bit hash of `data`."""
    value = _OFFSET_32
    for byte in data:
        value = (value ^ byte) * _PRIME_32 & _MASK_32
    return value


def fnv1a_64(data: bytes) -> int:
    """The 64-bit hash of `data`."""
    value = _OFFSET_64
    for byte in data:
        value = (value ^ byte) * _PRIME_64 & _MASK_64
    return value
