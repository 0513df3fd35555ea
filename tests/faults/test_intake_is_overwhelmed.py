import asyncio
import time
from typing import Any

import pytest

from serverless_init.lifecycle import Drained


@pytest.mark.parametrize("tls", [False, True])
def test_a_hundred_payloads_at_once_arrive_once_each(
    scripted_server: Any, delivery: Any, within: Any, tls: bool
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=tls) as server:
            job = delivery(server.host, server.port, skip_tls_validation=tls)
            await job.forwarder.start()
            for samples in range(1, 101):
                job.submit(samples)
            report = await job.forwarder.drain(within(5.0))
            job.forwarder.close()
        assert report == Drained(accepted=5050, passed_on=5050)
        assert sorted(int(request.body) for request in server.requests) == list(range(1, 101))
        assert server.connections <= 10

    asyncio.run(story())


def test_slow_answers_overlap(scripted_server: Any, delivery: Any, within: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(after_s=0.1)) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            for _ in range(50):
                job.submit(1)
            began = time.monotonic()
            report = await job.forwarder.drain(within(5.0))
            took_s = time.monotonic() - began
            job.forwarder.close()
        assert report == Drained(accepted=50, passed_on=50)
        assert 0.5 <= took_s < 1.0

    asyncio.run(story())


def test_while_the_intake_is_down_the_newest_are_kept_within_the_bytes(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        down, up = scripted_server.answer(503), scripted_server.answer()
        async with scripted_server(down, up) as server:
            job = delivery(server.host, server.port, retry_queue_bytes_max=500)
            await job.forwarder.start()
            job.submit(1, b"1" * 100)
            while not job.forwarder.stats.http_errors:
                await asyncio.sleep(0)
            for digit in b"23456789":
                job.submit(1, bytes([digit]) * 100)
            assert job.forwarder.held == 5
            report = await job.forwarder.drain(within(2.0))
            job.forwarder.close()
        assert report == Drained(accepted=9, passed_on=5, dropped={"retry_queue_full": 4})
        assert {request.body[:1] for request in server.requests[1:]} == {
            b"5",
            b"6",
            b"7",
            b"8",
            b"9",
        }
        assert "the retry queue for" in job.said[1]

    asyncio.run(story())


def test_a_payload_that_is_never_taken_holds_up_nothing(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        # The only slot meets the payload first; it is tried again when all others are through.
        bad, ok = scripted_server.answer(502), scripted_server.answer()
        async with scripted_server(bad, *[ok] * 30, bad) as server:
            job = delivery(server.host, server.port, concurrent_requests_max=1)
            await job.forwarder.start()
            job.submit(1000)
            for _ in range(30):
                job.submit(1)
            draining = asyncio.create_task(job.forwarder.drain(within(10.0)), name="drain")
            await server.received(32)
            assert job.forwarder.stats.samples_delivered == 30
            assert job.forwarder.held == 1000
            draining.cancel()
            await asyncio.wait([draining])
            job.forwarder.close()
        assert [request.body for request in server.requests[:32]] == [
            b"1000",
            *[b"1"] * 30,
            b"1000",
        ]

    asyncio.run(story())
