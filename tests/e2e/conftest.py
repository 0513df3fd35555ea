"""The real program, started as its user starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from serverless_init import testing

# A runner under nohup, or in a shell's background, has some of these ignored, and we keep that.
_RUNNERS_MAY_IGNORE = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)

BINARY = Path(sys.executable).with_name("serverless-init")
NPM = Path(sys.executable).with_name("npm")
NODE_FOLDER = Path(__file__).parent / "node"
Start = Callable[..., "subprocess.Popen[bytes]"]


def with_default_signals() -> None:
    """Start as under a plain shell, whatever the test's own runner ignores."""
    for number in _RUNNERS_MAY_IGNORE:
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def node_packages() -> None:
    """Install what package-lock.json names, unless it is there."""
    lock, installed = NODE_FOLDER / "package-lock.json", NODE_FOLDER / "node_modules"
    mark = installed / ".package-lock.json"
    if mark.exists() and mark.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=NODE_FOLDER, check=True, timeout=100)


@pytest.fixture
def free_port() -> int:
    """A port that nobody has, by UDP or TCP."""
    return testing.free_port()


@pytest.fixture
def free_tcp_port() -> int:
    """A port besides `free_port`."""
    return testing.free_port()


@pytest.fixture
def environment(free_port: int) -> dict[str, str]:
    """What every started program gets: no settings of the machine, a UDP port of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DD_")}
    return {**kept, "DD_DOGSTATSD_PORT": str(free_port), "DD_APM_RECEIVER_PORT": str(free_port)}


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Start:
    """Start ``serverless-init`` with arguments, and extra environment as `env`."""

    def started(
        *arguments: str, env: Mapping[str, str] | None = None, **options: object
    ) -> "subprocess.Popen[bytes]":
        settings: dict[str, object] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": tmp_path,
            "preexec_fn": with_default_signals,
            **options,
        }
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [str(BINARY), *arguments], env={**environment, **(env or {})}, **settings
        )

    return started


@pytest.fixture
def run(start: Start) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Start ``serverless-init``, wait for its end, and give code, stdout and stderr."""

    def ran(
        *arguments: str, timeout_s: float = 30.0, **options: object
    ) -> "subprocess.CompletedProcess[str]":
        with start(*arguments, **options) as process:
            out, err = process.communicate(timeout=timeout_s)
        return subprocess.CompletedProcess(
            arguments, process.returncode, (out or b"").decode(), (err or b"").decode()
        )

    return ran
