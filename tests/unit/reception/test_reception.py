"""Packets come off real sockets into a bounded backlog."""

import os
import select
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from serverless_init.bare import whole
from serverless_init.reception import (
    Reception,
    bind_udp,
    bind_unix_datagram,
    bind_unix_stream,
)


@pytest.fixture
def reception() -> Iterator[Reception]:
    made = Reception(packet_bytes_max=64, bytes_max=10_000)
    yield made
    made.close()


def everything(reception: Reception) -> list[bytes]:
    packets: list[bytes] = []
    while reception.receive() or len(reception):
        while taken := reception.take(3):
            packets += taken[1]
    return packets


def udp_pair(reception: Reception) -> socket.socket:
    bound = bind_udp("127.0.0.1", 0, receive_buffer=0)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(bound[0].getsockname())
    reception.add_datagrams(bound[0])
    return client


def test_datagrams_keep_their_order(reception: Reception) -> None:
    with udp_pair(reception) as client:
        for number in range(10):
            client.send(b"a:%d|c" % number)
        assert everything(reception) == [b"a:%d|c" % n for n in range(10)]
    assert reception.stats.packets == 10
    assert reception.stats.dropped == {}


def test_a_datagram_that_is_too_long_loses_its_last_line_only_and_is_counted(
    reception: Reception,
) -> None:
    with udp_pair(reception) as client:
        client.send(b"first:1|c\n" + b"x" * 100)
        client.send(b"y" * 65)
        client.send(b"z" * 64)
        assert everything(reception) == [b"first:1|c\n", b"", b"z" * 64]
    assert reception.stats.dropped == {"packet_too_long": 2}


def test_the_backlog_is_bounded_and_the_kernel_keeps_the_rest() -> None:
    reception = Reception(packet_bytes_max=64, bytes_max=300)
    with udp_pair(reception) as client:
        for number in range(10):
            client.send(b"%064d" % number)
        reception.receive()
        first = len(reception)
        assert 0 < first < 10
        assert reception.receive() is False
        assert reception.stats.backlog_full == 1
        assert everything(reception) == [b"%064d" % n for n in range(10)]
    reception.close()


def test_a_unix_datagram_socket_replaces_the_one_an_earlier_run_left(
    reception: Reception, tmp_path: Path
) -> None:
    path = str(tmp_path / "dsd.socket")
    bind_unix_datagram(path, receive_buffer=0).close()
    reception.add_datagrams(bind_unix_datagram(path, receive_buffer=65536))
    assert Path(path).stat().st_mode & 0o777 == 0o722
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(path)
        client.send(b"a:1|c")
        assert everything(reception) == [b"a:1|c"]
    reception.close()
    assert not Path(path).exists()


def test_the_socket_of_an_instance_that_has_taken_our_place_is_left_alone(
    reception: Reception, tmp_path: Path
) -> None:
    path = str(tmp_path / "dsd.socket")
    reception.add_datagrams(bind_unix_datagram(path, receive_buffer=0))
    with whole(bind_unix_datagram(path, receive_buffer=0)):
        reception.close()
        assert Path(path).exists()


def test_a_file_in_the_sockets_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(FileExistsError, match="not a socket"):
        bind_unix_stream(str(path))
    assert path.read_text() == "data"


def stream_pair(reception: Reception, tmp_path: Path) -> socket.socket:
    path = str(tmp_path / "stream.socket")
    reception.add_streams(bind_unix_stream(path))
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(path)
    return client


def frame(packet: bytes) -> bytes:
    return struct.pack("<I", len(packet)) + packet


def test_stream_frames_are_packets_however_they_are_cut(
    reception: Reception, tmp_path: Path
) -> None:
    with stream_pair(reception, tmp_path) as client:
        data = frame(b"a:1|c") + frame(b"b:2|g\nc:3|h") + frame(b"d:4|c")
        packets = []
        for position in range(len(data)):
            client.send(data[position : position + 1])
            packets += everything(reception)
        assert packets == [b"a:1|c", b"b:2|g\nc:3|h", b"d:4|c"]
    assert reception.stats.connections == 1


def test_a_connection_is_read_in_the_turn_that_accepts_it(
    reception: Reception, tmp_path: Path
) -> None:
    """A drain that found a connection and no packet took the socket for empty."""
    with stream_pair(reception, tmp_path) as client:
        client.sendall(frame(b"a:1|c"))
        assert reception.receive()
        assert len(reception) == 1


@pytest.mark.parametrize(
    ("sent", "packets", "dropped"),
    [
        (frame(b"a:1|c"), [b"a:1|c"], {}),
        (frame(b"a:1|c") + b"\x05\0", [b"a:1|c"], {"frame_cut_off": 1}),
        (frame(b"a:1|c") + frame(b"b:2|c")[:-1], [b"a:1|c"], {"frame_cut_off": 1}),
        (frame(b"a:1|c") + frame(b"x" * 65) + frame(b"b"), [b"a:1|c"], {"frame_too_long": 1}),
        (frame(b"a:1|c") + frame(b"") + frame(b"b:2|c"), [b"a:1|c"], {}),
    ],
    ids=["clean end", "cut in a length", "cut in a packet", "too long", "length zero ends it"],
)
def test_the_end_of_a_stream(
    reception: Reception, tmp_path: Path, sent: bytes, packets: list[bytes], dropped: dict[str, int]
) -> None:
    with stream_pair(reception, tmp_path) as client:
        client.sendall(sent)
        got = everything(reception)
    assert got + everything(reception) == packets
    assert reception.stats.dropped == dropped


def test_one_descriptor_tells_of_every_socket(reception: Reception, tmp_path: Path) -> None:
    with udp_pair(reception) as udp, stream_pair(reception, tmp_path) as stream:
        everything(reception)
        assert select.select([reception], [], [], 0)[0] == []
        udp.send(b"a")
        assert select.select([reception], [], [], 1)[0] == [reception]
        assert everything(reception) == [b"a"]
        stream.send(frame(b"b"))
        assert select.select([reception], [], [], 1)[0] == [reception]
        assert everything(reception) == [b"b"]


def test_arrivals_are_read_while_the_main_thread_is_busy(reception: Reception) -> None:
    """10,000 datagrams sent while the rest of the program is imported were lost to the kernel."""
    former = signal.signal(signal.SIGIO, lambda *_: reception.receive())
    try:
        with udp_pair(reception) as client:
            reception.signal_arrivals(True)
            client.send(b"while busy")
            while not len(reception):
                sum(range(100))
            reception.signal_arrivals(False)
            client.send(b"afterwards")
            assert len(reception) == 1
            assert everything(reception) == [b"while busy", b"afterwards"]
    finally:
        signal.signal(signal.SIGIO, former)


def test_the_kernels_own_drops_are_told(reception: Reception) -> None:
    bound = bind_udp("127.0.0.1", 0, receive_buffer=2304)[0]
    reception.add_datagrams(bound)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(bound.getsockname())
        for _ in range(100):
            client.send(b"x" * 60)
        received = len(everything(reception))
    assert 0 < received < 100
    assert reception.kernel_drops() == 100 - received


def test_a_closed_reception_still_gives_what_it_holds(reception: Reception) -> None:
    with udp_pair(reception) as client:
        client.send(b"a:1|c")
        select.select([reception], [], [], 1)
        reception.receive()
    reception.close()
    assert reception.take(10) is not None
    assert os.path.exists("/proc/self/fd")


def test_localhost_listens_on_both_loopback_addresses_where_there_are_two() -> None:
    bound = bind_udp("localhost", 0, receive_buffer=0)
    families = [sock.family for sock in bound]
    assert len({sock.getsockname()[1] for sock in bound}) == 1
    for sock in bound:
        sock.close()
    assert families[0] == socket.AF_INET
    assert families[1:] in ([], [socket.AF_INET6])


def test_a_datagram_without_an_end_loses_its_last_line_where_the_end_is_required(
    reception: Reception,
) -> None:
    (bound,) = bind_udp("127.0.0.1", 0, receive_buffer=0)
    reception.add_datagrams(bound, eol_required=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(bound.getsockname())
        for packet in (b"a:1|c\nb:1|c", b"a:1|c\n", b"c:1|c", b""):
            client.send(packet)
        assert everything(reception) == [b"a:1|c\n", b"a:1|c\n", b"", b""]
    assert reception.stats.dropped == {"unterminated": 2}


def test_the_udp_ports_that_are_read_are_known(reception: Reception, tmp_path: Path) -> None:
    with udp_pair(reception) as client:
        reception.add_datagrams(bind_unix_datagram(str(tmp_path / "s"), receive_buffer=0))
        assert reception.udp_ports() == {client.getpeername()[1]}


@pytest.fixture
def named(tmp_path: Path) -> Iterator[tuple[Reception, str, str]]:
    made = Reception(packet_bytes_max=64, bytes_max=10_000, senders_named=True)
    datagram, stream = str(tmp_path / "d"), str(tmp_path / "s")
    made.add_datagrams(bind_unix_datagram(datagram, receive_buffer=0))
    made.add_streams(bind_unix_stream(stream), eol_required=True)
    yield made, datagram, stream
    made.close()


def test_a_packet_from_a_unix_socket_tells_who_sent_it(named: tuple[Reception, str, str]) -> None:
    reception, datagram, stream = named
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other,
    ):
        one.connect(datagram)
        one.send(b"a:1|c\n" + b"x" * 100)
        other.connect(stream)
        frame = b"b:1|c\nunterminated"
        other.send(struct.pack("<I", len(frame)) + frame)
        packets = sorted(everything(reception))
    assert packets == [b"a:1|c\n", b"b:1|c\n"]
    assert [packet.pid for packet in packets] == [os.getpid()] * 2  # type: ignore[attr-defined]
