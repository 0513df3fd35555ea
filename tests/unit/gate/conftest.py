"""A tiny project with a history, and wheels of it, built as the gates build them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny"
version = "1.0"
dependencies = ["h11"]
[tool.setuptools.packages.find]
where = ["src"]
[tool.pytest.ini_options]
pythonpath = ["src"]
addopts = ["-p", "no:cacheprovider", "-p", "no:randomly"]
[tool.setuptools.package-data]
tiny = ["*.bin"]
"""
BOUNDS = """\
wheel: {disk_max: 8 KiB, wire_max: 4 KiB, disk_growth_max: 1 KiB, wire_growth_max: 1 KiB}
closure: {disk_max: 1 MiB, wire_max: 1 MiB, disk_growth_max: 1 KiB, wire_growth_max: 1 KiB}
inventory: {file_max: 64 KiB, kinds: [.py]}
imports:
  - {name: tiny, module: tiny.run, modules_max: 60}
coverage: {patch_percent_min: 80, sources: [src], tests: [tests]}
"""
RUN = "import tiny\n\n\ndef main():\n    import tiny.late\n"
TEST = "import tiny.run\n\n\ndef test_main():\n    tiny.run.main()\n"


@pytest.fixture(scope="session")
def environ() -> dict[str, str]:
    """What git and pip are given: nobody's own settings."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tiny project, without a repository."""
    folder = tmp_path / "project"
    for name, text in {
        "pyproject.toml": PYPROJECT,
        "gates/static.yaml": BOUNDS,
        "src/tiny/__init__.py": "",
        "src/tiny/run.py": RUN,
        "src/tiny/late.py": "",
        "tests/test_run.py": TEST,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def git(project: Path, environ: dict[str, str]) -> Callable[..., str]:
    """Calls git in the project, which has become a repository with one commit on main."""

    def call(*words: str) -> str:
        command = ["git", *words]
        return subprocess.run(
            command, cwd=project, env=environ, capture_output=True, text=True, check=True
        ).stdout.strip()

    call("init", "--quiet", "--initial-branch=main")
    call("add", ".")
    call("commit", "--quiet", "--message=first")
    return call
