"""Files as a source of logs: in a sidecar, through rotation, over a restart."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def intake() -> Iterator[IntakeThread]:
    with IntakeThread() as thread:
        yield thread


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def sidecar(start: Start, intake: IntakeThread, folder: Path) -> Callable[..., object]:
    @contextmanager
    def running(pattern: str = "*.log", **env: str) -> Iterator["subprocess.Popen[bytes]"]:
        settings = {
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_DOGSTATSD_PORT": "0",
            "DD_DD_URL": intake.url,
            "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url,
            "DD_LOGS_CONFIG_FILE_SCAN_PERIOD": "50ms",
            "DD_LOGS_CONFIG_BATCH_WAIT": "100ms",
            "DD_LOGS_CONFIG_AGGREGATION_TIMEOUT": "100",
            "DD_SERVERLESS_LOG_PATH": str(folder / pattern),
            "DD_SERVERLESS_RECEIPT": "log",
            **env,
        }
        with start(env=settings) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)

    return running


def messages(intake: IntakeThread) -> list[str]:
    return [log.message for log in intake.snapshot().logs]


def wait_for(intake: IntakeThread, message: str) -> None:
    intake.wait_until(lambda store: any(log.message == message for log in store.logs), 15.0)


def test_a_file_is_read_from_its_first_line_and_at_the_end_to_its_last(
    sidecar: Callable[..., Iterator[object]], intake: IntakeThread, folder: Path
) -> None:
    (folder / "app.log").write_text("before the start\n")
    with sidecar(DD_SERVICE="Shop", DD_SOURCE="Nginx", DD_TAGS="team:a") as process:
        wait_for(intake, "before the start")
        with (folder / "app.log").open("a") as file:
            file.write("ERROR unterminated")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    first, last = intake.snapshot().logs
    assert (first.message, first.status) == ("before the start", "info")
    assert (last.message, last.status) == ("ERROR unterminated", "error")
    assert (last.service, last.source, last.tags) == ("shop", "nginx", ("service:shop", "team:a"))
    assert b"logs: accepted 2 = delivered 2 + dropped 0 + held 0" in err


def test_no_line_is_lost_or_doubled_by_rotation_and_truncation(
    sidecar: Callable[..., Iterator[object]], intake: IntakeThread, folder: Path
) -> None:
    log = folder / "app.log"
    with sidecar():
        with log.open("a") as file:
            print("one", file=file, flush=True)
            wait_for(intake, "one")
            log.rename(folder / "app.log.1")
            print("two, after the renaming", file=file, flush=True)
        log.write_text("three, in the new file\n")
        wait_for(intake, "three, in the new file")
        wait_for(intake, "two, after the renaming")
        with log.open("w") as file:
            print("four, after the truncation", file=file, flush=True)
        wait_for(intake, "four, after the truncation")
    assert sorted(messages(intake)) == [
        "four, after the truncation",
        "one",
        "three, in the new file",
        "two, after the renaming",
    ]


def test_the_last_message_of_a_rotated_file_comes_before_those_of_the_next(
    sidecar: Callable[..., Iterator[object]], intake: IntakeThread, folder: Path
) -> None:
    """It waited for a further line of its file, which was never to come."""
    log = folder / "app.log"
    log.write_text("INFO zero\nINFO one\n")
    with sidecar(DD_LOGS_CONFIG_AGGREGATION_TIMEOUT="10000"):
        wait_for(intake, "INFO zero")
        log.rename(folder / "app.log.1")
        log.write_text("INFO two\nINFO three\n")
        wait_for(intake, "INFO two")
    assert messages(intake)[:3] == ["INFO zero", "INFO one", "INFO two"]


def test_after_a_restart_reading_goes_on_where_delivery_ended(
    sidecar: Callable[..., Iterator[object]], intake: IntakeThread, folder: Path
) -> None:
    log = folder / "app.log"
    log.write_text("one\n")
    with sidecar() as process:
        wait_for(intake, "one")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with log.open("a") as file:
        file.write("two\n")
    with sidecar():
        wait_for(intake, "two")
    assert messages(intake) == ["one", "two"]


def test_what_was_not_delivered_is_read_again_after_a_restart(
    sidecar: Callable[..., Iterator[object]], intake: IntakeThread, folder: Path
) -> None:
    (folder / "app.log").write_text("one\n")
    intake.script("/api/v2/logs", [FaultStep(status=503, times=1000)])
    with sidecar(DD_SERVERLESS_GRACE_PERIOD="2") as process:
        intake.wait_until(lambda store: "/api/v2/logs" in store.totals().routes, 15.0)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    # The deadline may come between two attempts, or when an answer is missing.
    assert re.search(
        rb"logs: accepted 1 = delivered 0 \+ dropped 1 \((deadline|unconfirmed) 1\) \+ held 0", err
    )
    intake.script("/api/v2/logs")
    with sidecar():
        wait_for(intake, "one")
    assert messages(intake) == ["one"]


def test_a_folder_that_cannot_be_written_costs_only_the_memory_of_a_restart(
    sidecar: Callable[..., Iterator[object]], intake: IntakeThread, folder: Path
) -> None:
    (folder / "app.log").write_text("one\n")
    with sidecar(DD_LOGS_CONFIG_RUN_PATH=os.devnull) as process:
        wait_for(intake, "one")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"serverless-init-registry.json cannot be" in err
