"""The check of changelog fragments, run as it is run by make."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "check_changelog.py"


def check(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, SCRIPT, folder], capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stderr.replace(f"{folder}/", "")


def test_well_named_fragments_pass(tmp_path: Path) -> None:
    for name in ("metrics-arrive.feature.md", "a1.fix.md", "b.change.md", "c.perf.md", ".keep"):
        (tmp_path / name).write_text("What changed.\n" if name != ".keep" else "")
    assert check(tmp_path) == (0, "")


def test_a_missing_folder_passes(tmp_path: Path) -> None:
    assert check(tmp_path / "nothing") == (0, "")


@pytest.mark.parametrize(
    "name", ["x.bug.md", "x.md", "X.fix.md", "a_b.fix.md", "-a.fix.md", "x.fix.txt", "x.fix.md~"]
)
def test_a_fragment_of_another_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("What changed.\n")
    assert check(tmp_path) == (1, f"{name}: must be named <slug>.<feature|fix|change|perf>.md\n")


def test_an_empty_fragment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.fix.md").write_text(" \n")
    assert check(tmp_path) == (1, "x.fix.md: is empty\n")
