"""What many contexts cost: memory of each, and packets lost while they are flushed.

Memory is that of a sampler after a window of counters with 20 tags, as the difference between
60,000 and 10,000 contexts. A name and its tags are taken as they stand in the message.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.messages import counters, mixed, write_packets
from tests.bench.programs import (
    SCRIPT,
    Program,
    build_app,
    environment,
    local_intake,
)

from serverless_init.testing import free_port

_FEW, _MANY, _TAGS, _ROUNDS = 10_000, 60_000, 20, 3
_FLUSHED, _FLUSHED_TAGS = 50_000, 10
_LOAD_S, _PACKETS_PER_S = 30, 20_000
# What the kernel's default receive buffer bears while the contexts are announced.
_ANNOUNCED_PER_S = 5_000
# A context's first sight takes longer than all later ones: none of them is left in the backlog.
_SETTLED_S = 5.0
_HELD = """
import sys
from tests.bench.messages import counters, packets
from serverless_init.sampler import SamplerOptions, TimeSampler
sampler = TimeSampler(SamplerOptions())
for packet in packets(counters(int(sys.argv[1]), int(sys.argv[2]))):
    sampler.ingest(packet, 1.7e9)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""


def measure() -> Iterator[Figure]:
    """Bytes a context; packets of 1,000 that the kernel drops across flushes."""
    text = [len(m.partition(b":")[0]) + len(m.partition(b"#")[2]) for m in counters(_FEW, _TAGS)]
    yield Figure(f"name and {_TAGS} tags", "bytes", (sum(text) / len(text),))
    held = tuple(
        (_held_kib(_MANY) - _held_kib(_FEW)) * 1024 / (_MANY - _FEW) for _ in range(_ROUNDS)
    )
    yield Figure(f"memory of a context with {_TAGS} tags", "bytes", held)
    yield Figure(
        f"dropped by the kernel in {_LOAD_S} s across flushes of {_FLUSHED:,} contexts",
        "of 1,000 packets",
        (_lost_across_flushes(),),
    )


def _held_kib(contexts: int) -> int:
    command = [sys.executable, "-c", _HELD, str(contexts), str(_TAGS)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _lost_across_flushes() -> float:
    """Counters report zeros for minutes: all contexts are in each of the flushes."""
    with tempfile.TemporaryDirectory() as folder, local_intake() as url:
        app = build_app(Path(folder))
        announced, load = Path(folder, "contexts.packets"), Path(folder, "load.packets")
        count = write_packets(announced, counters(_FLUSHED, _FLUSHED_TAGS))
        write_packets(load, mixed(52_000, 1_000))
        port = free_port()
        environ = environment(port, dd_url=url, serverless_receipt="json")
        with Program([SCRIPT, app, "wait"], environ) as program:
            time.sleep(1.0)
            for file, packets, per_s in (
                (announced, count, _ANNOUNCED_PER_S),
                (load, _LOAD_S * _PACKETS_PER_S, _PACKETS_PER_S),
            ):
                command = [app, "send", str(port), str(file), str(packets), str(per_s), "0"]
                with Program(command, environ) as sender:
                    sender.wait()
                time.sleep(_SETTLED_S)
            program.terminate()
            receipt = json.loads(program.stderr.read())
    return float(receipt["kernel_drops"] * 1000 / (count + _LOAD_S * _PACKETS_PER_S))
