"""The aggregator: flushes in slices, drains everything, loses nothing on the way."""

import asyncio

from serverless_init.aggregator import Aggregator
from serverless_init.config import AggregatorSettings, SerializerSettings, TimestampSettings
from serverless_init.model import (
    CheckStatus,
    Event,
    PayloadKind,
    Serie,
    SerieKind,
    ServiceCheck,
)
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.serializer import Serializer
from serverless_init.testing import CollectingSink, ManualClock
from serverless_init.wire import choose_codec

CONTEXTS = 20_000


def parts(**settings: object) -> tuple[Aggregator, TimeSampler, CollectingSink, ManualClock]:
    clock = ManualClock()
    sampler = TimeSampler(SamplerOptions())
    sink = CollectingSink()
    codec = choose_codec("zstd", zstd_level=1)
    serializer = Serializer(SerializerSettings(), codec=codec, origin=lambda _: None, hostname=b"")
    aggregator = Aggregator(
        AggregatorSettings(**settings),
        timestamps=TimestampSettings(),
        sampler=sampler,
        serializer=serializer,
        out=sink,
        clock=clock,
    )
    return aggregator, sampler, sink, clock


def fill(sampler: TimeSampler, clock: ManualClock) -> None:
    for number in range(CONTEXTS):
        sampler.ingest(b"metric.%d:1|c|#a:b" % number, clock.now())


def test_other_work_goes_on_during_a_large_flush() -> None:
    """A flush of many contexts in one piece kept the sockets unread until they overflowed."""
    aggregator, sampler, sink, clock = parts()
    fill(sampler, clock)
    turns = 0

    async def run() -> None:
        nonlocal turns
        flush = asyncio.create_task(aggregator.flush(open_buckets=True))
        while not flush.done():
            turns += 1
            await asyncio.sleep(0)

    asyncio.run(run())
    assert turns > 20
    assert sink.samples == CONTEXTS


def test_a_drain_during_a_periodic_flush_loses_nothing() -> None:
    """Cancelling the periodic flush threw away what it had taken from the sampler."""
    # On a busy machine that flush takes longer than a stop usually may.
    aggregator, sampler, sink, clock = parts(flush_interval_s=0.01, stop_timeout_s=60.0)
    fill(sampler, clock)
    clock.advance(10)

    async def run() -> None:
        await aggregator.start()
        while not aggregator.stats.flushes:
            await asyncio.sleep(0.001)
        sampler.ingest(b"late:1|c", clock.now())
        report = await aggregator.drain(clock.monotonic() + 60)
        aggregator.close()
        assert report.balanced

    asyncio.run(run())
    assert sink.samples == CONTEXTS + 1
    assert sampler.held_samples() == 0


def test_events_and_checks_get_the_time_and_go_with_the_next_flush() -> None:
    aggregator, _, sink, _ = parts()
    aggregator.add(Event(title=b"a", text=b"b"))
    aggregator.add(ServiceCheck(name=b"c", status=CheckStatus.OK))
    assert aggregator.account().held == 2
    asyncio.run(aggregator.flush(open_buckets=False))
    kinds = [payload.kind for payload in sink.payloads]
    assert kinds == [PayloadKind.EVENTS, PayloadKind.SERVICE_CHECKS]
    assert sink.samples == 2
    assert aggregator.account().passed_on == 2
    assert aggregator.account().held == 0


def test_a_flood_of_events_is_bounded_and_counted() -> None:
    aggregator, _, _, _ = parts()

    async def run() -> None:
        for _ in range(10_003):
            aggregator.add(Event(title=b"a", text=b"b"))
        aggregator.close()

    asyncio.run(run())
    account = aggregator.account()
    assert account.held == 10_000
    assert account.dropped == {"events_max": 3}
    assert account.balanced


def test_many_events_and_checks_go_before_the_next_flush() -> None:
    """At 100 MiB/s more came between two flushes than may wait, and the rest was dropped."""
    aggregator, _, sink, _ = parts()

    async def run() -> None:
        for number in range(25_000):
            item = ServiceCheck(name=b"c", status=CheckStatus.OK)
            aggregator.add(Event(title=b"a", text=b"b") if number % 2 else item)
            if number % 500 == 0:
                await asyncio.sleep(0.001)
        assert not aggregator.account().dropped
        assert aggregator.stats.flushes == 0
        await aggregator.flush(open_buckets=False)
        aggregator.close()

    asyncio.run(run())
    assert sink.samples == 25_000
    assert aggregator.account().balanced


def test_the_open_window_is_dropped_and_counted_when_it_is_not_to_be_flushed() -> None:
    aggregator, sampler, sink, clock = parts(flush_incomplete_buckets=False)
    sampler.ingest(b"x:1|c\ny:2|d", clock.now())

    async def run() -> None:
        await aggregator.drain(clock.monotonic() + 5)

    asyncio.run(run())
    assert sink.samples == 0
    assert sampler.stats.dropped == {"incomplete_bucket": 2}
    assert sampler.held_samples() == 0


SERIE = Serie(b"m", (), b"", SerieKind.GAUGE, ((5, 1.0),), interval_s=10, samples=1)


def test_a_timestamped_serie_goes_when_nothing_came_for_a_while() -> None:
    aggregator, _, sink, clock = parts()

    async def run() -> None:
        aggregator.submit(SERIE)
        clock.advance(1.0)
        async with asyncio.timeout(10):
            while not sink.payloads:
                await asyncio.sleep(0.05)
        assert aggregator.stats.stream_payloads == 1
        aggregator.close()

    asyncio.run(run())
    assert sink.samples == 1


def test_a_drain_delivers_timestamped_series_also_when_the_open_window_is_dropped() -> None:
    aggregator, _, sink, clock = parts(flush_incomplete_buckets=False)

    async def run() -> None:
        aggregator.submit(SERIE)
        await aggregator.drain(clock.monotonic() + 5)
        aggregator.close()

    asyncio.run(run())
    assert sink.samples == 1


def test_a_periodic_flush_leaves_the_stream_open() -> None:
    aggregator, _, sink, _ = parts()

    async def run() -> None:
        aggregator.submit(SERIE)
        await aggregator.flush(open_buckets=False)
        assert sink.samples == 0
        aggregator.end_stream()
        aggregator.close()

    asyncio.run(run())
    assert sink.samples == 1
