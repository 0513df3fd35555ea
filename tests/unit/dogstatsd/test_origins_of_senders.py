"""Who sends over a Unix socket shows in the tags of what is sent."""

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from serverless_init.clock import SystemClock
from serverless_init.dogstatsd import DogStatsD, DogStatsDOptions
from serverless_init.model import Event, Serie, ServiceCheck
from serverless_init.reception import (
    Reception,
    bind_udp,
    bind_unix_datagram,
    bind_unix_stream,
)
from serverless_init.sampler import EnrichmentRules, SamplerOptions, TimeSampler, origin_tags
from serverless_init.testing import KnownEntities

ID = "2a25f7fc8fbf573d62053d7263dd2d440c07b6ab4d2b107e50b0d4df1f2ee15f"
KNOWN = {b"container_id://" + ID.encode(): {b"low": (b"image:shop",), b"high": (b"id:2a25",)}}
PACKET = (
    b"m:1|c|#b\nm:1|c|#b\nt:5|g|T1700000000\n_e{1,1}:a|b|#z,a,z\n_sc|up|0|#dd.internal.card:high"
)


class Taken:
    """Keeps what the server passes on."""

    def __init__(self) -> None:
        self.items: list[Event | ServiceCheck] = []
        self.series: list[Serie] = []

    def add(self, item: Event | ServiceCheck) -> None:
        self.items.append(item)

    def submit(self, serie: Serie) -> None:
        self.series.append(serie)


class Server:
    """A server with one socket of each sort, in a process whose container `proc` tells."""

    def __init__(self, folder: Path) -> None:
        self.paths = str(folder / "datagram"), str(folder / "stream")
        self.proc = folder / "proc"
        self.reception = Reception(packet_bytes_max=8192, bytes_max=65536, senders_named=True)
        self.reception.add_datagrams(bind_unix_datagram(self.paths[0], receive_buffer=0))
        self.reception.add_streams(bind_unix_stream(self.paths[1]))
        (udp,) = bind_udp("127.0.0.1", 0, receive_buffer=0)
        self.udp = udp.getsockname()
        self.reception.add_datagrams(udp)
        origin = origin_tags(
            KnownEntities(KNOWN),
            unified=False,
            opt_out=True,
            entity_id_precedence=False,
            cardinality=b"low",
        )
        self.sampler = TimeSampler(SamplerOptions(enrichment=EnrichmentRules(origin=origin)))
        self.taken = Taken()
        self.dogstatsd = DogStatsD(
            self.reception,
            sampler=self.sampler,
            out=self.taken,
            extra_tags=(),
            clock=SystemClock(),
            options=DogStatsDOptions(proc=str(self.proc)),
        )

    def in_container(self) -> None:
        folder = self.proc / str(os.getpid())
        folder.mkdir(parents=True)
        (folder / "cgroup").write_text(f"0::/docker/{ID}\n")

    def run(self) -> None:
        async def once() -> None:
            await self.dogstatsd.start()
            await self.dogstatsd.drain(SystemClock().monotonic() + 5)

        asyncio.run(once())

    def tags_of_metrics(self) -> dict[bytes, tuple[bytes, ...]]:
        flushed = self.sampler.flush(2_000_000_000.0, force=True)
        return {serie.name: serie.tags for serie in [*flushed.series, *self.taken.series]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.dogstatsd.close()


def send_datagram(server: Server, packet: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(packet, server.paths[0])


def send_frame(server: Server, packet: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(server.paths[1])
        client.sendall(struct.pack("<I", len(packet)) + packet)


@pytest.mark.parametrize("send", [send_datagram, send_frame])
def test_metrics_events_and_checks_have_the_tags_of_their_sender(
    server: Server, send: object
) -> None:
    server.in_container()
    send(server, PACKET)  # type: ignore[operator]
    server.run()
    assert server.tags_of_metrics() == {b"m": (b"b", b"image:shop"), b"t": (b"image:shop",)}
    event, check = server.taken.items
    assert event.tags == (b"a", b"image:shop", b"z")
    assert check.tags == (b"id:2a25", b"image:shop")
    assert server.dogstatsd.stats.origins_unknown == 0


def test_nobody_is_known_to_send_over_udp(server: Server) -> None:
    server.in_container()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(PACKET, server.udp)
    server.run()
    assert server.tags_of_metrics() == {b"m": (b"b",), b"t": ()}
    assert [item.tags for item in server.taken.items] == [(b"a", b"z"), ()]


def test_the_same_text_of_two_senders_is_two_contexts(server: Server) -> None:
    server.in_container()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"m:1|c", server.udp)
    send_datagram(server, b"m:1|c\nm:2|c")
    server.run()
    flushed = list(server.sampler.flush(2_000_000_000.0, force=True).series)
    assert {(serie.tags, serie.samples) for serie in flushed} == {((), 1), ((b"image:shop",), 2)}


def test_a_sender_that_cannot_be_looked_up_is_counted_and_told_and_taken(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    send_datagram(server, b"m:1|c")
    send_datagram(server, b"m:1|c")
    server.run()
    assert server.tags_of_metrics() == {b"m": ()}
    assert server.dogstatsd.stats.origins_unknown == 2
    told = [record.getMessage() for record in caplog.records]
    assert told == [f"the container of process {os.getpid()} cannot be told"]
