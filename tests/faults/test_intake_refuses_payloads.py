import asyncio
from typing import Any

import pytest

from serverless_init.lifecycle import Drained


@pytest.mark.parametrize("status", [400, 413])
def test_a_refused_payload_is_dropped_once_and_the_next_is_sent(
    scripted_server: Any, delivery: Any, within: Any, status: int
) -> None:
    async def story() -> None:
        no, ok = scripted_server.answer(status, b"bad payload"), scripted_server.answer()
        async with scripted_server(no, ok) as server:
            job = delivery(server.host, server.port, concurrent_requests_max=1)
            await job.forwarder.start()
            job.submit(3)
            job.submit(4)
            report = await job.forwarder.drain(within(2.0))
            job.forwarder.close()
        dropped = {f"refused_{status}": 3}
        assert report == Drained(accepted=7, passed_on=4, dropped=dropped)
        assert [request.body for request in server.requests] == [b"3", b"4"]
        assert job.forwarder.stats.http_errors == {status: 1}
        assert job.said == [
            f"http://127.0.0.1:{server.port}/api/v2/series: a payload is dropped: "
            f"status {status}: bad payload"
        ]

    asyncio.run(story())


def test_a_body_refused_while_it_is_sent_is_dropped_for_the_intakes_reason(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer_early(413)) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(1, bytes(20_000_000))
            report = await job.forwarder.drain(within(2.0))
            job.forwarder.close()
        assert report.dropped == {"refused_413": 1}

    asyncio.run(story())


def test_a_refused_key_is_said_once_without_the_key(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(403)) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            for _ in range(20):
                job.submit(1)
            report = await job.forwarder.drain(within(2.0))
            job.forwarder.close()
        assert report == Drained(accepted=20, dropped={"refused_403": 20})
        (line,) = job.said
        assert "refuses the API key ending in cdef (403)" in line
        assert "0123456789" not in line
        assert len(server.requests) == 20

    asyncio.run(story())


@pytest.mark.parametrize("status", [302, 401, 402, 404, 408, 429, 500, 503])
def test_any_other_refusal_is_tried_again(
    scripted_server: Any, delivery: Any, within: Any, status: int
) -> None:
    async def story() -> None:
        no, ok = scripted_server.answer(status), scripted_server.answer()
        async with scripted_server(no, ok) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(3)
            report = await job.forwarder.drain(within(2.0))
            job.forwarder.close()
        assert report == Drained(accepted=3, passed_on=3)
        assert job.forwarder.stats.http_errors == {status: 1}

    asyncio.run(story())
