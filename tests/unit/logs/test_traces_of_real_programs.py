"""What interpreters really print when a program fails: each trace is one message."""

import subprocess
import sys
from pathlib import Path

import pytest

from serverless_init.logs import Assembler, AssemblerOptions
from serverless_init.model import LogSource

NOW = 1_700_000_000.0
NODE = str(Path(sys.executable).with_name("node"))
LOGGING = "import logging; logging.basicConfig(level='INFO'); log = logging.getLogger('app')\n"


def messages(*command: str) -> list[tuple[str, str, str]]:
    """Severity, first and last line of each message that `command` writes to stderr."""
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assembler = Assembler(LogSource("stderr"), AssemblerOptions())
    found = assembler.feed(done.stderr, NOW) + assembler.end(NOW)
    ends = [(m.status, m.text.decode().split("\n")) for m in found]
    return [(status, lines[0], lines[-1]) for status, lines in ends]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (
            f"{LOGGING}log.info('starting')\nint('x')",
            [
                ("info", "INFO:app:starting", "INFO:app:starting"),
                (
                    "error",
                    "Traceback (most recent call last):",
                    "ValueError: invalid literal for int() with base 10: 'x'",
                ),
            ],
        ),
        (
            f"{LOGGING}try: {{}}['x']\nexcept KeyError: log.exception('failed')\nlog.warning('on')",
            [
                ("error", "ERROR:app:failed", "KeyError: 'x'"),
                ("warn", "WARNING:app:on", "WARNING:app:on"),
            ],
        ),
        (
            "try: {}['x']\nexcept KeyError as e: raise OSError('outer') from e",
            [("error", "Traceback (most recent call last):", "OSError: outer")],
        ),
        (
            "import threading; t = threading.Thread(target=lambda: {}['x'], name='T'); t.start()",
            [("error", "Exception in thread T:", "KeyError: 'x'")],
        ),
        (
            "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
            [
                (
                    "error",
                    "  + Exception Group Traceback (most recent call last):",
                    "    +------------------------------------",
                )
            ],
        ),
    ],
)
def test_an_exception_of_python_is_one_message(program: str, expected: list[object]) -> None:
    assert messages(sys.executable, "-c", program) == expected


@pytest.mark.parametrize(
    ("program", "first"),
    [
        ("throw new Error('boom')", "app.js:1"),
        ("Promise.reject(new TypeError('boom'))", "app.js:1"),
        ("setTimeout(() => null.x, 1)", "app.js:1"),
        ("throw {code: 'boom'}", "app.js:1"),
        ("JSON.parse('{')", ":1"),
        ("require('./nothing')", "node:internal/modules/cjs/loader:"),
    ],
)
def test_an_exception_of_node_is_one_message(tmp_path: Path, program: str, first: str) -> None:
    script = tmp_path / "app.js"
    script.write_text(f"console.error('info: starting');\n\n{program}\n".replace("\n\n", " "))
    starting, trace = messages(NODE, str(script))
    assert starting == ("info", "info: starting", "info: starting")
    assert trace[0] == "error"
    assert first in trace[1]
    assert trace[2].startswith("Node.js v")
