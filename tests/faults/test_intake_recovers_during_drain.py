import asyncio
import socket
import time
from typing import Any

from serverless_init.lifecycle import Drained


def test_a_job_survives_two_errors_and_a_slow_answer_within_two_seconds(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        bad, slow = scripted_server.answer(500), scripted_server.answer(after_s=0.2)
        async with scripted_server(bad, bad, slow, scripted_server.answer()) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(7)
            began = time.monotonic()
            report = await job.forwarder.drain(within(2.0))
            assert time.monotonic() - began < 1.0
            job.forwarder.close()
        assert report == Drained(accepted=7, passed_on=7)
        assert [request.body for request in server.requests] == [b"7", b"7", b"7"]

    asyncio.run(story())


def test_an_intake_that_comes_up_during_the_drain_gets_everything(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
        job = delivery("127.0.0.1", port)
        await job.forwarder.start()
        for _ in range(30):
            job.submit(1)
        draining = asyncio.create_task(job.forwarder.drain(within(5.0)), name="drain")
        await asyncio.wait([draining], timeout=0.3)
        received = 0

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal received
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(1)
            received += 1
            writer.write(b"HTTP/1.1 202 A\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(accept, "127.0.0.1", port):
            report = await draining
        job.forwarder.close()
        assert report == Drained(accepted=30, passed_on=30)
        assert received == 30
        assert job.forwarder.stats.errors["connect"] >= 10

    asyncio.run(story())


def test_what_had_failed_before_is_sent_at_the_end(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        bad, ok = scripted_server.answer(503), scripted_server.answer()
        async with scripted_server(bad, ok) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(1)
            while not job.forwarder.stats.http_errors:
                await asyncio.sleep(0)
            job.submit(2)
            assert job.forwarder.held == 3
            began = time.monotonic()
            report = await job.forwarder.drain(within(2.0))
            assert time.monotonic() - began < 0.2  # and not the backoff of 2 to 4 s
            job.forwarder.close()
        assert report == Drained(accepted=3, passed_on=3)

    asyncio.run(story())


def test_an_intake_that_never_recovers_is_asked_gently_until_the_deadline(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(500)) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            for _ in range(50):
                job.submit(1)
            report = await job.forwarder.drain(within(1.0))
            job.forwarder.close()
        # A slotful may be in flight when the deadline comes: sent in full, it is unconfirmed.
        assert (report.accepted, report.passed_on, report.held, report.late) == (50, 0, 0, True)
        assert report.dropped.get("unconfirmed", 0) in (0, 10)
        assert report.dropped["deadline"] + report.dropped.get("unconfirmed", 0) == 50
        # At most a slotful in each of the waits of 50-100, 100-200, 200-400, 400-800 ms.
        assert 20 <= len(server.requests) <= 60

    asyncio.run(story())
