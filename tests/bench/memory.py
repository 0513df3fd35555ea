"""What an idle serverless-init holds in memory.

PSS divides a page among all processes that have it mapped. The interpreter's own pages are shared
with the benchmark itself and whatever else of this interpreter runs here, which in a container
nothing does; so the RSS, which counts them in full, is given too.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.programs import (
    PYTHON,
    SCRIPT,
    Program,
    build_app,
    environment,
)

from serverless_init.testing import free_port

_ROUNDS = 5
_IDLE_AFTER_S = 3.0
_MIB = 1 << 20
_IDLE = "import signal; signal.pause()"


def measure() -> Iterator[Figure]:
    """MiB of an idle process, 3 s after its start. One process runs at a time."""
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Path(folder))
        sockets = {
            "dogstatsd_socket": f"{folder}/dsd.sock",
            "dogstatsd_stream_socket": f"{folder}/stream.sock",
        }
        variants: dict[str, tuple[list[str], dict[str, str]]] = {
            "bare interpreter": ([PYTHON, "-c", _IDLE], {}),
            "serverless-init": ([SCRIPT, app, "wait"], {}),
            "serverless-init, all sockets": ([SCRIPT, app, "wait"], sockets),
            "serverless-init --local": ([SCRIPT, "--local", app, "wait"], {}),
        }
        pss, rss = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
        for _ in range(_ROUNDS):
            for name, (command, settings) in variants.items():
                with Program(command, environment(free_port(), **settings)) as program:
                    time.sleep(_IDLE_AFTER_S)
                    for samples, held in zip((pss, rss), program.memory_bytes(), strict=True):
                        samples[name].append(held / _MIB)
    for kind, by_name in (("PSS", pss), ("RSS", rss)):
        for name, samples_of_one in by_name.items():
            yield Figure(name, f"MiB {kind}", tuple(samples_of_one))
