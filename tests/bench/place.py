"""What asking for metadata costs: the app's start and the whole run, on a simulated Cloud Run.

The variants take turns. The app's start must be the same in all of them, also when the metadata
server hangs; the run of an app that ends at once then takes longer by what a question may take.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.programs import SCRIPT, Program, build_app, environment

from serverless_init.testing import Fault, MetadataServer, free_port

_ROUNDS = 21
_CLOUD_RUN = {"K_SERVICE": "shop", "K_REVISION": "shop-1", "K_CONFIGURATION": "shop"}


def measure() -> Iterator[Figure]:
    """Milliseconds from exec to the app's first instruction, and to our end."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        app = build_app(Path(folder))
        variants: dict[str, dict[str, str]] = {"no platform": {"DD_SERVERLESS_PLATFORM": "local"}}
        for name, fault in (("answers", Fault.NONE), ("hangs", Fault.HANG)):
            server = servers.enter_context(MetadataServer(fault))
            variants[f"Cloud Run, metadata {name}"] = {**_CLOUD_RUN, **server.environment}
        starts: dict[str, list[float]] = defaultdict(list)
        ends: dict[str, list[float]] = defaultdict(list)
        for _ in range(_ROUNDS):
            for name, place in variants.items():
                start, end = _start_and_end_ms(app, place)
                starts[name].append(start)
                ends[name].append(end)
    for name, samples in starts.items():
        yield Figure(f"exec to first instruction: {name}", "ms", tuple(samples))
    for name, samples in ends.items():
        yield Figure(f"exec to our end: {name}", "ms", tuple(samples))


def _start_and_end_ms(app: str, place: dict[str, str]) -> tuple[float, float]:
    # Nothing is to be delivered, so nothing but the metadata is waited for.
    environ = environment(free_port(), dd_url="http://127.0.0.1:9") | place
    with Program([SCRIPT, app, "clock"], environ) as program:
        program.wait()
        ended_ns = time.monotonic_ns()
        first_ns = int(program.stdout.readline())
        return (first_ns - program.started_ns) / 1e6, (ended_ns - program.started_ns) / 1e6
