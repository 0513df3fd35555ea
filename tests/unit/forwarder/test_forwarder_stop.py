"""The end of a run: the Agent's table of what its worker's stop does, without its silent losses."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from serverless_init.clock import SystemClock
from serverless_init.config import ForwarderSettings
from serverless_init.forwarder import Forwarder, IntakeEndpoint
from serverless_init.lifecycle import Drained
from serverless_init.model import SERIES_V2, Payload, PayloadKind

KEY = "0123456789abcdef0123456789abcdef"


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


def payload(samples: int) -> Payload:
    body = str(samples).encode()
    return Payload(PayloadKind.SERIES, SERIES_V2, body, "application/x-protobuf", "", 1, samples)


async def holding(server: Any, *samples: int, flights: int, **settings: Any) -> Forwarder:
    """A started forwarder that was given payloads, with so many requests at the server."""
    sink = Forwarder(
        ForwarderSettings(api_key=KEY, **settings),
        clock=SystemClock(),
        endpoints=(IntakeEndpoint("http", server.host, server.port, "", KEY),),
        report=lambda level, text: None,
    )
    await sink.start()
    for count in samples:
        sink.submit(payload(count))
    await server.received(flights)
    return sink


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def test_cancelling_first_counts_what_was_in_flight_and_sends_the_queue(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        hang, ok = scripted_server.hang(), scripted_server.answer()
        async with scripted_server(hang, hang, hang, ok) as server:
            sink = await holding(
                server,
                *(1, 2, 4, 8, 16),
                flights=3,
                stop_wait_for_inflight=False,
                concurrent_requests_max=3,
            )
            report = await sink.drain(soon())
            sink.close()
        assert report == Drained(accepted=31, passed_on=24, dropped={"cancelled_at_stop": 7})
        assert [request.body for request in server.requests[3:]] in ([b"8", b"16"], [b"16", b"8"])

    run(story())


def test_cancelling_first_without_purge_sends_nothing_more(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            sink = await holding(
                server,
                *(1, 2),
                flights=1,
                stop_timeout_s=0.0,
                stop_wait_for_inflight=False,
                concurrent_requests_max=1,
            )
            report = await sink.drain(soon())
            sink.close()
        assert report == Drained(
            accepted=3, dropped={"cancelled_at_stop": 1, "stop_without_purge": 2}
        )
        assert len(server.requests) == 1

    run(story())


def test_waiting_first_delivers_everything_exactly_once(scripted_server: Any) -> None:
    async def story() -> None:
        released = asyncio.Event()
        async with scripted_server(scripted_server.answer_when(released)) as server:
            sink = await holding(server, 1, 2, 4, 8, 16, flights=3, concurrent_requests_max=3)
            draining = asyncio.create_task(sink.drain(soon()), name="drain")
            await asyncio.wait([draining], timeout=0.05)
            assert not draining.done()
            released.set()
            assert await draining == Drained(accepted=31, passed_on=31)
            sink.close()
        assert sorted(int(request.body) for request in server.requests) == [1, 2, 4, 8, 16]

    run(story())


def test_waiting_without_purge_ends_what_is_in_flight_only(scripted_server: Any) -> None:
    async def story() -> None:
        released = asyncio.Event()
        async with scripted_server(scripted_server.answer_when(released)) as server:
            sink = await holding(
                server, 1, 2, flights=1, stop_timeout_s=-1.0, concurrent_requests_max=1
            )
            draining = asyncio.create_task(sink.drain(soon()), name="drain")
            await asyncio.wait([draining], timeout=0.05)
            assert not draining.done()
            released.set()
            assert await draining == Drained(
                accepted=3, passed_on=1, dropped={"stop_without_purge": 2}
            )
            sink.close()
        assert len(server.requests) == 1

    run(story())


def test_what_fails_while_stopping_without_purge_is_dropped(scripted_server: Any) -> None:
    async def story() -> None:
        released = asyncio.Event()
        async with scripted_server(scripted_server.answer_when(released, 500)) as server:
            sink = await holding(server, 1, flights=1, stop_timeout_s=0.0)
            draining = asyncio.create_task(sink.drain(soon()), name="drain")
            await asyncio.wait([draining], timeout=0.02)
            released.set()
            assert await draining == Drained(accepted=1, dropped={"stop_without_purge": 1})
            sink.close()

    run(story())


def test_the_stop_timeout_bounds_the_drain(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            sink = await holding(server, 1, flights=1, stop_timeout_s=0.1)
            began = time.monotonic()
            report = await sink.drain(soon())
            assert time.monotonic() - began < 0.2
            sink.close()
        assert report == Drained(accepted=1, dropped={"unconfirmed": 1}, late=True)

    run(story())


def test_a_deadline_before_the_stop_timeout_wins(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            sink = await holding(server, 1, flights=1, stop_timeout_s=3.0)
            began = time.monotonic()
            assert (await sink.drain(soon(0.1))).late
            assert time.monotonic() - began < 0.2
            sink.close()

    run(story())


def test_an_empty_forwarder_drains_at_once(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = await holding(server, flights=0)
            began = time.monotonic()
            assert await sink.drain(soon()) == Drained()
            assert time.monotonic() - began < 0.05
            sink.close()

    run(story())


def test_a_forwarder_that_never_started_still_drains(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = Forwarder(
                ForwarderSettings(api_key=KEY),
                clock=SystemClock(),
                endpoints=(IntakeEndpoint("http", server.host, server.port, "", KEY),),
            )
            sink.submit(payload(3))
            assert await sink.drain(soon()) == Drained(accepted=3, passed_on=3)
            sink.close()

    run(story())


def test_a_drain_that_is_cut_off_leaves_an_account_that_closing_completes(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            sink = await holding(server, 1, flights=1)
            draining = asyncio.create_task(sink.drain(soon()), name="drain")
            await asyncio.wait([draining], timeout=0.02)
            draining.cancel()
            await asyncio.wait([draining])
            assert sink.held == 1
            sink.close()
        assert (sink.held, sink.stats.samples_dropped) == (0, {"unconfirmed": 1})

    run(story())


def test_a_flush_that_ends_during_the_drain_does_not_slow_it(scripted_server: Any) -> None:
    async def story() -> None:
        broken = scripted_server.answer(500)
        async with scripted_server(*[broken] * 3, scripted_server.answer()) as server:
            sink = await holding(server, 1, flights=1)
            flushing = asyncio.create_task(sink.flush(soon(0.05)), name="flush")
            report = await sink.drain(soon(4))
            await flushing
            sink.close()
        assert report == Drained(accepted=1, passed_on=1)

    run(story())
