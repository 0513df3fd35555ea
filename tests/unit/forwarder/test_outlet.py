"""Forwarders of several signals, with one client and one keeper of keys between them."""

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from serverless_init.clock import SystemClock
from serverless_init.config import ForwarderSettings, IntakeSettings
from serverless_init.forwarder import Forwarder, IntakeEndpoint, Outlet
from serverless_init.forwarder.keys import KeySource, Place
from serverless_init.lifecycle import Drained, Lifecycle
from serverless_init.model import SERIES_V2, Payload, PayloadKind
from serverless_init.wire import HttpClient

OLD, NEW = "0" * 28 + "0old", "0" * 28 + "0new"
NAMES = ("forwarder", "logs_forwarder")


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


def payload(samples: int) -> Payload:
    return Payload(PayloadKind.SERIES, SERIES_V2, b"x", "application/json", "", 1, samples)


class Signals:
    """A forwarder for each name, and what they said."""

    def __init__(self, server: Any = None, source: KeySource | None = None) -> None:
        self.said: list[str] = []
        outlet = Outlet(HttpClient(), report=self._say, keys=IntakeSettings())
        endpoints: tuple[IntakeEndpoint, ...] = ()
        if server:
            key = "" if source else OLD
            fetched = {"key_source": source} if source else {}
            endpoints = (IntakeEndpoint("http", server.host, server.port, "", key, **fetched),)
        self.sinks = tuple(
            Forwarder(
                ForwarderSettings(),
                clock=SystemClock(),
                endpoints=endpoints,
                name=name,
                report=self._say,
                outlet=outlet,
            )
            for name in NAMES
        )

    async def __aenter__(self) -> tuple[Forwarder, ...]:
        for sink in self.sinks:
            await sink.start()
        return self.sinks

    async def __aexit__(self, *_: object) -> None:
        for sink in self.sinks:
            await sink.drain(time.monotonic())
            sink.close()

    def _say(self, level: str, text: str) -> None:
        self.said.append(text)


async def until_delivered(*sinks: Forwarder, samples: int = 1) -> None:
    while any(sink.stats.samples_delivered < samples for sink in sinks):
        await asyncio.sleep(0.005)


def used_keys(server: Any) -> list[str]:
    return [request.headers["dd-api-key"] for request in server.requests]


def test_a_key_that_is_fetched_is_fetched_once_for_all_signals(
    scripted_server: Any, tmp_path: Path
) -> None:
    async def story() -> None:
        command = f"sh -c 'echo fetched >> {tmp_path}/fetches; echo {OLD}'"
        source = KeySource(Place.COMMAND, command)
        async with (
            scripted_server(scripted_server.answer()) as server,
            Signals(server, source) as sinks,
        ):
            for sink in sinks:
                sink.submit(payload(1))
            await until_delivered(*sinks)
        assert used_keys(server) == [OLD, OLD]
        assert (tmp_path / "fetches").read_text() == "fetched\n"

    run(story())


def test_a_key_that_one_signal_finds_refused_is_renewed_for_all(
    scripted_server: Any, tmp_path: Path
) -> None:
    async def story() -> None:
        file = tmp_path / "key"
        file.write_text(OLD)
        accepting, refusing = scripted_server.answer(), scripted_server.answer(403)
        async with (
            scripted_server(accepting, refusing, accepting) as server,
            Signals(server, KeySource(Place.FILE, str(file))) as (metrics, logs),
        ):
            metrics.submit(payload(1))
            await until_delivered(metrics)
            file.write_text(NEW)
            logs.submit(payload(1))
            await until_delivered(logs)
            metrics.submit(payload(1))
            await until_delivered(metrics, samples=2)
        assert used_keys(server) == [OLD, OLD, NEW, NEW]

    run(story())


def test_signals_share_connections_and_one_that_ends_leaves_them_to_the_others(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        async with (
            scripted_server(scripted_server.answer()) as server,
            Signals(server) as (metrics, logs),
        ):
            metrics.submit(payload(1))
            assert await metrics.drain(time.monotonic() + 5) == Drained(accepted=1, passed_on=1)
            metrics.close()
            for samples in (1, 2):
                logs.submit(payload(1))
                await until_delivered(logs, samples=samples)
            assert server.connections == 1
            assert metrics.stats.connections_opened == 1
            assert logs.stats.connections_opened == 0

    run(story())


def test_that_there_is_no_key_is_said_once_for_all_signals() -> None:
    async def story() -> None:
        signals = Signals()
        async with signals as sinks:
            for sink in sinks:
                sink.submit(payload(3))
                assert sink.account() == Drained(accepted=3, dropped={"no_api_key": 3})
        assert len(signals.said) == 1
        assert signals.said[0].startswith("no API key")

    run(story())


def test_each_signal_drains_under_its_own_name(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sinks = Signals(server).sinks
            lifecycle = Lifecycle([sinks], clock=SystemClock(), observe=lambda _: None)
            await lifecycle.start()
            for samples, sink in enumerate(sinks, 1):
                sink.submit(payload(samples))
            reports = await lifecycle.drain(time.monotonic() + 5)
            lifecycle.close()
        assert reports == {
            "forwarder": Drained(accepted=1, passed_on=1),
            "logs_forwarder": Drained(accepted=2, passed_on=2),
        }

    run(story())
