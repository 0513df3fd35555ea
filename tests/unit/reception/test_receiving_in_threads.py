"""A thread reads datagrams while Python is busy; nothing is lost on the way back."""

import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serverless_init.reception import Reception, bind_udp, bind_unix_datagram

# More than the kernel keeps of any size before a sender has to wait.
_MANY = 20_000


@pytest.fixture
def reception() -> Iterator[Reception]:
    made = Reception(packet_bytes_max=64, bytes_max=10_000_000)
    yield made
    made.close()


@pytest.fixture
def client(reception: Reception) -> Iterator[socket.socket]:
    (bound,) = bind_udp("127.0.0.1", 0, receive_buffer=0)
    reception.add_datagrams(bound)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.connect(bound.getsockname())
        yield made


def taken(reception: Reception, count: int) -> list[bytes]:
    """`count` packets as an event loop gets them: told by the descriptor."""
    packets: list[bytes] = []
    while len(packets) < count:
        assert select.select([reception], [], [], 10.0)[0], f"only {len(packets)} packets came"
        reception.receive()
        while portion := reception.take(64):
            packets += portion[1]
    return packets


def test_datagrams_keep_their_order(reception: Reception, client: socket.socket) -> None:
    reception.receive_in_threads(True)
    sent = [b"a:%d|c" % number for number in range(100)]
    for datagram in sent:
        client.send(datagram)
    assert taken(reception, 100) == sent
    assert (reception.stats.packets, reception.stats.bytes) == (100, sum(map(len, sent)))
    assert len(reception) == 0


def test_a_sender_need_not_wait_until_python_looks(reception: Reception, tmp_path: Path) -> None:
    path = str(tmp_path / "dsd.sock")
    reception.add_datagrams(bind_unix_datagram(path, receive_buffer=0))
    reception.receive_in_threads(True)
    sent = [b"%d" % number for number in range(_MANY)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(10.0)
        client.connect(path)
        for datagram in sent:
            client.send(datagram)
    assert taken(reception, _MANY) == sent


def test_a_datagram_that_is_too_long_is_cut_and_counted(
    reception: Reception, client: socket.socket
) -> None:
    reception.receive_in_threads(True)
    for datagram in (b"first:1|c\n" + b"x" * 100, b"y" * 65, b"", b"z" * 64):
        client.send(datagram)
    assert taken(reception, 4) == [b"first:1|c\n", b"", b"", b"z" * 64]
    assert reception.stats.dropped == {"packet_too_long": 2}


def test_a_last_line_without_an_end_is_dropped_where_the_end_is_required(
    reception: Reception, tmp_path: Path
) -> None:
    path = str(tmp_path / "dsd.sock")
    reception.add_datagrams(bind_unix_datagram(path, receive_buffer=0), eol_required=True)
    reception.receive_in_threads(True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(path)
        client.send(b"a:1|c\nb:2|c")
        client.send(b"c:3|c\n")
    assert taken(reception, 2) == [b"a:1|c\n", b"c:3|c\n"]
    assert reception.stats.dropped == {"unterminated": 1}


def test_what_the_threads_have_read_is_taken_over_when_they_end(
    reception: Reception, client: socket.socket
) -> None:
    reception.receive_in_threads(True)
    client.send(b"by the thread:1|c")
    while not len(reception):
        time.sleep(0.001)
    reception.receive_in_threads(False)
    client.send(b"directly:1|c")
    assert taken(reception, 2) == [b"by the thread:1|c", b"directly:1|c"]


def test_no_more_waits_than_has_room_and_the_rest_comes_later(client: socket.socket) -> None:
    small = Reception(packet_bytes_max=64, bytes_max=3_000)
    (bound,) = bind_udp("127.0.0.1", 0, receive_buffer=0)
    small.add_datagrams(bound)
    small.receive_in_threads(True)
    client.connect(bound.getsockname())
    for number in range(100):
        client.send(b"%060d" % number)
    while not small.stats.backlog_full:
        small.receive()
    # One batch more than there is room for, in the store and in the backlog.
    assert len(small) < 100
    assert taken(small, 100) == [b"%060d" % number for number in range(100)]
    assert small.kernel_drops() == 0
    small.close()
