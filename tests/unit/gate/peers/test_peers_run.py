"""One measured run: of ourselves, and of programs that do not do as they should."""

import re
import socket
import sys
from pathlib import Path

import pytest

from serverless_init.gate.peers.load import PLAIN, TAGGED
from serverless_init.gate.peers.measure import Pace, run_once
from serverless_init.gate.peers.process import Running, udp_drops
from serverless_init.gate.peers.sinks import GraphiteSink, IntakeSink, Rule, free_port
from serverless_init.gate.peers.targets import Invocation, Place, Target, ours
from serverless_init.gate.programs import CannotMeasure

PACE = Pace(even_s=0.3, flood_s=0.05, packets_per_s=1_000, idle_s=0.1, flush_s=0.5)
RULES = (Rule(re.compile(r"(?P<name>.*)"), summed=True),)
# Takes every counter at its word, and delivers each at once.
PEER = """
import socket, sys
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", int(sys.argv[1])))
sink = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
while True:
    for line in receiver.recv(65536).decode().splitlines():
        name, _, rest = line.partition(":")
        value, _, kind = rest.partition("|")
        if kind[:1] == "c" and value.isdigit():
            sink.sendall(f"{name} {value} 1\\n".encode())
"""


def peer(code: str) -> Target:
    def invocation(place: Place) -> Invocation:
        ports = (str(place.port), str(place.sink_port))
        command = (sys.executable, f"{place.folder}/peer.py", *ports)
        return Invocation(command, files={"peer.py": code})

    return Target("peer", "1", PLAIN, lambda _: GraphiteSink(RULES), invocation)


@pytest.mark.parametrize("dialect", [TAGGED, PLAIN])
def test_of_an_even_load_that_is_light_we_deliver_all(dialect: str, tmp_path: Path) -> None:
    run = run_once(ours(dialect), PACE, str(tmp_path))
    assert run.even_delivered == 1.0
    assert run.even_kernel_drops == 0.0
    assert run.cpu_ns_per_message > 0
    assert 1 << 20 < run.idle_pss <= run.idle_rss
    assert run.flood_messages_per_s > 0
    assert [title for title, told in run.mix.items() if told == "-"] == []
    assert run.mix["counter with the values 1, 2, 3"] == "6"


def test_a_peer_is_measured_by_what_it_delivers_to_graphite(tmp_path: Path) -> None:
    run = run_once(peer(PEER), PACE, str(tmp_path))
    assert run.even_delivered == 1.0
    came = {title for title, told in run.mix.items() if told != "-"}
    assert came == {
        "counter of 4", "counter of 1 at a sample rate of 0.5", "counter of 4 with a tag",
    }  # fmt: skip


def test_a_peer_that_loses_half_is_told(tmp_path: Path) -> None:
    half = PEER.replace("{value} 1", "{int(value) / 2} 1")
    run = run_once(peer(half), PACE, str(tmp_path))
    assert run.even_delivered == 0.5
    assert run.mix["counter of 4"] == "2"


def test_a_peer_that_does_not_start_says_why(tmp_path: Path) -> None:
    broken = "import sys; sys.exit('no licence')"
    with pytest.raises(CannotMeasure, match="does not listen: no licence"):
        run_once(peer(broken), PACE, str(tmp_path))


def test_a_peer_that_dies_under_load_cannot_be_measured(tmp_path: Path) -> None:
    dies = PEER.replace("while True:", "for _ in range(50):")
    with pytest.raises(CannotMeasure, match="refused"):
        run_once(peer(dies), PACE, str(tmp_path))


def test_a_binary_of_another_machine_cannot_be_measured(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF of something else")
    binary.chmod(0o755)
    with pytest.raises(CannotMeasure, match="binary: Exec format error"):
        Running([str(binary)], {}, str(tmp_path), str(tmp_path / "log")).__enter__()


def test_what_the_kernel_drops_at_a_port_is_counted() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        port = receiver.getsockname()[1]
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        assert udp_drops(port) == 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for _ in range(100):
                client.sendto(bytes(1_000), ("127.0.0.1", port))
        receiver.setblocking(False)
        received = 0
        while drained(receiver):
            received += 1
        assert udp_drops(port) == 100 - received
    assert udp_drops(port) is None


def test_a_program_ends_with_the_block(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    code = f"import socket; s = socket.socket(type=2); s.bind(('127.0.0.1', {port})); s.recv(1)"
    command = [sys.executable, "-c", code]
    with Running(command, {}, str(tmp_path), str(tmp_path / "log")) as running:
        running.wait_until(lambda: udp_drops(port) is not None)
        assert running.cpu_s() >= 0.0
    assert udp_drops(port) is None


def test_the_intake_as_a_sink_tells_events_and_checks(tmp_path: Path) -> None:
    with IntakeSink(str(tmp_path)) as sink:
        assert sink.delivered() == {"events": 0, "checks": 0}


def drained(receiver: socket.socket) -> bool:
    try:
        return bool(receiver.recv(2_000))
    except BlockingIOError:
        return False
