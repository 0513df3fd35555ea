"""`sictl gate` over a tiny project with a history: real builds, real coverage."""

import argparse
import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_init.gate import add_verbs
from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.wheel import build

MIB = 1 << 20


@pytest.fixture
def gate(project: Path, environ: dict[str, str]) -> Callable[..., int]:
    """The exit code of a verb in the project's folder."""
    parser = argparse.ArgumentParser()
    add_verbs(parser)

    def call(*words: str) -> int:
        with contextlib.chdir(project):
            arguments = parser.parse_args(words)
            code: int = arguments.run(arguments, environ)
            return code

    return call


def test_a_project_within_its_bounds_passes_all_static_gates(
    gate: Callable[..., int], git: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert gate("static", "--base", "main") == 0
    output = capfd.readouterr().out
    assert output.startswith(f"Compared with {git('rev-parse', '--short=12', 'HEAD')}.\n")
    headings = [line for line in output.splitlines() if line.startswith("###")]
    assert headings == ["### Size in bytes", "### Modules imported", "### Files of the wheel"]
    assert output.endswith("\n**Within the bounds.**\n")
    assert git("status", "--porcelain") == ""


def test_a_planted_mebibyte_fails_the_inventory(
    gate: Callable[..., int],
    git: Callable[..., str],
    project: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (project / "src/tiny/model.bin").write_bytes(bytes(MIB))
    assert gate("inventory", "--base", "HEAD") == 1
    assert capfd.readouterr().out.endswith(
        "\n**Out of bounds:**\n"
        "- tiny/model.bin: 1,048,576 bytes, at most 65,536 are allowed\n"
        "- tiny/model.bin: none of the kinds expected, .py\n"
    )


def test_without_a_repository_the_absolute_bounds_still_hold(
    gate: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert gate("inventory") == 0
    output = capfd.readouterr().out
    assert output.startswith("Compared with no base: git rev-parse failed: fatal: not a git repo")
    assert output.endswith("\n7 files\n\n**Within the bounds.**\n")


def test_what_cannot_be_measured_is_said_and_has_an_exit_code_of_its_own(
    gate: Callable[..., int], git: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert gate("size", "--base", "v9") == 2
    assert gate("coverage", "--bounds", "none.yaml") == 2
    assert capfd.readouterr() == (
        "",
        "sictl: no base v9: git rev-parse failed: fatal: Needed a single revision\n"
        "sictl: none.yaml cannot be read: No such file or directory\n",
    )


def test_a_wheel_built_twice_is_the_same(
    project: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    first, second = (build(str(project), str(tmp_path / name), environ) for name in ("1", "2"))
    assert Path(first.path).read_bytes() == Path(second.path).read_bytes()
    assert first.requires == ("h11",)


def test_a_project_that_does_not_build_cannot_be_measured(
    project: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"1.0"', '"one"'))
    with pytest.raises(CannotMeasure, match=r"^setuptools\.build_meta failed: .*version"):
        build(str(project), str(tmp_path / "wheels"), environ)
    pyproject.write_text("[")
    with pytest.raises(CannotMeasure, match=r"pyproject\.toml names no build backend: "):
        build(str(project), str(tmp_path / "wheels"), environ)


def test_statements_of_a_change_that_no_test_executes_fail_the_coverage_gate(
    gate: Callable[..., int],
    git: Callable[..., str],
    project: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = project / "src/tiny/run.py"
    run.write_text(run.read_text() + "    if not tiny:\n        a = 1\n\n        b = 2\n")
    (project / "src/tiny/never.py").write_text("x = 1\n")
    assert gate("coverage", "--base", "main") == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines[-4:-2] == [
        "| src/tiny/never.py |          1 |      0 % | 1            |",
        "| src/tiny/run.py   |          3 |     33 % | 7-9          |",
    ]
    assert lines[-1] == "**Out of bounds:** 25.0 % of 4, at least 80 %."


def test_a_change_that_the_tests_execute_passes_even_if_one_of_them_fails(
    gate: Callable[..., int],
    git: Callable[..., str],
    project: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Tracing slows the tests: one that fails only then is no reason to judge nothing."""
    run = project / "src/tiny/run.py"
    run.write_text(run.read_text() + "    assert not tiny\n")
    assert gate("coverage", "--base", "main") == 0
    assert capfd.readouterr().out.endswith(
        "\n**Within the bounds:** 100.0 % of 1, at least 80 %.\n"
    )


def test_tests_that_do_not_run_measure_nothing(
    gate: Callable[..., int], git: Callable[..., str], project: Path
) -> None:
    (project / "src/tiny/run.py").write_text("x = 1\n")
    (project / "tests/test_run.py").unlink()
    assert gate("coverage", "--base", "main") == 2


def test_a_change_without_statements_runs_no_test(
    gate: Callable[..., int],
    git: Callable[..., str],
    project: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (project / "README").write_text("words\n")
    assert gate("coverage", "--base", "main") == 0
    assert capfd.readouterr().out.endswith("\nNo statement has changed.\n")


def test_sictl_has_the_gates_verbs() -> None:
    sictl = [str(Path(sys.executable).with_name("sictl")), "gate", "--help"]
    done = subprocess.run(sictl, capture_output=True, text=True, check=True)
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("    ")}
    assert listed >= {"static", "size", "imports", "inventory", "coverage"}
