"""The generator of the reference page, run as it is run by make."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "tools" / "configuration_page.py"


def run(folder: Path, *arguments: str) -> int:
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, timeout=30, check=False
    ).returncode


def test_a_written_page_is_fresh_until_it_is_changed(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "reference" / "configuration.md"
    page.parent.mkdir(parents=True)
    assert run(tmp_path, "--check") == 1
    assert run(tmp_path) == 0
    assert run(tmp_path, "--check") == 0
    page.write_text(page.read_text() + "\n")
    assert run(tmp_path, "--check") == 1


def test_an_unknown_argument_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "--chekc") == 2
