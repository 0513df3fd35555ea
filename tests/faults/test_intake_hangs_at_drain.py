import asyncio
import gc
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from serverless_init.lifecycle import Drained
from serverless_init.wire import HttpClient

# The lifecycle cuts a component off this much after its deadline; measured overruns are about 1 ms.
CUT_OFF_S = 0.1

EXIT_WITH_A_LOOKUP_HANGING = """
import asyncio, time
from serverless_init.errors import IntakeUnreachable
from serverless_init.wire import ClientRequest, HttpClient, Origin

async def main():
    client = HttpClient(lookup=lambda host, port: time.sleep(60))
    try:
        await client.send(ClientRequest(Origin("http", "a", 80), "GET", "/"), timeout_s=0.05)
    except IntakeUnreachable as error:
        print(error.phase)

asyncio.run(main())
"""


def test_what_was_sent_and_not_answered_is_unconfirmed_and_the_rest_late(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            job = delivery(server.host, server.port, concurrent_requests_max=3)
            await job.forwarder.start()
            for _ in range(100):
                job.submit(1)
            await server.received(3)
            deadline = within(0.3)
            report = await job.forwarder.drain(deadline)
            assert -0.001 < time.monotonic() - deadline < CUT_OFF_S
            job.forwarder.close()
        dropped = {"unconfirmed": 3, "deadline": 97}
        assert report == Drained(accepted=100, dropped=dropped, late=True)

    asyncio.run(story())


def test_what_the_intake_did_not_read_is_not_unconfirmed(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang_unread()) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(1, bytes(20_000_000))
            report = await job.forwarder.drain(within(0.3))
            job.forwarder.close()
        assert report == Drained(accepted=1, dropped={"deadline": 1}, late=True)

    asyncio.run(story())


def test_a_name_lookup_that_hangs_does_not_move_the_deadline(delivery: Any, within: Any) -> None:
    released = threading.Event()

    def lookup(host: str, port: int) -> list[Any]:
        released.wait(10)
        return []

    async def story() -> None:
        job = delivery("intake.test", 80, client=HttpClient(lookup=lookup))
        await job.forwarder.start()
        job.submit(5)
        deadline = within(0.2)
        report = await job.forwarder.drain(deadline)
        assert -0.001 < time.monotonic() - deadline < CUT_OFF_S
        job.forwarder.close()
        assert report == Drained(accepted=5, dropped={"deadline": 5}, late=True)

    asyncio.run(story())
    released.set()


def test_a_name_lookup_that_hangs_does_not_hold_up_the_exit() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXIT_WITH_A_LOOKUP_HANGING],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("timeout\n", "", 0)


@pytest.mark.parametrize("tls", [False, True])
def test_an_intake_that_accepts_and_stays_silent_does_not_move_the_deadline(
    delivery: Any, within: Any, tls: bool
) -> None:
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            job = delivery("127.0.0.1", port, skip_tls_validation=tls)
            await job.forwarder.start()
            job.submit(5)
            deadline = within(0.3)
            report = await job.forwarder.drain(deadline)
            assert -0.001 < time.monotonic() - deadline < CUT_OFF_S
            job.forwarder.close()
        dropped = {"deadline" if tls else "unconfirmed": 5}
        assert report == Drained(accepted=5, dropped=dropped, late=True)

    asyncio.run(story())
    gc.collect()


def test_an_intake_that_swallows_connections_does_not_move_the_deadline(
    delivery: Any, within: Any
) -> None:
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            address = full.getsockname()
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(address)
            job = delivery(*address)
            await job.forwarder.start()
            job.submit(5)
            deadline = within(0.2)
            report = await job.forwarder.drain(deadline)
            assert -0.001 < time.monotonic() - deadline < CUT_OFF_S
            job.forwarder.close()
            for filler in fillers:
                filler.close()
        assert report == Drained(accepted=5, dropped={"deadline": 5}, late=True)

    asyncio.run(story())


def test_a_deadline_that_has_passed_ends_the_drain_at_once(
    scripted_server: Any, delivery: Any, within: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            job = delivery(server.host, server.port)
            await job.forwarder.start()
            job.submit(5)
            began = time.monotonic()
            report = await job.forwarder.drain(within(-1.0))
            assert time.monotonic() - began < 0.05
            job.forwarder.close()
        assert (report.held, report.late, report.balanced) == (0, True, True)

    asyncio.run(story())
