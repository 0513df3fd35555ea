"""The time sampler: packets go in, and what finished ten second buckets become comes out.

**Ingest.** Every line of a packet is first looked up by its raw key (see `routes`): when it leads
to a route and its value is one plain number, the number goes straight into the cell of the open
bucket. Everything else takes the long way, which gives the same result: packed values, sets, first
sights, malformed lines. A route remembers the cell of one bucket and that bucket's epoch. An epoch
is never used twice, so a new bucket, whatever the reason for it, makes all routes find their new
cell by one comparison. Events and service checks are handed back to the caller; samples with a
timestamp of their own bypass all of it (see `timestamped`).

**Flush.** A bucket is closed when its window is over, or at once by a forced flush. Flushing takes
the closed buckets away from ingest and returns iterators, so that the owner can consume them in
slices while ingest goes on: what arrives later goes to other buckets. Counters that were idle get a
zero in every closed bucket, and in the last window when there was no bucket at all, until
`expiry_s` after their last sample. Contexts that were not seen for long are forgotten on the way,
unless they have a cell in an open bucket: another context of the same identity would get a point
with the same timestamp. A counter that wakes up between flush and consumption may get a zero in a
closed bucket in which it would have been too old for one; it was zero then.

**Timestamps.** A forced flush cuts the window it falls in: later samples of this window need a
bucket of their own with another timestamp, or the intake would overwrite the point that was sent.
The same holds when the clock jumps back. `Timeline` gives out each start once. A cut bucket closes
with its window and is reported with the whole interval of ten seconds, so that value times
interval, summed up, is what came in. A last-seen time in the future of a flush, from a clock that
jumped, is set back to it, so that contexts don't outlive the jump.

**Accounting**, in samples: every value and every malformed line is accepted; then it is held in a
cell, or dropped for a reason, and a held one is flushed with a serie or dropped. The copy of a
histogram's value as a distribution counts as a sample of its own. At any moment
``samples_accepted == samples_flushed + sum(dropped) + held_samples()``.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from sys import float_info

from serverless_init.model import MetricKind, MetricSample, Serie, SketchSerie, normalize
from serverless_init.sampler.buckets import INTERVAL_S, Bucket
from serverless_init.sampler.closing import Closing
from serverless_init.sampler.contexts import Context, Contexts
from serverless_init.sampler.copying import Copying
from serverless_init.sampler.crowding import Crowding, crowding
from serverless_init.sampler.enrichment import Enrichment, Identity
from serverless_init.sampler.histogram import HistogramOutputs
from serverless_init.sampler.parse import Malformed, parse_metric, parse_values
from serverless_init.sampler.routes import Route, Routes
from serverless_init.sampler.rules import EnrichmentRules
from serverless_init.sampler.statistics import Statistics
from serverless_init.sampler.stats import NON_FINITE, SamplerStats
from serverless_init.sampler.timeline import Timeline
from serverless_init.sampler.timestamped import Timestamped

_FLOAT_MAX = float_info.max
_SPACE = 0x20
_EVENT_OR_CHECK = (b"_e{", b"_sc")
# Raw keys of unwanted metrics that are remembered, lest these cost more than any other.
_UNWANTED_MAX = 4096


@dataclass(frozen=True, slots=True)
class SamplerOptions:
    """What the sampler is built with; the fields named like settings mean the same.

    `enrichment` rules names and tags. `client_origin` reads the fields ``c:``, ``e:`` and
    ``card:``, `timestamps` the field ``T``. `statistics` counts what comes in by metric.
    """

    contexts_max: int = 100_000
    expiry_s: int = 300
    context_expiry_s: int = 20
    histogram_aggregates: tuple[str, ...] = ("max", "median", "avg", "count")
    histogram_percentiles: tuple[str, ...] = ("0.95",)
    enrichment: EnrichmentRules = field(default_factory=EnrichmentRules)
    client_origin: bool = False
    timestamps: bool = True
    statistics: bool = False


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush closed. Each iterator may be consumed once, at any pace, in any order.

    A sample counts as flushed when its serie is yielded; until then it is held.
    """

    series: Iterator[Serie]
    sketches: Iterator[SketchSerie]


class TimeSampler:
    """See the module's text. `unknown_outputs` are the histogram settings it could not use.

    `statistics` is None unless the options ask for it. `enrichment` is also for what is no metric.
    """

    # The parts of which the compiled twin has its own.
    _new_context = Context
    _new_route = Route
    _new_routes = Routes
    _new_bucket = Bucket

    def __init__(self, options: SamplerOptions) -> None:
        self.stats = SamplerStats()
        self.statistics = Statistics() if options.statistics else None
        self._options = options
        self._outputs = HistogramOutputs.configured(
            options.histogram_aggregates, options.histogram_percentiles
        )
        self.unknown_outputs = self._outputs.unknown
        self.enrichment = Enrichment(options.enrichment)
        self._copies = options.enrichment.copy_prefix is not None
        self._unwanted_outputs = options.enrichment.names.of_histograms()
        self._contexts = Contexts(options.contexts_max, self._new_context)
        self._routes = self._new_routes(options.contexts_max)
        self._unwanted: dict[bytes, MetricKind] = {}
        self._timestamped = Timestamped(self.stats, self.statistics)
        self._timeline = Timeline(INTERVAL_S)
        self._buckets: dict[int, Bucket] = {}
        self._closing: list[Closing] = []
        self._epoch = 0
        self._last_cutoff = 0

    def ingest(self, packet: bytes, now: float) -> Sequence[bytes]:
        """Put every sample of `packet`, received at `now` (unix seconds), into its bucket.

        Returns the lines that are events or service checks, usually none. Bad input is counted.
        """
        second = int(now)
        window = second - second % INTERVAL_S
        bucket = self._buckets.get(window)
        epoch = 0 if bucket is None else bucket.epoch
        routes = self._routes.of_numbers
        accepted = 0
        rare: list[bytes] | None = None
        for line in packet.split(b"\n"):
            # This takes a part of what `parse_metric` takes, with the same outcome.
            head, _, tail = line.partition(b"|")
            name, _, value = head.partition(b":")
            raw_key = name + b"|" + tail
            route = routes.get(raw_key)
            if route is not None:
                try:
                    number = float(value)
                except ValueError:
                    number = math.nan
                # Python strips white space from numbers, DogStatsD doesn't; no character of a
                # number is as low as a space.
                if -_FLOAT_MAX <= number <= _FLOAT_MAX and value[0] > _SPACE < value[-1]:
                    accepted += 1
                    if route.epoch != epoch:
                        epoch = self._attach(route, window)
                    route.context.last_seen = second
                    refusal = route.cell.add(number, route.weight)
                    if refusal is not None:
                        self.stats.drop(refusal)
                    continue
            event = self._ingest_long(line, raw_key, value, second)
            if event is not None:
                rare = rare or []
                rare.append(event)
        self.stats.samples_accepted += accepted
        return rare or ()

    def ingest_packets(self, packets: list[bytes], now: float) -> Sequence[bytes]:
        """As `ingest`, of several packets."""
        return [line for packet in packets for line in self.ingest(packet, now)]

    def add(self, sample: MetricSample, now: float) -> None:
        """Take a sample of our own, of `now`: neither enrichment nor a timestamp changes it."""
        second = int(now)
        identity = Identity(sample.name, self.enrichment.host, normalize(sample.tags))
        context = self._contexts.find(identity, sample.kind, second)
        if context is None:
            self.stats.refuse(sample.name, len(sample.values))
            return
        route = Route(context, sample.kind, sample.rate)
        self._feed(route, sample.values, self._timeline.window_of(second), second)

    def flush(self, now: float, *, force: bool) -> Flushed:
        """Close the buckets whose window is over at `now`, or all with `force`.

        Expired contexts are forgotten while the series are consumed.
        """
        second = int(now)
        cutoff = self._timeline.window_of(second)
        if not self._buckets and len(self._contexts) and self._last_cutoff + INTERVAL_S <= cutoff:
            self._open(cutoff - INTERVAL_S)
        self._last_cutoff = cutoff
        over = [w for w in self._buckets if force or w + INTERVAL_S <= cutoff]
        if force:
            self._timeline.cut(second)
        closed = [self._buckets.pop(window) for window in over]
        closing = Closing(closed, self.stats, self.statistics, unwanted=self._unwanted_outputs)
        self._closing = [earlier for earlier in self._closing if earlier.samples()]
        self._closing.append(closing)
        series = self._series(closing, self._contexts.snapshot(), second)
        return Flushed(series, closing.sketches())

    def take_timestamped(self) -> Sequence[Serie]:
        """What samples with a timestamp became since the last call: to be taken after a packet."""
        return self._timestamped.take()

    def held_samples(self) -> int:
        """How many samples are in open buckets, or closed or timestamped and not yet consumed."""
        opened = sum(bucket.samples() for bucket in self._buckets.values())
        closed = sum(closing.samples() for closing in self._closing)
        return opened + closed + self._timestamped.samples()

    def contexts_held(self) -> int:
        """How many contexts there are."""
        return len(self._contexts)

    def crowding(self) -> Crowding | None:
        """What most contexts have in common; None when there are none."""
        return crowding(self._contexts.snapshot())

    def discard_open(self, reason: str) -> None:
        """Drop what open buckets hold, counted under `reason`."""
        self.stats.drop(reason, sum(bucket.samples() for bucket in self._buckets.values()))
        self._buckets.clear()

    def ingest_from(self, packet: bytes, now: float, container: bytes) -> Sequence[bytes]:
        """As `ingest`, of a packet whose socket says that it comes from `container`."""
        second = int(now)
        rare = []
        for line in packet.split(b"\n"):
            head, _, tail = line.partition(b"|")
            name, _, value = head.partition(b":")
            # No name has a line feed: the keys of no two containers meet, nor those of `ingest`.
            raw_key = container + b"\n" + name + b"|" + tail
            event = self._ingest_long(line, raw_key, value, second, container)
            if event is not None:
                rare.append(event)
        return rare

    def _ingest_long(
        self, line: bytes, raw_key: bytes, value: bytes, second: int, container: bytes = b""
    ) -> bytes | None:
        """Take one line the long way. An event or a service check is not ours: it is returned."""
        window = self._timeline.window_of(second)
        route = self._routes.find(raw_key)
        if route is not None and route.kind is MetricKind.SET:
            if value:
                self._feed_member(route, value, window, second)
                return None
        elif route is not None:
            values = parse_values(value)
            if not isinstance(values, Malformed):
                self._feed(route, values, window, second)
                return None
        if raw_key in self._unwanted and self._drop_unwanted(raw_key, value):
            return None
        # A known raw key with a bad value comes here too, to learn the reason.
        text = line.removesuffix(b"\r")
        if text.startswith(_EVENT_OR_CHECK):
            return text
        if text:
            self._ingest_first(text, raw_key, second, container)
        return None

    def _ingest_first(self, line: bytes, raw_key: bytes, second: int, container: bytes) -> None:
        """Take a line whose raw key leads nowhere yet, and remember where it led."""
        options = self._options
        sample = parse_metric(
            line, client_origin=options.client_origin, timestamps=options.timestamps
        )
        if isinstance(sample, Malformed):
            self.stats.reject(sample, line)
            return
        identity = self.enrichment.identify(sample, container)
        if identity is None:
            self._remember_unwanted(raw_key, sample)
            self.stats.filter(len(sample.values) or 1)
            return
        copied = self.enrichment.copy_of(sample, identity) if self._copies else None
        copy = self._copy_route(sample, copied, second) if copied else None
        if sample.timestamp:
            self._timestamped.add(sample, identity, second)
            if copy is not None:
                self._feed(copy, sample.values, self._timeline.window_of(second), second)
            return
        context = self._contexts.find(identity, sample.kind, second)
        if context is None:
            self.stats.refuse(sample.name, len(sample.values) or 1)
            return
        window = self._timeline.window_of(second)
        route = self._new_route(context, sample.kind, sample.rate, copy)
        if copied is None or copy is not None:
            self._routes.remember(raw_key, route)
        if sample.kind is MetricKind.SET:
            self._feed_member(route, sample.member, window, second)
        else:
            self._feed(route, sample.values, window, second)

    def _copy_route(self, sample: MetricSample, copied: Identity, second: int) -> Route | None:
        """Where the values of `sample` go a second time; None when there is no room.

        Then its raw key is not remembered, so that every further one is counted too.
        """
        context = self._contexts.find(copied, MetricKind.DISTRIBUTION, second)
        if context is None:
            self.stats.refuse(copied.name, len(sample.values))
            return None
        return self._new_route(context, MetricKind.DISTRIBUTION, sample.rate)

    def _remember_unwanted(self, raw_key: bytes, sample: MetricSample) -> None:
        if sample.timestamp:  # its text will not come again
            return
        if len(self._unwanted) >= _UNWANTED_MAX:
            self._unwanted.clear()
        self._unwanted[raw_key] = sample.kind

    def _drop_unwanted(self, raw_key: bytes, value: bytes) -> bool:
        """Drop the samples of a line with an unwanted name; False when its value is malformed."""
        if self._unwanted[raw_key] is MetricKind.SET:
            samples = len(value[:1])
        else:
            values = parse_values(value)
            samples = 0 if isinstance(values, Malformed) else len(values)
        self.stats.filter(samples)
        return samples > 0

    def _feed(self, route: Route, values: Sequence[float], window: int, second: int) -> None:
        """Put numbers into the route's cell. A context is seen even when none is finite."""
        finite = [value for value in values if math.isfinite(value)]
        self.stats.samples_accepted += len(values)
        self.stats.drop(NON_FINITE, len(values) - len(finite))
        route.context.last_seen = second
        if route.copy is not None:
            route.copy.context.last_seen = second
        if finite:
            self._attach(route, window)
        for value in finite:
            refusal = route.cell.add(value, route.weight)
            if refusal is not None:
                self.stats.drop(refusal)

    def _feed_member(self, route: Route, member: bytes, window: int, second: int) -> None:
        """Put a set's member into the route's cell."""
        self.stats.samples_accepted += 1
        route.context.last_seen = second
        self._attach(route, window)
        refusal = route.cell.add_member(member)
        if refusal is not None:
            self.stats.drop(refusal)

    def _attach(self, route: Route, window: int) -> int:
        """Make `route` lead to the bucket of `window`; returns that bucket's epoch."""
        bucket = self._buckets.get(window)
        if bucket is None:
            bucket = self._open(window)
        if route.epoch != bucket.epoch:
            cell = bucket.cell(route.context, route.kind, self._outputs)
            if route.copy is not None:
                # It may have expired before its original, when that began as a counter.
                route.copy.context = self._contexts.kept(route.copy.context)
                self._attach(route.copy, window)
                cell = Copying(cell, context=route.context, copy=route.copy, stats=self.stats)
            route.attach(cell, bucket.epoch)
        return bucket.epoch

    def _open(self, window: int) -> Bucket:
        self._epoch += 1
        start = self._timeline.claim(window)
        bucket = self._new_bucket(window=window, start=start, epoch=self._epoch)
        self._buckets[window] = bucket
        return bucket

    def _series(self, closing: Closing, contexts: list[Context], second: int) -> Iterator[Serie]:
        """The series of what was closed at `second`. Expired contexts are forgotten on the way."""
        expiry_s = self._options.expiry_s
        for context in contexts:
            counts = context.kind is MetricKind.COUNTER
            zero_before = context.last_seen + expiry_s if counts else 0
            yield from closing.series(context, zero_before=zero_before)
            self._expire(context, second)

    def _expire(self, context: Context, second: int) -> None:
        """Forget `context` when it was last seen too long before `second`."""
        if context.last_seen > second + INTERVAL_S:
            context.last_seen = second
        lifetime_s = self._options.context_expiry_s
        if context.kind is MetricKind.COUNTER:
            lifetime_s += self._options.expiry_s
        if context.last_seen + lifetime_s >= second:
            return
        if not any(bucket.holds(context) for bucket in self._buckets.values()):
            self._contexts.forget(context)
            self._routes.forget(context)
