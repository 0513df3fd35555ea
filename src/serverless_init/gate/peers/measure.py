"""One run of one program: idle, under an even load, under more than it can take.

Everyone has the time to flush after each load, and its cost is counted: all of them flush every ten
seconds by their own defaults.
"""

import os
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from serverless_init.gate.peers.load import MESSAGES_PER_PACKET, Load, load_of
from serverless_init.gate.peers.mix import lines_at, outcome
from serverless_init.gate.peers.process import Running, udp_drops
from serverless_init.gate.peers.sinks import Sink, free_port
from serverless_init.gate.peers.targets import Place, Target
from serverless_init.gate.programs import ask

_SENDER = "serverless_init.gate.peers.sender"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of each load and of each wait, and packets a second of the even load."""

    even_s: float = 10.0
    flood_s: float = 3.0
    packets_per_s: int = 20_000
    idle_s: float = 2.0
    flush_s: float = 12.0


@dataclass(frozen=True, slots=True)
class Run:
    """What one run has shown. Shares are of what was sent."""

    cpu_ns_per_message: float
    idle_pss: int
    idle_rss: int
    flooded_pss: int
    flooded_rss: int
    even_kernel_drops: float
    even_delivered: float
    flood_kernel_drops: float
    flood_messages_per_s: float
    mix: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Sent:
    """How a load went: packets, seconds, and the share that the kernel dropped."""

    load: Load
    packets: int
    seconds: float
    kernel_drops: float

    def share(self, delivered: Mapping[str, float], phase: str) -> float:
        """Of the counters' sum, how much has arrived."""
        prefix = f"{phase}.c"
        arrived = sum(value for name, value in delivered.items() if name.startswith(prefix))
        return arrived / self.load.counted(self.packets)


def run_once(target: Target, pace: Pace, folder: str) -> Run:
    """Start it, send, wait, end it. Raises `CannotMeasure` when it does not start."""
    with target.sink(folder) as sink:
        place = Place(folder, free_port(socket.SOCK_DGRAM), sink.port)
        invocation = target.invocation(place)
        for name, text in invocation.files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        log = os.path.join(folder, "log")
        with Running(invocation.command, invocation.environ, folder, log) as running:
            running.wait_until(lambda: udp_drops(place.port) is not None)
            return _measure(running, target, pace, place, sink)


def _measure(running: Running, target: Target, pace: Pace, place: Place, sink: Sink) -> Run:
    time.sleep(pace.idle_s)
    idle = running.memory_bytes()
    _send_mix(place.port)
    before = running.cpu_s()
    even = _send(target.dialect, "even", place, pace.packets_per_s, pace.even_s)
    time.sleep(pace.flush_s)
    cpu_s = running.cpu_s() - before
    flood = _send(target.dialect, "flood", place, 0, pace.flood_s)
    flooded = running.memory_bytes()
    time.sleep(pace.flush_s)
    running.end()
    delivered = sink.delivered()
    even_share, flood_share = even.share(delivered, "even"), flood.share(delivered, "flood")
    messages = even.packets * MESSAGES_PER_PACKET * even_share
    return Run(
        cpu_ns_per_message=cpu_s * 1e9 / messages if messages else 0.0,
        idle_pss=idle[0],
        idle_rss=idle[1],
        flooded_pss=flooded[0],
        flooded_rss=flooded[1],
        even_kernel_drops=even.kernel_drops,
        even_delivered=even_share,
        flood_kernel_drops=flood.kernel_drops,
        flood_messages_per_s=flood.packets * MESSAGES_PER_PACKET * flood_share / flood.seconds,
        mix=outcome(delivered),
    )


def _send(dialect: str, phase: str, place: Place, packets_per_s: int, seconds: float) -> _Sent:
    load = load_of(dialect, phase)
    path = os.path.join(place.folder, f"{phase}.packets")
    with open(path, "wb") as file:
        file.write(load.as_file())
    dropped = udp_drops(place.port) or 0
    words = (str(place.port), path, str(packets_per_s), str(seconds))
    packets, took = ask([sys.executable, "-m", _SENDER, *words], place.folder).split()
    dropped = (udp_drops(place.port) or 0) - dropped
    return _Sent(load, int(packets), float(took), dropped / int(packets))


def _send_mix(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for line in lines_at(int(time.time())):
            client.sendto(line, ("127.0.0.1", port))
