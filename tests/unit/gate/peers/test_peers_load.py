"""What is sent to the peers."""

import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from serverless_init.gate.peers.load import PACKET_BYTES, PLAIN, TAGGED, load_of, read_packets

DIALECTS = pytest.mark.parametrize("dialect", [TAGGED, PLAIN])
VALUE = {TAGGED: re.compile(rb"even\.c:(\d)\|c\|#"), PLAIN: re.compile(rb"even\.c\..*:(\d)\|c$")}


@DIALECTS
def test_each_packet_has_thirteen_messages_and_all_have_the_same_size(dialect: str) -> None:
    packets = load_of(dialect, "even").packets
    assert {packet.count(b"\n") for packet in packets} == {12}
    assert {len(packet) for packet in packets} == {PACKET_BYTES}
    assert PACKET_BYTES == 1_429


@DIALECTS
def test_a_load_is_the_same_whenever_it_is_made(dialect: str) -> None:
    assert load_of(dialect, "even") == load_of(dialect, "even")


@DIALECTS
def test_a_load_has_a_thousand_contexts_each_as_often(dialect: str) -> None:
    lines = b"\n".join(load_of(dialect, "even").packets).split(b"\n")
    contexts = Counter(re.sub(rb":\d\|", b"|", line) for line in lines)
    assert len(contexts) == 1_000
    assert set(contexts.values()) == {13}


@DIALECTS
def test_what_was_sent_in_counters_is_known_for_any_number_of_packets(dialect: str) -> None:
    load = load_of(dialect, "even")
    sent = (load.packets * 2)[:1_234]
    lines = [line for packet in sent for line in packet.split(b"\n")]
    expected = sum(int(found[1]) for line in lines if (found := VALUE[dialect].search(line)))
    assert load.counted(1_234) == expected
    assert load.counted(0) == 0


def test_packets_survive_the_file() -> None:
    load = load_of(TAGGED, "even")
    assert tuple(read_packets(load.as_file())) == load.packets


@pytest.mark.parametrize(("rate", "least", "most"), [(500, 100, 100), (0, 500, 10_000_000)])
def test_the_sender_sends_what_it_says(tmp_path: Path, rate: int, least: int, most: int) -> None:
    load = load_of(PLAIN, "even")
    (tmp_path / "packets").write_bytes(load.as_file())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        words = [str(receiver.getsockname()[1]), str(tmp_path / "packets"), str(rate), "0.2"]
        sender = [sys.executable, "-m", "serverless_init.gate.peers.sender", *words]
        with subprocess.Popen(sender, stdout=subprocess.PIPE, text=True) as running:
            first = [receiver.recv(65_536) for _ in range(40)]
            assert running.stdout is not None
            sent, took = running.stdout.read().split()
    assert first == list(load.packets[:40])
    assert least <= int(sent) <= most
    assert float(took) >= 0.19
