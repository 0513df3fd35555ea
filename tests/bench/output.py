"""How much a program that writes 1 GiB as fast as it can is slowed by having its logs collected.

The variants take turns. What is compared is the program's own time, from its first write to the end
of its last: our start and our end are not in it. The intake accepts at once.
"""

import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.programs import (
    SCRIPT,
    build_app,
    environment,
    instant_intake,
)

from serverless_init.testing import free_port

_ROUNDS = 15
_BYTES = 1 << 30
# Until our start is over, which keeps one core busy for a fifth of a second.
_WAIT_MS = 1000


def measure() -> Iterator[Figure]:
    """Seconds that the program takes for 1 GiB, by who is between it and the reader."""
    took: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, instant_intake() as url:
        app = build_app(Path(folder))
        result = Path(folder) / "took"
        program = f"{app} output {_BYTES} {result} {_WAIT_MS}"
        variants = {
            "behind cat": f"{program} | cat",
            "logs off": f"{SCRIPT} {program}",
            "logs on": f"DD_LOGS_ENABLED=1 {SCRIPT} {program}",
        }
        readers = {"/dev/null": "> /dev/null", "a pipe": "| cat > /dev/null"}
        environ = environment(
            free_port(), dd_url=url, logs_config_logs_dd_url=url, serverless_receipt="off"
        )
        for _ in range(_ROUNDS):
            for to, reader in readers.items():
                for name, command in variants.items():
                    line = f"{command} {reader}"
                    subprocess.run(["sh", "-c", line], env=environ, check=True)
                    took[f"{name}, to {to}"].append(int(result.read_text()) / 1e9)
    for to in readers:
        for name in variants:
            key = f"{name}, to {to}"
            yield Figure(key, f"s ({to})", tuple(took[key]))
