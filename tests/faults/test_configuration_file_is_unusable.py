"""The file in the working directory cannot be used: one line, and the environment still counts.

What is wrong with YAML is said in the parser's own words, which are not ours to test.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BROKEN = {
    "not YAML": (
        lambda path: path.write_text("env: prod\nsite: [datadoghq.eu\n"),
        ("datadog.yaml: line 3, column 1: ", "; the file is ignored"),
    ),
    "binary": (
        lambda path: path.write_bytes(bytes(range(256)) * 4),
        ("datadog.yaml: unacceptable character", "; the file is ignored"),
    ),
    "a list": (
        lambda path: path.write_text("- env: prod\n"),
        ("datadog.yaml: must hold a mapping of keys to values", "; the file is ignored"),
    ),
    "a folder": (
        lambda path: path.mkdir(),
        ("datadog.yaml cannot be read (Is a directory)", ": ignored"),
    ),
    "unreadable": (
        lambda path: path.touch(mode=0o000),
        ("datadog.yaml cannot be read (Permission denied)", ": ignored"),
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_cannot_be_used_costs_one_line(program: Any, intake: Any, kind: str) -> None:
    spoil: Callable[[Path], object]
    spoil, (beginning, end) = BROKEN[kind]
    path = program.folder / "datadog.yaml"
    command = program.app("udp", [b"orders:1|c"] * 5)
    spoil(path)
    outcome = program.run(command, user="powerless")
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    (line,) = outcome.log
    assert line.startswith(f"WARN config: {beginning}")
    assert line.endswith(end)
    assert outcome.account == (5, 5, {})
