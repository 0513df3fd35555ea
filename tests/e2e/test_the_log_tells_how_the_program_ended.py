"""A program that fails: one message says how, behind its own last lines.

The kernel's files are a small tree of our own, in which the program itself counts a process that
was killed for want of memory, once our first look is over.
"""

import json
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.apps import WAIT_UNTIL_READY

from serverless_init.intake.received import ReceivedLog
from serverless_init.testing import IntakeThread

TREE = Path(__file__).parents[1] / "unit" / "enhanced" / "trees" / "v2"
RAISES = "import sys; print('about to fail', file=sys.stderr); {}['token=secret']"
KILLED = (
    WAIT_UNTIL_READY
    + """
import pathlib, signal, sys
pathlib.Path(sys.argv[1], "cgroup", "memory.events").write_text("oom 3\\noom_kill 2\\n")
os.kill(os.getpid(), signal.SIGKILL)
"""
)

Fail = Callable[..., tuple[int, list[ReceivedLog], dict[str, object]]]


@pytest.fixture
def fail(run: Callable[..., object], tmp_path: Path, free_tcp_port: int) -> Fail:
    """Run a program with logs collected: code, messages, receipt."""
    tree = shutil.copytree(TREE, tmp_path / "kernel")

    def failed(program: str, **settings: str) -> tuple[int, list[ReceivedLog], dict[str, object]]:
        with IntakeThread() as intake:
            env = {
                "DD_API_KEY": "0123456789abcdef0123456789abcdef",
                "DD_LOGS_ENABLED": "true",
                "DD_SERVERLESS_RECEIPT": "json",
                "DD_SERVERLESS_FLUSH_TIMEOUT": "60",
                "DD_DD_URL": intake.url,
                "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url,
                "DD_CONTAINER_PROC_ROOT": str(tree / "proc"),
                "DD_CONTAINER_CGROUP_ROOT": str(tree / "cgroup"),
                "DD_HEALTH_PORT": str(free_tcp_port),
                "DD_SERVICE": "billing",
                "DD_TAGS": "team:blue",
                **settings,
            }
            done = run(sys.executable, "-I", "-c", program, str(tree), env=env, timeout_s=90)
            logs = list(intake.snapshot().logs)
        receipt = json.loads(done.stderr.splitlines()[-1])  # type: ignore[attr-defined]
        return done.returncode, logs, receipt  # type: ignore[attr-defined]

    return failed


def test_an_exception_is_told_with_the_last_lines_as_the_rules_leave_them(fail: Fail) -> None:
    rule = '[{"type":"mask_sequences","name":"s","pattern":"secret","replace_placeholder":"***"}]'
    code, logs, receipt = fail(RAISES, DD_LOGS_CONFIG_PROCESSING_RULES=rule)
    told = logs[-1]
    assert code == 1
    assert told.message == "serverless-init: the program ended with exit code 1"
    assert (told.status, told.service, told.tags[-1]) == ("error", "billing", "team:blue")
    attributes = {name: json.loads(text) for name, text in told.attributes}
    lines = attributes["error"].pop("stack").split("\n")
    assert (lines[0], lines[-1]) == ("about to fail", "KeyError: 'token=***'")
    assert attributes == {
        "exit_code": 1,
        "oom_kills": 0,
        "error": {"kind": "ExitCode", "message": "exit status 1"},
    }
    account = receipt["signals"]["logs"]  # type: ignore[index]
    assert account["accepted"] == account["delivered"] > 1
    assert (account["held"], receipt["balanced"]) == (0, True)


def test_a_program_that_the_kernel_killed_for_want_of_memory_is_told_as_such(fail: Fail) -> None:
    code, logs, _ = fail(KILLED)
    assert code == 128 + signal.SIGKILL
    assert [(log.message, log.status) for log in logs] == [
        (
            "serverless-init: the program was ended by SIGKILL (exit code 137); the kernel killed "
            "a process of this container for want of memory",
            "critical",
        )
    ]
    assert dict(logs[0].attributes)["oom_kills"] == "1"


def test_want_of_memory_is_told_to_the_operator_though_no_logs_are_collected(
    run: Callable[..., object], tmp_path: Path, free_tcp_port: int
) -> None:
    """Exit code 137 was all that anybody saw, also without an API key."""
    tree = shutil.copytree(TREE, tmp_path / "kernel")
    env = {
        "DD_CONTAINER_PROC_ROOT": str(tree / "proc"),
        "DD_CONTAINER_CGROUP_ROOT": str(tree / "cgroup"),
        "DD_HEALTH_PORT": str(free_tcp_port),
    }
    done = run(sys.executable, "-I", "-c", KILLED, str(tree), env=env, timeout_s=90)
    told = (
        "WARN container: the program was ended by SIGKILL (exit code 137); the kernel killed a "
        "process of this container for want of memory: raise its memory limit"
    )
    assert told in done.stderr  # type: ignore[attr-defined]


def test_a_program_that_succeeds_is_not_told_of(fail: Fail) -> None:
    assert fail("print('fine')")[1][0].message == "fine"


def test_the_setting_turns_it_off(fail: Fail) -> None:
    _, logs, _ = fail("raise SystemExit(4)", DD_SERVERLESS_EXIT_REPORT="false")
    assert logs == []
