"""Packets are passed on over UDP, or counted, and never waited for."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from serverless_init.wire import Relay


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


def relay_to(sock: socket.socket, said: list[str], *, own: bool = False) -> Relay:
    port = sock.getsockname()[1]
    return Relay("127.0.0.1", port, own_ports={port} if own else set(), report=said.append)


async def connected(relay: Relay) -> None:
    relay.send(b"first:1|c")
    await relay.start()
    await relay.drain(5)


def test_a_packet_that_came_before_the_name_was_looked_up_is_sent_too(
    receiver: socket.socket,
) -> None:
    async def run() -> None:
        relay = relay_to(receiver, [])
        await connected(relay)
        relay.send(b"second:1|c")
        relay.close()
        assert (relay.stats.packets_sent, relay.stats.failures) == (2, {})

    asyncio.run(run())
    assert [receiver.recv(100), receiver.recv(100)] == [b"first:1|c", b"second:1|c"]


def test_our_own_port_is_refused_because_packets_would_come_back_for_ever(
    receiver: socket.socket,
) -> None:
    said: list[str] = []

    async def run() -> None:
        relay = relay_to(receiver, said, own=True)
        await connected(relay)
        relay.send(b"second:1|c")
        relay.close()
        assert (relay.stats.packets_sent, relay.stats.failures) == (0, {"own_port": 2})

    asyncio.run(run())
    assert len(said) == 1
    assert said[0].endswith("is our own port")


def test_nobody_listening_is_counted_and_the_next_packet_is_sent_all_the_same(
    receiver: socket.socket,
) -> None:
    async def run() -> None:
        relay = relay_to(receiver, [])
        await connected(relay)
        assert receiver.recv(100) == b"first:1|c"
        port = receiver.getsockname()[1]
        receiver.close()
        relay.send(b"lost:1|c")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(("127.0.0.1", port))
            again.settimeout(5)
            relay.send(b"third:1|c")
            assert again.recv(100) == b"third:1|c"
        relay.close()
        assert relay.stats.failures == {"refused": 1}

    asyncio.run(run())


def test_a_packet_that_udp_cannot_carry_is_counted(receiver: socket.socket) -> None:
    async def run() -> None:
        relay = relay_to(receiver, [])
        await connected(relay)
        relay.send(b"x" * 100_000)
        relay.close()
        assert relay.stats.failures == {"error": 1}

    asyncio.run(run())


def test_what_waits_for_a_name_is_bounded_and_counted_when_it_never_comes() -> None:
    said: list[str] = []

    async def run() -> None:
        relay = Relay("name.invalid", 1, own_ports=(), report=said.append)
        for _ in range(17):
            relay.send(b"x" * 65_536)
        await relay.start()
        await relay.drain(0.01)
        relay.close()
        assert relay.stats.failures == {"waiting_max": 1, "unresolved": 16}

    asyncio.run(run())


def test_a_text_that_is_no_name_is_said_once() -> None:
    said: list[str] = []

    async def run() -> None:
        relay = Relay("no..name", 1, own_ports=(), report=said.append)
        await relay.start()
        async with asyncio.timeout(10):
            while not said:
                await asyncio.sleep(0.01)
        relay.close()

    asyncio.run(run())
    assert said == ["packets are not passed on to no..name: not a host's name"]
