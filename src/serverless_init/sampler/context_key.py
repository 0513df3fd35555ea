"""The Agent's 64-bit context key: MurmurHash3 (x64, 128 bits) chained over tags, name and host.

It is what other implementations compare and shard by. Our sampler tells contexts apart by their
exact identity instead: a dictionary of tuples is faster in Python than hashing by hand, and two
series never become one because their hashes are equal, which the Agent does not check.
"""

from collections.abc import Iterable

_MASK = 0xFFFFFFFFFFFFFFFF
_C1 = 0x87C37B91114253D5
_C2 = 0x4CF5AD432745937F


def context_key(name: bytes, host: bytes, tags: Iterable[bytes]) -> int:
    """The key of a context. The order of `tags` and repeated ones don't matter."""
    seed = tag_set_hash(tags)
    return murmur3_128(host, *murmur3_128(name, seed, seed))[0]


def tag_set_hash(tags: Iterable[bytes]) -> int:
    """The exclusive or of the hashes of the distinct tags; 0 for none."""
    combined = 0
    for tag in set(tags):
        combined ^= murmur3_128(tag)[0]
    return combined


def murmur3_128(data: bytes, seed1: int = 0, seed2: int = 0) -> tuple[int, int]:
    """MurmurHash3 x64-128 whose two halves start from seeds of their own."""
    h1, h2 = seed1, seed2
    body = len(data) & ~15
    for at in range(0, body, 16):
        h1 = ((_rotate(h1 ^ _mix_low(data[at : at + 8]), 27) + h2) * 5 + 0x52DCE729) & _MASK
        h2 = ((_rotate(h2 ^ _mix_high(data[at + 8 : at + 16]), 31) + h1) * 5 + 0x38495AB5) & _MASK
    # An absent tail mixes to zero, so it needs no case of its own.
    h1 ^= _mix_low(data[body : body + 8]) ^ len(data)
    h2 ^= _mix_high(data[body + 8 :]) ^ len(data)
    h1 = (h1 + h2) & _MASK
    h2 = (h2 + h1) & _MASK
    h1, h2 = _finalize(h1), _finalize(h2)
    h1 = (h1 + h2) & _MASK
    return h1, (h2 + h1) & _MASK


def _mix_low(word: bytes) -> int:
    scaled = int.from_bytes(word, "little") * _C1 & _MASK
    return _rotate(scaled, 31) * _C2 & _MASK


def _mix_high(word: bytes) -> int:
    scaled = int.from_bytes(word, "little") * _C2 & _MASK
    return _rotate(scaled, 33) * _C1 & _MASK


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & _MASK


def _finalize(word: int) -> int:
    word = (word ^ word >> 33) * 0xFF51AFD7ED558CCD & _MASK
    word = (word ^ word >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
    return word ^ word >> 33
