"""How long we are still there after the app's end, with a healthy intake, everything delivered.

The local intake, a process of its own, decodes each payload before it answers and so takes most of
the time; with an intake that answers at once, what is left is ours.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.messages import counters, write_packets
from tests.bench.programs import (
    SCRIPT,
    Program,
    build_app,
    environment,
    instant_intake,
    local_intake,
)

from serverless_init.testing import free_port

_ROUNDS = 15
_PACKETS_PER_S = 5_000
# Before the app sends, until everything is imported; and after it, until everything is ingested.
_PAUSE_MS = 500
_CONTEXTS = (0, 1_000, 10_000)
_INTAKES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "local intake": local_intake,
    "instant intake": instant_intake,
}


def measure() -> Iterator[Figure]:
    """Milliseconds from the app's last instruction to our end."""
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Path(folder))
        for name, intake in _INTAKES.items():
            with intake() as url:
                for contexts in _CONTEXTS:
                    samples = _exits_ms(app, url, contexts, _PAUSE_MS)
                    yield Figure(f"{contexts:,} contexts pending, {name}", "ms", samples)
        with local_intake() as url:
            samples = _exits_ms(app, url, 0, 0)
            yield Figure("the app ends at once, while we still import", "ms", samples)


def _exits_ms(app: str, url: str, contexts: int, pause_ms: int) -> tuple[float, ...]:
    file = Path(app).with_name("contexts.packets")
    packets = write_packets(file, counters(contexts))
    sending = [app, "send", str(file), str(packets), str(_PACKETS_PER_S), str(pause_ms)]
    return tuple(_exit_ms(sending, url, contexts) for _ in range(_ROUNDS))


def _exit_ms(sending: list[str], url: str, contexts: int) -> float:
    port = free_port()
    # No tick may deliver beforehand what is to be pending at the end.
    environ = environment(
        port, dd_url=url, aggregator_flush_interval=3600, serverless_receipt="json"
    )
    with Program([SCRIPT, *sending[:2], str(port), *sending[2:]], environ) as program:
        ended_ns = program.wait()
        receipt = json.loads(program.stderr.read())
        assert receipt["delivered"] == contexts, f"not the run that was meant: {receipt}"
        return (ended_ns - int(program.stdout.readline())) / 1e6
