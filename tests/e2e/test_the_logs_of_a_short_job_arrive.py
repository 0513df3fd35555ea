"""A job that writes 5,000 lines and ends at once: all of them arrive, in order, in every run.

`LOGS_RUNS=100 python -m pytest tests/e2e/test_the_logs_of_a_short_job_arrive.py` does 100 of each.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

RUNS = int(os.environ.get("LOGS_RUNS", "6"))
SIDE_BY_SIDE = 3
LINES = 5_000
BINARY = Path(sys.executable).with_name("serverless-init")
ROUTE = "/api/v2/logs"

# Half of the lines as one write each, the others as they come out of a buffer; the last one has no
# end. Told to wait, it waits for a signal with everything written.
APP = """
import os, signal, sys
lines = [b"job line %d of 5000\\n" % n for n in range(5000)]
for line in lines[:2500]: os.write(1, line)
view = memoryview(b"".join(lines[2500:])[:-1])
while view: view = view[os.write(1, view):]
if sys.argv[1] == "waits":
    os.write(2, b"written\\n")
    signal.pause()
"""
EXPECTED = [f"job line {n} of 5000" for n in range(LINES)]


@dataclass(frozen=True)
class Outcome:
    """What one run came to."""

    code: int
    messages: list[str]
    receipt: dict[str, object]


Job = Callable[..., list[Outcome]]


@pytest.fixture
def job(environment: dict[str, str]) -> Job:
    """Runs of the job, side by side, each with an intake of its own."""

    def one(number: int, kill: int, to_app: bool, faults: tuple[FaultStep, ...]) -> Outcome:
        with IntakeThread(faults={ROUTE: faults}) as intake:
            settings = {
                **environment,
                "DD_API_KEY": "0123456789abcdef0123456789abcdef",
                "DD_DOGSTATSD_PORT": "0",
                "DD_LOGS_ENABLED": "true",
                # What we add when the job fails: test_the_log_tells_how_the_program_ended.py.
                "DD_SERVERLESS_EXIT_REPORT": "false",
                "DD_SERVERLESS_RECEIPT": "json",
                # A machine that is busy with other tests may take long for our start alone.
                "DD_SERVERLESS_GRACE_PERIOD": "60",
                "DD_SERVERLESS_FLUSH_TIMEOUT": "60",
                "DD_DD_URL": intake.url,
                "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url,
                "DD_LOGS_CONFIG_PROCESSING_RULES": '[{"type":"exclude_at_match","name":"own",'
                '"pattern":"^written$"}]',
            }
            code, err = play(settings, kill, to_app=to_app)
            logs = intake.snapshot().logs
        messages = [log.message for log in logs if log.message != "written"]
        return Outcome(code, messages, json.loads(err.splitlines()[-1]))

    def runs(
        *, kill: int = 0, to_app: bool = False, faults: tuple[FaultStep, ...] = ()
    ) -> list[Outcome]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(pool.map(lambda n: one(n, kill, to_app, faults), range(RUNS)))

    return runs


def play(environment: dict[str, str], kill: int, *, to_app: bool) -> tuple[int, str]:
    """Run the job; with `kill` send that signal, to us or to the app, when it has written all."""
    command = [str(BINARY), sys.executable, "-I", "-S", "-c", APP, "waits" if kill else "ends"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        if kill:
            assert process.stderr.readline() == "written\n"
            os.kill(child_of(process.pid) if to_app else process.pid, kill)
        _, err = process.communicate(timeout=60)
    return process.returncode, err


def child_of(pid: int) -> int:
    """The app among the children: the one with a process group of its own."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (app,) = (int(child) for child in children if os.getpgid(int(child)) == int(child))
    return app


def assert_nothing_is_missing(outcomes: list[Outcome], code: int) -> None:
    assert {outcome.code for outcome in outcomes} == {code}
    assert [o.receipt for o in outcomes if sorted(o.messages) != sorted(EXPECTED)] == []
    for outcome in outcomes:
        assert outcome.messages == EXPECTED
        logs = outcome.receipt["signals"]["logs"]  # type: ignore[index]
        assert logs["accepted"] == logs["delivered"] + sum(logs["dropped"].values())
        assert (logs["held"], outcome.receipt["balanced"]) == (0, True)
        assert outcome.receipt["output_bytes_lost"] == 0


def test_all_lines_arrive_when_the_job_ends_at_once(job: Job) -> None:
    assert_nothing_is_missing(job(), 0)


def test_all_lines_arrive_when_sigterm_ends_it(job: Job) -> None:
    assert_nothing_is_missing(job(kill=signal.SIGTERM), 128 + signal.SIGTERM)


def test_all_lines_arrive_when_the_app_is_killed(job: Job) -> None:
    outcomes = job(kill=signal.SIGKILL, to_app=True)
    assert_nothing_is_missing(outcomes, 128 + signal.SIGKILL)


def test_all_lines_arrive_in_order_when_the_intake_stalls_and_fails(job: Job) -> None:
    faults = (FaultStep(delay_s=1.0), FaultStep(status=503, times=2), FaultStep(reset=True))
    assert_nothing_is_missing(job(faults=faults), 0)
