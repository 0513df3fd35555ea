"""DDSketch of durations, as tracers and the Agent send it with statistics of spans.

Unlike the sketch of metrics (`sampler.sketch`): relative accuracy 0.01, a bin per power of gamma =
1.01/0.99 that begins at index 0 with 1 ns, and a message of its own. At most 2048 bins: the lowest
are folded into the lowest that is kept. Durations lose all but ten significant bits first, so that
equal work gives equal values. Source: the public DDSketch message and the Agent's parameters.
"""

import math
from functools import lru_cache

from serverless_init.serializer import protobuf

BINS_MAX = 2048

_GAMMA = 1.02020202020202
LN_GAMMA = math.log(_GAMMA)
SIGNIFICANT_BITS = 10
_MAPPING = protobuf.delimited(b"\x0a", protobuf.double(b"\x09", _GAMMA))
_NEGATIVE_VALUES = b"\x1a\x00"


def truncated(duration_ns: int) -> int:
    """`duration_ns` with its ten highest bits."""
    excess = duration_ns.bit_length() - SIGNIFICANT_BITS
    return duration_ns >> excess << excess if excess > 0 else duration_ns


# There are no more truncated numbers than 512 for each of 55 powers of two.
@lru_cache(maxsize=32_768)
def index_of(duration_ns: int) -> int:
    """The bin of a truncated duration of at least 1 ns."""
    return math.floor(math.log(duration_ns) / LN_GAMMA)


class DurationSketch:
    """How many durations fell into each of `bins`; `zeros` are no duration at all."""

    __slots__ = ("bins", "zeros")

    def __init__(self) -> None:
        self.bins: dict[int, int] = {}
        self.zeros = 0

    def insert(self, duration_ns: int) -> None:
        """Add one duration."""
        if duration_ns <= 0:
            self.zeros += 1
            return
        excess = duration_ns.bit_length() - SIGNIFICANT_BITS
        index = index_of(duration_ns >> excess << excess if excess > 0 else duration_ns)
        bins = self.bins
        bins[index] = bins.get(index, 0) + 1

    def encode(self) -> bytes:
        """The sketch as a message."""
        zeros = protobuf.double(b"\x21", float(self.zeros))
        store = protobuf.delimited(b"\x12", self._store())
        return b"".join((_MAPPING, store, _NEGATIVE_VALUES, zeros))

    def _store(self) -> bytes:
        """Counts from the lowest to the highest bin, and the lowest index."""
        if not self.bins:
            return b""
        highest = max(self.bins)
        lowest = max(min(self.bins), highest - BINS_MAX + 1)
        counts = [0.0] * (highest - lowest + 1)
        for index, count in self.bins.items():
            counts[max(index, lowest) - lowest] += count
        packed = b"".join(map(protobuf.pack_double, counts))
        offset = b"\x18" + protobuf.zigzag(lowest) if lowest else b""
        return protobuf.delimited(b"\x12", packed) + offset
