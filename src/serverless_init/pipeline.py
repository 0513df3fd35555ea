"""The one pipeline: DogStatsD, sampler, aggregator, serializer, forwarder, built sink first."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from serverless_init.aggregator import Aggregator
from serverless_init.clock import Clock
from serverless_init.config import (
    AggregatorSettings,
    Configuration,
    DogStatsDSettings,
    ForwarderSettings,
    OriginSettings,
    SerializerSettings,
    StatisticsSettings,
    StorageSettings,
    TimestampSettings,
    TransportSettings,
)
from serverless_init.dogstatsd import DogStatsD, DogStatsDOptions
from serverless_init.enriching import enrichment_rules
from serverless_init.forwarder import Discipline, Forwarder, IntakeEndpoint, Outlet
from serverless_init.lifecycle import Component, Drained, Receipt
from serverless_init.model import deduplicate
from serverless_init.platforms import Place
from serverless_init.reception import Reception
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.serializer import Destination, Serializer, dogstatsd_origin
from serverless_init.wire import choose_codec

_log = logging.getLogger("serverless_init.network")
_serializer_log = logging.getLogger("serverless_init.serializer")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING}

_STATISTICS_ROWS_MAX = 100


class Pipeline:
    """The components in their order, and the account of everything that went through them."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        reception: Reception,
        endpoints: tuple[IntakeEndpoint, ...],
        outlet: Outlet,
        place: Place,
        clock: Clock,
    ) -> None:
        settings = configuration.of(AggregatorSettings)
        host = settings.hostname.encode() if settings.hostname != "none" else b""
        tags = _tags(configuration, place)
        self.flush_incomplete_buckets = settings.flush_incomplete_buckets
        self.forwarder = Forwarder(
            configuration.of(ForwarderSettings),
            clock=clock,
            endpoints=endpoints,
            outlet=outlet,
            discipline=Discipline(storage=configuration.of(StorageSettings)),
        )
        self.serializer = _serializer(
            configuration, platform=place.platform.origin, host=host, endpoints=endpoints
        )
        timestamps = configuration.of(TimestampSettings)
        self._statistics = configuration.of(StatisticsSettings)
        self.sampler = TimeSampler(
            replace(
                _sampler_options(settings),
                enrichment=enrichment_rules(configuration, host=host, tags=tags),
                client_origin=configuration.of(OriginSettings).by_client,
                timestamps=timestamps.enabled,
                statistics=self._statistics.metrics,
            )
        )
        self.aggregator = Aggregator(
            settings,
            timestamps=timestamps,
            sampler=self.sampler,
            serializer=self.serializer,
            out=self.forwarder,
            clock=clock,
        )
        self.dogstatsd = DogStatsD(
            reception,
            sampler=self.sampler,
            out=self.aggregator,
            extra_tags=tags,
            clock=clock,
            options=_dogstatsd_options(configuration),
        )
        self.stages: tuple[tuple[Component, ...], ...] = (
            (self.forwarder,),
            (self.aggregator,),
            (self.dogstatsd,),
        )
        self._flush: asyncio.Task[None] | None = None
        self._sources: list[Callable[[], Drained]] = [self.dogstatsd.account]

    def add_source(self, account: Callable[[], Drained]) -> None:
        """Take a further source of metrics into the account: what came, and was dropped there."""
        self._sources.append(account)

    async def flush(self, deadline: float) -> None:
        """Pass on and deliver what is held, the open window included, before `deadline`.

        When cancelled it leaves the aggregator's part running: what that has taken from the
        sampler would be lost, and a drain waits for it.
        """
        self.aggregator.end_stream()
        flush = self.aggregator.flush(open_buckets=self.flush_incomplete_buckets)
        self._flush = asyncio.create_task(flush, name="pipeline.flush")
        await asyncio.shield(self._flush)
        await self.forwarder.flush(deadline)

    def receipt(
        self,
        reports: Mapping[str, Drained] | None = None,
        *,
        signals: Mapping[str, Drained] | None = None,
        **facts: object,
    ) -> Receipt:
        """The account now; with the `reports` of a drain, the final one, in which nothing is held.

        What a drain could not pass on in time is then dropped as ``out_of_time``.
        """
        received = [account() for account in self._sources]
        dropped: Counter[str] = sum((Counter(one.dropped) for one in received), Counter())
        dropped.update(self.sampler.stats.dropped)
        dropped.update(self.aggregator.stats.dropped)
        dropped.update(self.serializer.stats.dropped)
        dropped.update(self.forwarder.stats.samples_dropped)
        held = (
            sum(one.held for one in received)
            + self.sampler.held_samples()
            + self.aggregator.account().held
            + self.serializer.stats.samples_held
            + self.forwarder.held
        )
        final = reports is not None
        if final and held:
            dropped["out_of_time"] += held
        return Receipt(
            accepted=sum(one.accepted for one in received) + self.forwarder.stats.samples_restored,
            delivered=self.forwarder.stats.samples_delivered,
            dropped={reason: n for reason, n in dropped.items() if n},
            held=0 if final else held,
            payloads=self.forwarder.stats.payloads_delivered,
            bytes_sent=self.forwarder.stats.bytes_delivered,
            kernel_drops=self.dogstatsd.stats.kernel_drops,
            late=tuple(name for name, report in (reports or {}).items() if report.late),
            final=final,
            elsewhere={
                name: _closed(account) if final else account for name, account in self._elsewhere()
            },
            signals={
                name: _closed(account) if final else account
                for name, account in (signals or {}).items()
            },
            **facts,  # type: ignore[arg-type]
        )

    def _elsewhere(self) -> Iterator[tuple[str, Drained]]:
        """The accounts of further intakes, with what was lost or waits before their delivery."""
        for name, (url, account) in self.forwarder.elsewhere().items():
            before = self.serializer.elsewhere(url)
            dropped = sum((Counter(stats.dropped) for stats in before), Counter(account.dropped))
            held = account.held + sum(stats.samples_held for stats in before)
            lost = sum(stats.samples_accepted - stats.samples_serialized for stats in before)
            accepted = account.accepted + lost
            yield name, replace(account, accepted=accepted, dropped=dropped, held=held)

    def statistics(self, *, as_json: bool) -> Iterator[str]:
        """Lines of what the statistics counted, as far as they are on."""
        metrics, rate = self.sampler.statistics, self.dogstatsd.stats.packet_rate
        if as_json:
            told: dict[str, object] = {}
            if metrics:
                told["dogstatsd_stats"] = metrics.as_json()
            if self._statistics.packets:
                told["packets_per_second_max"] = rate.most
            if told:
                yield json.dumps(told)
            return
        if metrics:
            yield from metrics.table(_STATISTICS_ROWS_MAX)
        if self._statistics.packets:
            yield f"At most {rate.most} packets in one second."


def _dogstatsd_options(configuration: Configuration) -> DogStatsDOptions:
    transport = configuration.of(TransportSettings)
    statistics = configuration.of(StatisticsSettings)
    origin = configuration.of(OriginSettings)
    return DogStatsDOptions(
        relay_host=transport.forward_host,
        relay_port=transport.forward_port,
        packet_rate=statistics.packets,
        quiet=statistics.quiet,
        long_frames_told=configuration.of(DogStatsDSettings).stream_log_too_big,
        client_origin=origin.by_client,
        proc=origin.proc,
    )


def _closed(account: Drained) -> Drained:
    """An account after the end: what is still held has run out of time."""
    if not account.held:
        return account
    dropped = Counter(account.dropped)
    dropped["out_of_time"] += account.held
    return replace(account, dropped=dropped, held=0)


def _tags(configuration: Configuration, place: Place) -> tuple[bytes, ...]:
    """What every metric, event and check gets, beside its own tags."""
    own = configuration.of(DogStatsDSettings).tags
    tags = (*own, *place.tags.metric)
    return deduplicate(tag.encode() for tag in tags)


def _serializer(
    configuration: Configuration,
    *,
    platform: str,
    host: bytes,
    endpoints: tuple[IntakeEndpoint, ...],
) -> Serializer:
    settings = configuration.of(SerializerSettings)
    kind, level = settings.compressor_kind, settings.zstd_level
    codec = choose_codec(kind, zstd_level=level)
    if not codec.is_of(kind):
        _serializer_log.warning(
            "serializer_compressor_kind is %s, which is not installed: payloads are sent as %s",
            kind,
            codec.content_encoding,
        )
    serializer = Serializer(
        settings,
        codec=codec,
        origin=dogstatsd_origin(platform),
        hostname=host,
        destinations=(Destination(e.configured_url, e.is_datadog) for e in endpoints),
        v3_codec=choose_codec(kind, zstd_level=settings.v3_zstd_level or level),
    )
    for severity, line in serializer.notices:
        _serializer_log.log(_LEVELS[severity], "%s", line)
    return serializer


def _sampler_options(settings: AggregatorSettings) -> SamplerOptions:
    return SamplerOptions(
        contexts_max=settings.contexts_max,
        expiry_s=settings.expiry_s,
        context_expiry_s=settings.context_expiry_s,
        histogram_aggregates=settings.histogram_aggregates,
        histogram_percentiles=settings.histogram_percentiles,
    )
