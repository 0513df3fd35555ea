"""Fetching an API key: reading the file, or running the program that knows it. Blocks.

A program runs in a session of its own, so that a terminal's Ctrl-C and a stop of the app's group
do not reach it, and all of it can be ended when its time is over. Its exit status is not asked
for: as PID 1 we reap every child at SIGCHLD, so another hand may have taken it. What counts is
what it prints; its stderr is discarded, for it may hold what must not be seen.
"""

import contextlib
import os
import select
import shlex
import signal
import stat
import subprocess
import time

from serverless_init.config import IntakeSettings
from serverless_init.errors import Undecodable
from serverless_init.forwarder.keys import (
    KeySource,
    Place,
    key_of_lookup,
    key_of_text,
    lookup_question,
)

# The Agent's bound on a backend's answer; a key has 32 characters.
_OUTPUT_BYTES_MAX = 1_048_576
_FILE_BYTES_MAX = 65_536
# A pipe holds this much, so that writing does not wait for a program that does not read.
_QUESTION_BYTES_MAX = 4096
_END_WITHIN_S = 0.2


def fetch_key(source: KeySource, settings: IntakeSettings) -> str:
    """The key that `source` has now.

    Raises ``OSError`` or `Undecodable`; neither quotes what was read.
    """
    timeout_s = settings.secret_backend_timeout_s
    match source.place:
        case Place.FILE:
            return key_of_text(_read(source.what))
        case Place.COMMAND:
            return key_of_text(_run(_words(source.what), b"", timeout_s))
        case Place.BACKEND:
            if not settings.secret_backend_command:
                raise Undecodable("secret_backend_command is not set")
            command = [settings.secret_backend_command, *settings.secret_backend_arguments]
            question = lookup_question(source.what, timeout_s)
            return key_of_lookup(_run(command, question, timeout_s), source.what)
        case _:
            raise AssertionError("a literal key is not fetched")


def _read(path: str) -> bytes:
    # Without blocking: a pipe without a writer would hold us for ever.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Undecodable("it is not a regular file")
        return os.read(fd, _FILE_BYTES_MAX)
    finally:
        os.close(fd)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise Undecodable(f"the command cannot be split into words: {error}") from None


def _run(command: list[str], question: bytes, timeout_s: float) -> bytes:
    """What `command` prints when it is asked `question`."""
    if len(question) > _QUESTION_BYTES_MAX:
        raise Undecodable("the handle is too long")
    deadline = time.monotonic() + timeout_s
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(question)
            return _read_to_end(process.stdout.fileno(), deadline)
        except TimeoutError:
            raise Undecodable(f"it has not ended within {timeout_s:g} s") from None
        finally:
            _end(process)


def _read_to_end(fd: int, deadline: float) -> bytes:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    output = b""
    while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        read = os.read(fd, 65_536)
        if not read:
            return output
        output += read
        if len(output) > _OUTPUT_BYTES_MAX:
            raise Undecodable(f"it prints more than {_OUTPUT_BYTES_MAX} bytes")
    raise TimeoutError


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait a moment for the end of what has closed its output, then end all of it."""
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
