import asyncio
from typing import Any

import pytest

from serverless_init.lifecycle import Drained

BREAKS = {
    "hang_up": lambda steps: steps.hang_up(),
    "reset": lambda steps: steps.reset(),
    "garbage": lambda steps: steps.raw(b"\x16\x03\x01 what?\r\n\r\n"),
    "half an answer": lambda steps: steps.raw(b"HTTP/1.1 202 A\r\nContent-Length: 9\r\n\r\n{"),
    "closed after the answer": lambda steps: steps.answer(closes=True),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_an_intake_that_breaks_connections_gets_everything_in_the_end(
    scripted_server: Any, delivery: Any, within: Any, kind: str
) -> None:
    async def story() -> None:
        ok, broken = scripted_server.answer(), BREAKS[kind](scripted_server)
        script = [ok, broken] * 10
        async with scripted_server(*script, ok) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            for _ in range(40):
                job.submit(1)
            report = await job.forwarder.drain(within(8.0))
            job.forwarder.close()
        assert report == Drained(accepted=40, passed_on=40)
        # Until the deadline everything is sent again that was not answered.
        assert len(server.requests) >= 40

    asyncio.run(story())


def test_an_idle_connection_that_was_closed_costs_no_error(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(closes=True)) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            for number in range(1, 6):
                job.submit(1)
                await server.received(number)
                while job.forwarder.held:
                    await asyncio.sleep(0)
            report = await job.forwarder.drain(within(2.0))
            job.forwarder.close()
        assert report == Drained(accepted=5, passed_on=5)
        assert job.forwarder.stats.errors == {}
        assert job.said == []
        assert server.connections == 5

    asyncio.run(story())


def test_a_broken_connection_is_counted_by_phase_and_said_once(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        broken, ok = scripted_server.hang_up(), scripted_server.answer()
        async with scripted_server(broken, broken, ok) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(1)
            await job.forwarder.drain(within(3.0))
            job.forwarder.close()
        url = f"http://127.0.0.1:{server.port}/api/v2/series"
        assert job.forwarder.stats.errors == {"read": 2}
        assert job.said == [
            f"cannot deliver to {url}, retrying: read: closed before the answer's end",
            f"delivering to {url} again",
        ]

    asyncio.run(story())


def test_a_request_that_times_out_is_tried_again(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang(), scripted_server.answer()) as server:
            job = delivery(server.host, server.port, timeout_s=0.1)
            await job.forwarder.start()
            job.submit(1)
            report = await job.forwarder.drain(within(3.0))
            job.forwarder.close()
        assert report == Drained(accepted=1, passed_on=1)
        assert job.forwarder.stats.errors == {"timeout": 1}
        assert "no answer within 0.1 s, came as far as read" in job.said[0]

    asyncio.run(story())
