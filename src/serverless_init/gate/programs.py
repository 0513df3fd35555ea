"""Programs that the gates ask: git, pip, coverage."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from serverless_init.errors import ServerlessInitError

_TIMEOUT_S = 600


class CannotMeasure(ServerlessInitError):
    """A gate has no figure to judge; the text says why, in one line."""


def ask(command: Sequence[str], folder: str, environ: Mapping[str, str] | None = None) -> bytes:
    """What `command` writes to stdout, in `folder`; it inherits our environment unless given one.

    Raises `CannotMeasure` when it is missing, fails or takes more than ten minutes.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, check=True, timeout=_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
        raise CannotMeasure(f"{_called(command)} failed: {said[-1]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotMeasure(f"{_called(command)}: {error}") from error
    return done.stdout


def follow(command: Sequence[str], folder: str, environ: Mapping[str, str]) -> int:
    """The exit code of `command`, run with all it says on our stderr.

    Raises `CannotMeasure` when it is missing or takes more than ten minutes.
    """
    try:
        return subprocess.run(
            command, cwd=folder, env=environ, stdout=sys.stderr, check=False, timeout=_TIMEOUT_S
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotMeasure(f"{_called(command)}: {error}") from error


def _called(command: Sequence[str]) -> str:
    """The first words of the command that are neither options, nor paths, nor code."""
    words = [word for word in command if not word.startswith("-") and not {"/", " "} & {*word}]
    return " ".join(words[:2])
