"""Samples that carry their own timestamp: each message becomes one point, nothing is added up.

A client that puts a time on a value has aggregated already, over its own interval. So such samples
take no part in windows, contexts or expiry; only gauges and counters are taken, as in the Agent's
no-aggregation pipeline (docs/protocol/timestamps.md).
"""

import math
from collections.abc import Sequence

from serverless_init.model import MetricKind, MetricSample, Serie, SerieKind
from serverless_init.sampler.buckets import INTERVAL_S
from serverless_init.sampler.enrichment import Identity
from serverless_init.sampler.statistics import Statistics
from serverless_init.sampler.stats import NON_FINITE, SamplerStats

_KINDS = {MetricKind.GAUGE: SerieKind.GAUGE, MetricKind.COUNTER: SerieKind.RATE}


class Timestamped:
    """What timestamped samples became and nobody has taken yet.

    The owner takes it after each packet, so a packet's lines bound it.
    """

    def __init__(self, stats: SamplerStats, statistics: Statistics | None) -> None:
        self._stats = stats
        self._statistics = statistics
        self._waiting: list[Serie] = []

    def add(self, sample: MetricSample, identity: Identity, second: int) -> None:
        """Make `sample`, received at `second`, a point of the series of `identity`; or drop it.

        The values of a packed message share one instant, and the intake keeps one point of a series
        per second: so those of a counter are added up, and of those of a gauge the last one counts.
        The sample rate is ignored, as in the Agent.
        """
        self._stats.samples_accepted += len(sample.values) or 1
        kind = _KINDS.get(sample.kind)
        if kind is None:
            self._stats.refuse_type(sample)
            return
        finite = [value for value in sample.values if math.isfinite(value)]
        value = finite[-1] if finite else math.nan
        if kind is SerieKind.RATE:
            value = sum(finite) / INTERVAL_S
        if not finite or not math.isfinite(value):
            self._stats.drop(NON_FINITE, len(sample.values))
            return
        self._stats.drop(NON_FINITE, len(sample.values) - len(finite))
        self._stats.samples_timestamped += len(finite)
        if self._statistics:
            self._statistics.count(identity, len(finite), second)
        name, host, tags = identity
        points = ((sample.timestamp, value),)
        self._waiting.append(Serie(name, tags, host, kind, points, INTERVAL_S, samples=len(finite)))

    def take(self) -> Sequence[Serie]:
        """What has been added since the last call. Counts as flushed."""
        if not self._waiting:
            return ()
        taken, self._waiting = self._waiting, []
        self._stats.samples_flushed += sum(serie.samples for serie in taken)
        return taken

    def samples(self) -> int:
        """How many samples nobody has taken yet."""
        return sum(serie.samples for serie in self._waiting)
