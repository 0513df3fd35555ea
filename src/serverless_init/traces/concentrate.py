"""The concentrator: counts spans by what they are, in time buckets, before anything is sampled.

A span belongs to the bucket in which it ended. A bucket is sent when it has been over for as long
as it is wide, so that spans that arrive late still find it; a later one counts in the oldest bucket
that is open. A span that ends in the future counts now. What a trace stands for (it may have been
sampled when it began) weighs its spans; counts are whole numbers only when they are sent, rounded
up by chance in proportion to their fraction, so that sums over many senders come out right.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from serverless_init.config import TraceStatsSettings
from serverless_init.model import Span
from serverless_init.traces.fnv import fnv1a_64
from serverless_init.traces.sketch import DurationSketch
from serverless_init.traces.span_stats import PEER_TAGS, GroupKey, KeyReader, is_counted
from serverless_init.traces.stats_payload import (
    FALSE,
    TRUE,
    ClientStatsPayload,
    StatsBucket,
    StatsGroup,
)
from serverless_init.traces.tags import SAMPLE_RATE, TOP_LEVEL

GROUPS_MAX = 20_000
"""Groups of one bucket; spans of further ones are not counted, and that is counted."""

_NS = 1_000_000_000
_BUCKETS_OPEN = 2
SYNTHETICS = "synthetics"


class StatsOf(NamedTuple):
    """Who sent a trace: its statistics go into a payload of their own."""

    env: str
    hostname: str = ""
    version: str = ""
    container_id: str = ""
    git_commit_sha: str = ""
    image_tag: str = ""
    language: str = ""
    process_tags: str = ""
    service: str = ""


@dataclass(slots=True)
class ConcentratorStats:
    """Counters, in spans. `spans_dropped` found no room; the spans themselves went on."""

    spans_counted: int = 0
    spans_dropped: int = 0


class Group:
    """What has been added up of spans that agree in their key."""

    __slots__ = ("duration", "error_sketch", "errors", "hits", "ok_sketch", "top_level_hits")

    def __init__(self) -> None:
        self.hits = 0.0
        self.errors = 0.0
        self.top_level_hits = 0.0
        self.duration = 0.0
        self.ok_sketch = DurationSketch()
        self.error_sketch = DurationSketch()

    def add(self, span: Span, weight: float) -> None:
        """Count `span`, which stands for `weight` of its kind."""
        duration_ns = span.duration_ns
        self.hits += weight
        self.duration += duration_ns * weight
        if span.metrics.get(TOP_LEVEL) == 1:
            self.top_level_hits += weight
        if span.error:
            self.errors += weight
            self.error_sketch.insert(duration_ns)
        else:
            self.ok_sketch.insert(duration_ns)


_Groups = dict[tuple[object, ...], Group]
_Bucket = dict[StatsOf, _Groups]


class Concentrator:
    """Adds spans up; `flush` takes the buckets that are over."""

    _group: type[Group] = Group

    def __init__(
        self,
        settings: TraceStatsSettings,
        now_ns: int,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        peers = {*PEER_TAGS, *settings.peer_tags} if settings.peer_tags_enabled else None
        self._keys = KeyReader(peers, settings.span_tags)
        self._by_kind = settings.by_span_kind
        self._width_ns = settings.bucket_s * _NS
        self._oldest_ns = self._aligned(now_ns)
        self._buckets: dict[int, _Bucket] = {}
        self._groups: dict[int, int] = {}
        self._chance = chance
        self.stats = ConcentratorStats()

    def add(self, spans: list[Span], root: Span, sender: StatsOf, origin: str, now_ns: int) -> None:
        """Count the spans of one chunk."""
        is_synthetic = origin.startswith(SYNTHETICS)
        weight, key_of = weight_of(root), self._keys.key
        self._keys.trim()
        opened: dict[int, _Groups] = {}
        for span in spans:
            if not is_counted(span, self._by_kind):
                continue
            end_ns = span.start_ns + span.duration_ns
            start_ns = self._aligned(end_ns if end_ns < now_ns else now_ns)
            if start_ns < self._oldest_ns:
                start_ns = self._oldest_ns
            groups = opened.get(start_ns)
            if groups is None:
                groups = self._buckets.setdefault(start_ns, {}).setdefault(sender, {})
                opened[start_ns] = groups
            key = key_of(span, is_synthetic)
            group = groups.get(key) or self._new_group(start_ns, groups, key)
            if group is not None:
                group.add(span, weight)
                self.stats.spans_counted += 1

    def flush(self, now_ns: int, *, force: bool = False) -> list[ClientStatsPayload]:
        """The buckets that are over, or all; one payload per sender."""
        latest_ns = now_ns - _BUCKETS_OPEN * self._width_ns
        due = sorted(start for start in self._buckets if force or start <= latest_ns)
        payloads: dict[StatsOf, ClientStatsPayload] = {}
        for start_ns in due:
            self._groups.pop(start_ns, None)
            for sender, groups in self._buckets.pop(start_ns).items():
                payload = payloads.get(sender)
                if payload is None:
                    payload = payloads[sender] = _payload(sender)
                stats = [self._export(GroupKey._make(key), group) for key, group in groups.items()]
                bucket = StatsBucket(start=start_ns, duration=self._width_ns, stats=stats)
                assert payload.stats is not None
                payload.stats.append(bucket)
        oldest_ns = self._aligned(now_ns) - (_BUCKETS_OPEN - 1) * self._width_ns
        self._oldest_ns = max(self._oldest_ns, oldest_ns)
        return list(payloads.values())

    @property
    def groups_open(self) -> int:
        """Groups in all open buckets."""
        return sum(self._groups.values())

    def _new_group(self, start_ns: int, groups: _Groups, key: tuple[object, ...]) -> Group | None:
        """A group for `key`, when there is room."""
        count = self._groups.get(start_ns, 0)
        if count >= GROUPS_MAX:
            self.stats.spans_dropped += 1
            return None
        self._groups[start_ns] = count + 1
        group = groups[key] = self._group()
        return group

    def _aligned(self, time_ns: int) -> int:
        return time_ns - time_ns % self._width_ns

    def _export(self, key: GroupKey, group: Group) -> StatsGroup:
        return StatsGroup(
            service=key.service,
            name=key.name,
            resource=key.resource,
            type=key.type,
            span_kind=key.kind,
            http_status_code=key.http_status,
            synthetics=key.is_synthetic,
            peer_tags=list(key.peer_tags),
            span_derived_primary_tags=list(key.primary_tags),
            service_source=key.service_source,
            is_trace_root=TRUE if key.is_trace_root else FALSE,
            grpc_status_code=key.grpc_status,
            hits=self._whole(group.hits),
            errors=self._whole(group.errors),
            top_level_hits=self._whole(group.top_level_hits),
            duration=self._whole(group.duration),
            ok_summary=group.ok_sketch.encode(),
            error_summary=group.error_sketch.encode(),
        )

    def _whole(self, value: float) -> int:
        """`value` as a whole number whose expectation it is."""
        whole = int(value)
        return whole + (self._chance() < value - whole)


def weight_of(root: Span) -> float:
    """How many traces the one with `root` stands for."""
    rate = root.metrics.get(SAMPLE_RATE)
    return 1 / rate if rate is not None and 0 < rate <= 1 else 1.0


def _payload(sender: StatsOf) -> ClientStatsPayload:
    return ClientStatsPayload(
        hostname=sender.hostname,
        env=sender.env,
        version=sender.version,
        lang=sender.language,
        service=sender.service,
        container_id=sender.container_id,
        git_commit_sha=sender.git_commit_sha,
        image_tag=sender.image_tag,
        process_tags=sender.process_tags,
        process_tags_hash=hash_of_tags(sender.process_tags),
        stats=[],
    )


def hash_of_tags(tags: str) -> int:
    """A number for tags that are separated by commas, whatever their order; 0 for none."""
    if not tags:
        return 0
    return fnv1a_64("\0".join(sorted(tags.split(","))).encode())
