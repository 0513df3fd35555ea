"""The rate engine: how much of each signature to keep so that all of it meets a target.

Traces are counted by signature in time buckets of five seconds, of which the last six count. When
traffic crosses into a new bucket the rates are computed anew: a signature's traffic is its busiest
bucket; the target is shared out evenly, and what small signatures leave of their share goes to the
others. A rate grows by at most a fifth at a time. A signature that is kept whole and has no traffic
is forgotten. Without traffic nothing happens: there is no timer.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

BUCKET_S = 5
BUCKETS = 6
_RISE_MAX = 1.2

Signature = TypeVar("Signature", bound=Hashable)


class RateEngine(Generic[Signature]):
    """Rates by signature. The owner bounds the number of signatures, with `forget`."""

    def __init__(self, target_tps: float) -> None:
        self.target_tps = target_tps
        self.rates: dict[Signature, float] = {}
        self.is_updated = False
        self._counts: dict[Signature, list[float]] = {}
        self._total = [0.0] * BUCKETS
        self._bucket = 0
        self._lowest = 1.0

    def count(self, signature: Signature, now: float, weight: float = 1.0) -> bool:
        """Count one trace; True when that brought new rates."""
        bucket = int(now) // BUCKET_S
        is_new = bucket > self._bucket
        if is_new and self._bucket:
            self._update(bucket)
        self._bucket = max(bucket, self._bucket)
        slot = self._bucket % BUCKETS
        counts = self._counts.get(signature)
        if counts is None:
            counts = self._counts[signature] = [0.0] * BUCKETS
        counts[slot] += weight
        self._total[slot] += weight
        return is_new and self.is_updated

    def rate(self, signature: Signature) -> float:
        """How much of `signature` to keep, from 0 to 1; the default for one without a rate."""
        rate = self.rates.get(signature)
        return self.default_rate() if rate is None else rate

    def default_rate(self) -> float:
        """For signatures not seen before: the least of any, or what all traffic together allows."""
        if not self.target_tps:
            return 0.0
        total_tps = max(self._total) / BUCKET_S
        rate = min(1.0, self.target_tps / total_tps) if total_tps else 1.0
        return min(rate, self._lowest)

    def has_room(self, signature: Signature, signatures_max: int) -> bool:
        """Whether `signature` is known, or fewer than `signatures_max` are."""
        return signature in self._counts or len(self._counts) < signatures_max

    def forget(self, signature: Signature) -> None:
        """Drop what is known of `signature`."""
        self._counts.pop(signature, None)
        self.rates.pop(signature, None)

    def _update(self, bucket: int) -> None:
        """Compute all rates from the buckets before `bucket`, and clear those that are over."""
        passed = min(bucket - self._bucket, BUCKETS)
        stale = [(bucket - age) % BUCKETS for age in range(passed)]
        seen = {key: _busiest(counts, stale) / BUCKET_S for key, counts in self._counts.items()}
        _busiest(self._total, stale)
        share = share_of(self.target_tps, list(seen.values()))
        rates: dict[Signature, float] = {}
        for signature, tps in seen.items():
            rate = min(1.0, share / tps) if tps else 1.0
            before = self.rates.get(signature)
            if before:
                rate = min(rate, before * _RISE_MAX)
            if rate == 1.0 and not tps:
                del self._counts[signature]
            else:
                rates[signature] = rate
        self.rates = rates
        self._lowest = min(rates.values(), default=1.0)
        self.is_updated = True


def share_of(target: float, traffic: list[float]) -> float:
    """What each signature may have at most, so that all together reach `target`."""
    share = target / len(traffic) if traffic else target
    for index, tps in enumerate(sorted(traffic)):
        left = len(traffic) - index - 1
        if tps >= share or not left:
            break
        target -= tps
        share = target / left
    return share


def _busiest(counts: list[float], stale: list[int]) -> float:
    """The busiest bucket; the stale ones, whose places are used again, are cleared."""
    busiest = max(counts)
    for slot in stale:
        counts[slot] = 0.0
    return busiest
