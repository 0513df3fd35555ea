"""The rare sampler: keeps what nobody else would, because it has not been seen for a while.

It sees every chunk, so that it knows what others keep: those are noted and not sampled. Of the
rest, the first span of its kind in five minutes keeps its chunk, as far as a token bucket allows.
"""

from serverless_init.model import Span
from serverless_init.traces.tags import ERROR_TYPE, HTTP_STATUS, MEASURED, TOP_LEVEL

RARE = "_dd.rare"
TPS = 5.0
BURST = 50.0
TTL_S = 300.0
SIGNATURES_MAX = 200

_RENEWED_AFTER_S = 60.0
_SERVICES_MAX = 1000

_Shard = dict[int, float]


class RareSampler:
    """Remembers the kinds of top-level and measured spans for `TTL_S`, by env and service."""

    def __init__(self) -> None:
        self._shards: dict[tuple[str, str], _Shard] = {}
        self._tokens = BURST
        self._filled_at = 0.0

    def keeps(self, spans: list[Span], env: str, priority: int, now: float) -> bool:
        """Whether the chunk is kept for a rare span, which is marked. Call it for every chunk."""
        relevant = [span for span in spans if _is_counted(span)]
        if priority > 0:
            self._note(relevant, env, now)
            return False
        for span in relevant:
            shard = self._shard(span, env)
            expiry = shard.get(_kind(span, shard), 0.0)
            if now > expiry and self._takes_token(now):
                span.metrics[RARE] = 1.0
                self._note(relevant, env, now)
                return True
        return False

    def _note(self, spans: list[Span], env: str, now: float) -> None:
        for span in spans:
            shard = self._shard(span, env)
            kind = _kind(span, shard)
            expiry = now + TTL_S
            if expiry - shard.get(kind, 0.0) > _RENEWED_AFTER_S:
                shard[kind] = expiry

    def _shard(self, span: Span, env: str) -> _Shard:
        key = env, span.service
        shard = self._shards.get(key)
        if shard is None:
            if len(self._shards) >= _SERVICES_MAX:
                self._shards.clear()
            shard = self._shards[key] = {}
        return shard

    def _takes_token(self, now: float) -> bool:
        self._tokens = min(BURST, self._tokens + max(0.0, now - self._filled_at) * TPS)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _is_counted(span: Span) -> bool:
    metrics = span.metrics
    return metrics.get(TOP_LEVEL) == 1 or metrics.get(MEASURED) == 1


def _kind(span: Span, shard: _Shard) -> int:
    """Identifies what is the same about spans of one env and service.

    When a service has too many kinds, the new ones share few places.
    """
    meta = span.meta
    kind = hash(
        (
            span.name,
            span.resource,
            bool(span.error),
            meta.get(HTTP_STATUS, ""),
            meta.get(ERROR_TYPE, ""),
        )
    )
    is_new = kind not in shard and len(shard) >= SIGNATURES_MAX
    return kind % SIGNATURES_MAX if is_new else kind
