"""The samplers by signature: for chunks with errors, and for those without a priority.

A signature says what kind of trace it is: the shape of its root, and the set of kinds of its spans.
So a rare kind of error is kept although another kind floods. Source of the hashes and of the random
test: the Agent, whose decisions for one trace must be ours when several of us see parts of it.
"""

from serverless_init.model import Span
from serverless_init.traces.fnv import fnv1a_32
from serverless_init.traces.samplers.priority import weight_of
from serverless_init.traces.samplers.rates import RateEngine
from serverless_init.traces.tags import ERROR_TYPE, HTTP_STATUS

SIGNATURES_MAX = 100

_RANDOM_FACTOR = 1111111111111111111
_UINT64_MAX = 2**64 - 1
_HASHES_MAX = 4096


class ScoreSampler:
    """Keeps chunks at a rate by signature, and writes the rate at `key` of the root."""

    def __init__(self, target_tps: float, key: str, agent_env: str) -> None:
        self._engine: RateEngine[int] = RateEngine(target_tps)
        self._key = key
        self._agent_env = agent_env
        self._hashes: dict[bytes, int] = {}

    def keeps(self, spans: list[Span], root: Span, env: str, now: float) -> bool:
        """Whether the chunk is kept; a target of 0 keeps nothing."""
        if not self._engine.target_tps:
            return False
        signature = self._shrunk(self._signature(spans, root, env or self._agent_env))
        self._engine.count(signature, now, weight_of(root))
        rate = self._engine.rate(signature)
        if not is_sampled(root.trace_id, rate):
            return False
        root.metrics[self._key] = rate
        return True

    def _signature(self, spans: list[Span], root: Span, env: str) -> int:
        signature = self._hash(root, env, root.resource)
        for each in sorted({self._hash(span, env, "") for span in spans}):
            signature ^= each
        return signature

    def _hash(self, span: Span, env: str, resource: str) -> int:
        """Hashed byte by byte in Python, which is slow: what was hashed is remembered."""
        get = span.meta.get
        start = f"{env}{span.service}{span.name}".encode()
        rest = f"{resource}{get(HTTP_STATUS, '')}{get(ERROR_TYPE, '')}".encode()
        data = b"%b%c%b" % (start, 1 if span.error else 0, rest)
        value = self._hashes.get(data)
        if value is None:
            if len(self._hashes) >= _HASHES_MAX:
                self._hashes.clear()
            value = self._hashes[data] = fnv1a_32(data)
        return value

    def _shrunk(self, signature: int) -> int:
        """Beyond a number of signatures the new ones share few."""
        if self._engine.has_room(signature, SIGNATURES_MAX):
            return signature
        return signature % SIGNATURES_MAX


def is_sampled(trace_id: int, rate: float) -> bool:
    """Whether a trace is among the `rate` that is kept: the same for everybody who asks."""
    if rate >= 1:
        return True
    return trace_id * _RANDOM_FACTOR % 2**64 < rate * _UINT64_MAX
