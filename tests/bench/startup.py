"""How much later the app's first instruction runs because of us, and what our start costs.

The variants take turns, so that whatever else the machine does happens to all of them alike.
"""

import subprocess
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

_ROUNDS, _IMPORT_ROUNDS, _CPU_ROUNDS = 41, 11, 7
_IDLE_AFTER_S = 1.0
_FIRST_INSTRUCTION = "import time; print(time.monotonic_ns())"
_IMPORT = "import serverless_init.entrypoint"
_IDLE = "import signal; signal.pause()"


def measure() -> Iterator[Figure]:
    """Milliseconds from exec to a first instruction; import and CPU time of our start."""
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Path(folder))
        yield from _first_instructions(app)
        yield from _imports()
        yield from _cpu(app)


def _first_instructions(app: str) -> Iterator[Figure]:
    commands = {
        "bare interpreter": [PYTHON, "-c", _FIRST_INSTRUCTION],
        "app alone": [app, "clock"],
        "app under serverless-init": [SCRIPT, app, "clock"],
    }
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            took[name].append(_first_instruction_ms(command))
    for name, samples in took.items():
        yield Figure(f"exec to first instruction: {name}", "ms", tuple(samples))
    turns = zip(*took.values(), strict=True)
    beyond = tuple(wrapped - bare - alone for bare, alone, wrapped in turns)
    yield Figure("beyond a bare interpreter and the app alone", "ms", beyond)


def _first_instruction_ms(command: list[str]) -> float:
    with Program(command, environment(free_port())) as program:
        program.wait()
        return (int(program.stdout.readline()) - program.started_ns) / 1e6


def _imports() -> Iterator[Figure]:
    samples = tuple((_import_ms(_IMPORT) - _import_ms("pass")) for _ in range(_IMPORT_ROUNDS))
    yield Figure("imports before the app, by -X importtime", "ms", samples)


def _import_ms(code: str) -> float:
    """The self times of everything that is imported, which the report itself inflates."""
    command = [PYTHON, "-I", "-X", "importtime", "-c", code]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    cells = (line.removeprefix("import time:").split("|")[0] for line in report.splitlines())
    return sum(int(cell) for cell in cells if cell.strip().isdigit()) / 1e3


def _cpu(app: str) -> Iterator[Figure]:
    commands = {
        "bare interpreter": [PYTHON, "-c", _IDLE],
        "serverless-init": [SCRIPT, app, "wait"],
        "serverless-init --local": [SCRIPT, "--local", app, "wait"],
    }
    used: dict[str, list[float]] = defaultdict(list)
    for _ in range(_CPU_ROUNDS):
        for name, command in commands.items():
            with Program(command, environment(free_port())) as program:
                time.sleep(_IDLE_AFTER_S)
                used[name].append(program.cpu_s() * 1e3)
    for name, samples in used.items():
        yield Figure(f"CPU from exec until idle, after 1 s: {name}", "CPU ms", tuple(samples))
