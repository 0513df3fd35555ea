"""Nobody reads what we say: the app and its telemetry notice nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

ORDERS = [b"orders:1|c"] * 5
# Makes us speak at the start, while running, and at the end.
TALKATIVE = {"DD_LOG_LEVEL": "trace", "DD_SERVCE": "shop"}


@contextmanager
def full_pipe() -> Iterator[int]:
    """The writing end of a pipe that is full and that nobody reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for size in (4096, 1):
        with suppress(BlockingIOError):
            while True:
                os.write(writing, b"x" * size)
    os.set_blocking(writing, True)
    try:
        yield writing
    finally:
        os.close(writing)
        os.close(reading)


@contextmanager
def full_device() -> Iterator[int]:
    """A device on which every write finds the disk full."""
    device = os.open("/dev/full", os.O_WRONLY)
    try:
        yield device
    finally:
        os.close(device)


@contextmanager
def broken_pipe() -> Iterator[int]:
    """The writing end of a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


STREAMS = {"full device": full_device, "full pipe": full_pipe, "broken pipe": broken_pipe}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_stderr_that_takes_nothing_changes_nothing(program: Any, intake: Any, kind: str) -> None:
    with STREAMS[kind]() as stderr:
        outcome = program.run(program.app("udp", ORDERS), stderr=stderr, env=TALKATIVE)
    assert (outcome.code, outcome.out) == (7, "sent 5\n")
    assert orders(intake) == 5
    assert outcome.took_s < 5


def test_a_closed_stderr_changes_nothing(program: Any, intake: Any) -> None:
    outcome = program.run(program.app("udp", ORDERS), before="exec 2>&-", env=TALKATIVE)
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    assert orders(intake) == 5


def test_all_three_streams_closed_change_nothing(program: Any, intake: Any) -> None:
    before = "exec 0<&- 1>&- 2>&-"
    outcome = program.run(program.app("udp", ORDERS), before=before, env=TALKATIVE)
    assert (outcome.code, outcome.out, outcome.err) == (7, "", [])
    assert orders(intake) == 5


def test_what_is_written_to_a_closed_stream_goes_nowhere(program: Any) -> None:
    """A descriptor that is free would be taken by the first socket of ours."""
    command = ["sh", "-c", "echo lost && echo lost >&2 && exit 7"]
    assert program.run(command, before="exec 1>&- 2>&-").code == 7


@pytest.mark.parametrize("kind", ["full device", "broken pipe", "full pipe"])
def test_a_command_that_cannot_be_started_still_gives_127(program: Any, kind: str) -> None:
    with STREAMS[kind]() as stderr:
        outcome = program.run(["no-such-command"], stderr=stderr)
    assert outcome.code == 127


def orders(intake: Any) -> float:
    """What the intake has of them."""
    (view,) = [view for view in intake.snapshot().series if view.metric == "orders"]
    return float(view.count)
