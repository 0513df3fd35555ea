"""API keys that are fetched, renewed and validated, with a real intake's answers."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from serverless_init.clock import SystemClock
from serverless_init.config import ForwarderSettings, IntakeSettings
from serverless_init.errors import Undecodable
from serverless_init.forwarder import Forwarder, IntakeEndpoint, KeyState
from serverless_init.forwarder.breaker import BackoffPolicy
from serverless_init.forwarder.channel import Channel
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.http import Limits, Worker
from serverless_init.forwarder.keeper import Keeper, Rhythm
from serverless_init.forwarder.keys import LITERAL, KeySource, Place
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.lifecycle import Drained
from serverless_init.model import SERIES_V2, Payload, PayloadKind
from serverless_init.wire import HttpClient

OLD, NEW = "0" * 28 + "0old", "0" * 28 + "0new"
FROM_FILE = KeySource(Place.FILE, "/run/key")
QUICK = Rhythm(validate_after_s=0.0, fetch_pause_s=0.01, renew_file_pause_s=0.0)
UNHURRIED = Rhythm(validate_after_s=60.0, fetch_pause_s=0.01, renew_file_pause_s=0.0)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


def payload(samples: int) -> Payload:
    return Payload(PayloadKind.SERIES, SERIES_V2, b"x", "application/json", "", 1, samples)


class Kept:
    """A worker with its keeper, and what was said. `keys` are fetched one after the other."""

    def __init__(
        self, server: Any, *keys: str | Exception, key: str = "", rhythm: Rhythm = UNHURRIED
    ) -> None:
        self.said: list[tuple[str, str]] = []
        self.fetches = 0
        self.client = HttpClient()
        self.stats = ForwarderStats()
        self._keys = list(keys)
        source = FROM_FILE if keys else LITERAL
        endpoint = IntakeEndpoint("http", server.host, server.port, "", key, source)
        self.url = endpoint.url
        self.worker = Worker(
            Channel(endpoint, self.client),
            Dispatcher(
                TransactionQueue(payloads_max=9, bytes_max=999),
                policy=BackoffPolicy(),
                uniform=lambda low, _: low,
                stats=self.stats,
            ),
            limits=Limits(2, 5.0, usual=2),
            clock=SystemClock(),
            stats=self.stats,
            report=self._report,
        )
        self.keeper = Keeper(
            IntakeSettings(),
            report=self._report,
            rhythm=rhythm,
            fetch=self._fetch,
        )

    async def __aenter__(self) -> "Kept":
        self.worker.start()
        self.keeper.start((self.worker,))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.keeper.end((self.worker,))
        self.worker.close()
        self.client.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await asyncio.sleep(0.005)

    def _report(self, level: str, line: str) -> None:
        self.said.append((level, line))

    def _fetch(self, source: KeySource, settings: IntakeSettings) -> str:
        self.fetches += 1
        key = self._keys.pop(0) if len(self._keys) > 1 else self._keys[0]
        if isinstance(key, Exception):
            raise key
        return key


def used_keys(server: Any) -> list[str]:
    return [request.headers["dd-api-key"] for request in server.requests]


def test_payloads_wait_for_the_key_and_failures_are_said_once(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            gone = FileNotFoundError(2, "No such file or directory")
            async with Kept(server, gone, gone, Undecodable("it is empty"), OLD) as kept:
                assert kept.keeper.health.keys[0].state is KeyState.MISSING
                kept.worker.submit(payload(1))
                await server.received(1)
        assert used_keys(server) == [OLD]
        assert kept.fetches == 4
        failure = f"the API key for {kept.url} cannot be had from the file /run/key"
        assert kept.said == [
            ("warning", f"{failure}: No such file or directory; payloads wait for it"),
            ("warning", f"{failure}: it is empty; payloads wait for it"),
            ("info", f"the API key for {kept.url} now ends in 0old (the file /run/key)"),
        ]

    run(story())


def test_a_refused_key_is_fetched_again_and_what_waits_goes_out_with_the_new_one(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        refusal, answer = scripted_server.answer(403), scripted_server.answer()
        async with (
            scripted_server(refusal, refusal, answer) as server,
            Kept(server, OLD, NEW) as kept,
        ):
            kept.worker.submit(payload(1))
            kept.worker.submit(payload(2))
            await server.received(4)
            await kept.until(lambda: kept.stats.samples_delivered == 3)
            assert kept.keeper.health.keys[0].state is KeyState.VALID
        assert used_keys(server) == [OLD, OLD, NEW, NEW]
        assert kept.stats.samples_dropped == {}

    run(story())


def test_a_key_from_a_setting_that_is_refused_costs_its_payloads(scripted_server: Any) -> None:
    async def story() -> None:
        async with (
            scripted_server(scripted_server.answer(403)) as server,
            Kept(server, key=OLD) as kept,
        ):
            kept.worker.submit(payload(3))
            await kept.until(lambda: kept.stats.samples_dropped == {"refused_403": 3})
            assert kept.keeper.health.keys[0].state is KeyState.INVALID
            assert not kept.keeper.health.healthy

    run(story())


def test_when_it_cannot_be_fetched_again_the_last_key_stays_in_use(scripted_server: Any) -> None:
    async def story() -> None:
        refusal, answer = scripted_server.answer(403), scripted_server.answer()
        async with (
            scripted_server(refusal, answer) as server,
            Kept(server, OLD, PermissionError(13, "Permission denied")) as kept,
        ):
            kept.worker.submit(payload(1))
            await kept.until(lambda: kept.fetches == 2 and len(kept.said) == 3)
            kept.worker.wake()
            await kept.until(lambda: kept.stats.samples_delivered == 1)
        assert used_keys(server) == [OLD, OLD]
        assert kept.said[2] == (
            "warning",
            f"the API key for {kept.url} cannot be had from the file /run/key: Permission denied; "
            "the last one stays in use",
        )

    run(story())


@pytest.mark.parametrize(
    ("status", "state", "healthy", "said"),
    [
        (200, KeyState.VALID, True, None),
        (403, KeyState.INVALID, False, ("warning", "is not valid, says Datadog")),
        (500, KeyState.UNKNOWN, True, ("info", "could not be validated; it is used anyway")),
    ],
)
def test_a_key_is_validated_by_its_header(
    scripted_server: Any, status: int, state: KeyState, healthy: bool, said: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(status)) as server:
            async with Kept(server, key=OLD, rhythm=QUICK) as kept:
                await kept.until(lambda: kept.keeper.health.keys[0].state is state)
                assert kept.keeper.health.healthy is healthy
            request = server.requests[0]
            assert (request.method, request.target) == ("GET", "/api/v1/validate")
            assert request.headers["dd-api-key"] == OLD
        expected = said and (said[0], f"the API key for {kept.url} ending in 0old {said[1]}")
        assert kept.said == ([expected] if expected else [])

    run(story())


def test_the_key_of_zeros_is_valid_without_a_question(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(403)) as server:
            async with Kept(server, key="0" * 32, rhythm=QUICK) as kept:
                await kept.until(lambda: kept.keeper.health.keys[0].state is KeyState.FAKE)
            assert server.requests == []

    run(story())


def test_an_intake_that_is_not_there_says_nothing_of_the_key(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            pass
        async with Kept(server, key=OLD, rhythm=QUICK) as kept:
            await kept.until(lambda: kept.keeper.health.keys[0].state is KeyState.UNKNOWN)
            assert kept.keeper.health.healthy

    run(story())


def test_a_key_that_several_use_is_validated_once_for_all(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(403)) as server:
            first, second = Kept(server, key=OLD, rhythm=QUICK), Kept(server, key=OLD)
            other = Kept(server, key=NEW)
            workers = [kept.worker for kept in (first, second, other)]
            first.keeper.start(workers)
            while [status.state for status in first.keeper.health.keys] != [KeyState.INVALID] * 3:
                await asyncio.sleep(0.005)
            await first.keeper.end(workers)
            for kept in (first, second, other):
                kept.worker.close()
                kept.client.close()
        assert sorted(used_keys(server)) == [NEW, OLD]

    run(story())


def forwarder_with_file(server: Any, path: str) -> Forwarder:
    return Forwarder(
        ForwarderSettings(),
        clock=SystemClock(),
        endpoints=(
            IntakeEndpoint("http", server.host, server.port, "", "", KeySource(Place.FILE, path)),
        ),
        report=lambda *_: None,
    )


def test_a_drain_waits_for_the_key_and_then_delivers(scripted_server: Any, tmp_path: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder_with_file(server, str(tmp_path / "key"))
            await sink.start()
            sink.submit(payload(7))
            draining = asyncio.create_task(sink.drain(time.monotonic() + 5), name="drain")
            await asyncio.sleep(0)
            (tmp_path / "key").write_text(NEW)
            assert await draining == Drained(accepted=7, passed_on=7)
            sink.close()
        assert used_keys(server) == [NEW]

    run(story())


def test_what_the_key_does_not_come_for_is_dropped_as_such(
    scripted_server: Any, tmp_path: Any
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder_with_file(server, str(tmp_path / "none"))
            await sink.start()
            sink.submit(payload(7))
            report = await sink.drain(time.monotonic() + 0.1)
            sink.close()
        assert report == Drained(accepted=7, dropped={"no_api_key": 7})
        assert server.requests == []

    run(story())
