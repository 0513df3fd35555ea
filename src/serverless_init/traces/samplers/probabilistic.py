"""The probabilistic sampler: keeps a share of all traces by a hash of their id alone."""

from serverless_init.model import Span
from serverless_init.traces.fnv import fnv1a_32
from serverless_init.traces.tags import TRACE_ID_UPPER

RATE = "_dd.prob_sr"
DECISION_MAKER = "-9"

_BUCKETS = 16_384
_OTEL_TRACE_ID = "otel.trace_id"


class ProbabilisticSampler:
    """Keeps `percentage` of all traces. `has_full_id` hashes all 128 bits of an id."""

    def __init__(self, percentage: float, hash_seed: int = 0, *, has_full_id: bool = False) -> None:
        self._threshold = int(percentage * (_BUCKETS / 100))
        self._rate = percentage / 100
        self._seed = hash_seed
        self._has_full_id = has_full_id

    def keeps(self, root: Span) -> bool:
        """Whether the trace is kept; writes the rate on its root then."""
        trace_id = self._trace_id(root)
        if bucket_of(trace_id, self._seed) >= self._threshold:
            return False
        root.metrics[RATE] = self._rate
        return True

    def _trace_id(self, root: Span) -> bytes:
        low = root.trace_id.to_bytes(8, "big")
        if not self._has_full_id:
            return low + bytes(8)
        for text, rest in (
            (root.meta.get(_OTEL_TRACE_ID, ""), b""),
            (root.meta.get(TRACE_ID_UPPER, ""), low),
        ):
            found = _hexadecimal(text) + rest
            if len(found) == 16:
                return found
        return bytes(8) + low


def bucket_of(trace_id: bytes, seed: int) -> int:
    """Where 16 bytes of an id fall, from 0 to 16383."""
    return fnv1a_32((seed & 0xFFFF_FFFF).to_bytes(4, "little") + trace_id) % _BUCKETS


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
