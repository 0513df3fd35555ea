"""SIGTERM: the app is told at once, what is held goes out at once, and the window is used."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

Start = Callable[..., "subprocess.Popen[str]"]

# Sends one increment of `name`, then does `after` when SIGTERM comes.
APP = """
import os, signal, socket, sys, time
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
terminated = []
signal.signal(signal.SIGTERM, lambda *_: terminated.append(time.monotonic()))
client.send(b"before:1|c")
print("ready", flush=True)
while not terminated:
    time.sleep(0.005)
print("told", flush=True)
{after}
"""
LINGER = """
client.send(b"while.stopping:1|c\\nbefore:1|c")
sys.stdin.readline()
client.send(b"at.the.end:1|c\\nbefore:1|c")
"""
STUBBORN = """
for _ in range(40):
    client.send(b"while.ignoring:1|c")
    time.sleep(0.05)
print("still here", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def intake() -> Iterator[IntakeThread]:
    with IntakeThread() as running:
        yield running


@pytest.fixture
def started(start: Start, intake: IntakeThread) -> Callable[..., "subprocess.Popen[str]"]:
    def starting(after: str, **env: str) -> "subprocess.Popen[str]":
        process = start(
            *(sys.executable, "-c", APP.format(after=after)),
            env={
                "DD_API_KEY": "0123456789abcdef0123456789abcdef",
                "DD_DD_URL": intake.url,
                "DD_SERVERLESS_RECEIPT": "json",
                **env,
            },
            stdin=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    return starting


def arrived(intake: IntakeThread, metric: str) -> float:
    return round(10 * sum(value for _, value in intake.points(metric)), 6)


def receipts(stderr: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in stderr.splitlines() if line.startswith("{")]


def test_what_is_held_is_delivered_while_the_app_still_shuts_down(
    started: Start, intake: IntakeThread
) -> None:
    """The original moves the first byte only after the app has ended."""
    with started(LINGER) as process:
        process.send_signal(signal.SIGTERM)
        intake.wait_until(lambda store: any(v.metric == "before" for v in store.series()), 5)
        assert process.poll() is None
        out, err = process.communicate("go\n", timeout=20)
    assert out == "told\n"
    assert process.returncode == 0
    # Points of the window that was cut by the first flush must not overwrite each other.
    assert arrived(intake, "before") == 3
    assert len({timestamp for timestamp, _ in intake.points("before")}) > 1
    assert sum(view.duplicates for view in intake.snapshot().series) == 0
    assert arrived(intake, "while.stopping") == 1
    assert arrived(intake, "at.the.end") == 1
    assert receipts(err)[-1]["accepted"] == 5
    assert receipts(err)[-1]["delivered"] == 5


def test_an_app_that_ignores_the_signal_gets_a_last_full_flush_before_the_window_closes(
    started: Start, intake: IntakeThread
) -> None:
    """The original waits for the app for ever; the platform's kill then takes everything."""
    with started(STUBBORN, DD_SERVERLESS_GRACE_PERIOD="3s") as process:
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        told = time.monotonic()
        assert process.stdout.readline() == "still here\n"
        intake.wait_until(lambda store: sum_of(store.series(), "while.ignoring") == 40, 10)
        assert time.monotonic() - told < 3.0
        assert process.stderr is not None
        receipt = json.loads(process.stderr.readline())
        process.kill()
        process.wait(timeout=10)
    assert receipt["final"] is False
    assert receipt["delivered"] == receipt["accepted"] == 41
    assert receipt["held"] == 0


def sum_of(views: object, metric: str) -> float:
    return sum(view.count for view in views if view.metric == metric)  # type: ignore[attr-defined]


def test_a_second_signal_reaches_the_app_and_changes_nothing_for_the_flush(
    started: Start, intake: IntakeThread
) -> None:
    intake.script("/api/v2/series", [FaultStep(delay_s=0.5)])
    after = "sys.stdin.readline(); print(len(terminated), flush=True); sys.exit(7)"
    with started(after, DD_SERVERLESS_GRACE_PERIOD="8s") as process:
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        for _ in range(5):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
        out, err = process.communicate("go\n", timeout=20)
    # Of the same signals that wait for a process the kernel keeps one.
    assert 2 <= int(out) <= 6
    assert process.returncode == 7
    assert receipts(err)[-1]["delivered"] == receipts(err)[-1]["accepted"] == 1
    assert arrived(intake, "before") == 1


def test_the_drain_ends_within_the_window_when_the_intake_hangs(
    started: Start, intake: IntakeThread
) -> None:
    intake.script("/api/v2/series", [FaultStep(hang=True, times=100)])
    with started("", DD_SERVERLESS_GRACE_PERIOD="2s") as process:
        terminated = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert time.monotonic() - terminated < 2.0
    receipt = receipts(err)[-1]
    assert receipt["accepted"] == 1
    assert receipt["dropped"] == {"unconfirmed": 1}
    assert receipt["late"] == ["forwarder"]
    assert process.returncode == 0


def test_an_app_that_ended_by_itself_leaves_the_flush_timeout(
    start: Start, intake: IntakeThread
) -> None:
    intake.script("/api/v2/series", [FaultStep(hang=True, times=100)])
    script = 'echo "x:1|c" > /dev/udp/127.0.0.1/$DD_DOGSTATSD_PORT'
    began = time.monotonic()
    process = start(
        *("bash", "-c", script),
        env={
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_DD_URL": intake.url,
            "DD_SERVERLESS_RECEIPT": "json",
            "DD_SERVERLESS_FLUSH_TIMEOUT": "500ms",
        },
        text=True,
    )
    _, err = process.communicate(timeout=20)
    assert 0.4 < time.monotonic() - began < 3.0
    assert receipts(err)[-1]["dropped"] == {"unconfirmed": 1}


def test_an_incomplete_window_is_dropped_and_counted_when_that_is_asked_for(
    started: Start, intake: IntakeThread
) -> None:
    with started("", DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS="false") as process:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    receipt = receipts(err)[-1]
    # A test that straddles the end of a window finds it complete.
    assert receipt["accepted"] == 1
    assert receipt["dropped"] == {"incomplete_bucket": 1} or receipt["delivered"] == 1
    assert receipt["balanced"] is True


def test_a_sidecar_delivers_until_sigterm_and_ends_with_zero(
    start: Start, intake: IntakeThread, free_port: int
) -> None:
    process = start(
        env={
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_DD_URL": intake.url,
            "DD_SERVERLESS_RECEIPT": "json",
            "DD_AGGREGATOR_FLUSH_INTERVAL": "0.1",
            "DD_LOG_LEVEL": "debug",
        },
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "name='dogstatsd'" in line:
            break
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", free_port))
        client.send(b"from.another.container:1|c")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert arrived(intake, "from.another.container") == 1
    assert receipts(err)[-1]["exit_code"] == 0
