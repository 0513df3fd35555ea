"""With logs collected, the app's output is what it is without us: its bytes, its pace, its end."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_init.testing import IntakeThread

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[bytes]"]

LOGS = {
    "DD_LOGS_ENABLED": "true",
    "DD_SERVERLESS_RECEIPT": "off",
    "DD_LOG_LEVEL": "off",
}
KEY = {"DD_API_KEY": "0123456789abcdef0123456789abcdef"}


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-S", "-c", code


def test_both_streams_are_passed_on_byte_for_byte_with_the_exit_code(
    start: Start, tmp_path: Path
) -> None:
    code = """
import os, sys
blob = bytes(range(256)) * 4096 + b"no newline"
os.write(2, b"\\xff\\x00 error\\r\\n")
view = memoryview(blob)
while view: view = view[os.write(1, view):]
sys.exit(7)
"""
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        process = start(*python(code), env=LOGS, stdout=out, stderr=err)
        assert process.wait(30) == 7
    assert (tmp_path / "out").read_bytes() == bytes(range(256)) * 4096 + b"no newline"
    assert (tmp_path / "err").read_bytes() == b"\xff\x00 error\r\n"


def test_what_is_written_appears_at_once(start: Start) -> None:
    code = "import sys; print('ready', flush=True); sys.stdin.readline()"
    with start(*python(code), env=LOGS, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert process.poll() is None
        process.communicate(b"go on\n", timeout=30)
    assert process.returncode == 0


def test_the_reader_of_a_pipeline_that_ends_first_ends_the_app(start: Start) -> None:
    with start("yes", env=LOGS) as process:
        assert process.stdout is not None
        assert process.stdout.read(10) == b"y\n" * 5
        process.stdout.close()
        assert process.wait(30) == 128 + signal.SIGPIPE
        process.stdout = None


def test_a_stalled_stdout_does_not_hold_up_stderr(start: Start) -> None:
    code = """
import os, threading
threading.Thread(target=os.write, args=(1, bytes(1_000_000))).start()
os.write(2, b"still here\\n")
"""
    with start(*python(code), env=LOGS) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline() == b"still here\n"
        assert process.poll() is None
        assert len(process.stdout.read()) == 1_000_000
        assert process.wait(30) == 0


def test_a_grandchild_that_holds_the_output_does_not_hold_up_the_end_and_can_go_on(
    start: Start, tmp_path: Path
) -> None:
    """The original waits for the end of the pipe, which a daemon never comes to."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    script = f"echo parent; (read line < {gate}; echo grandchild) & exit 3"
    with start("sh", "-c", script, env=LOGS) as process:
        assert process.wait(30) == 3
        assert process.stdout is not None
        assert process.stdout.readline() == b"parent\n"
        gate.write_text("go\n")
        assert process.stdout.read() == b"grandchild\n"


def test_what_the_app_wrote_is_passed_on_although_the_reader_is_slow(start: Start) -> None:
    code = "import os; os.write(1, bytes(100_000))"
    with start(*python(code), env=LOGS) as process:
        assert process.stdout is not None
        # The pipes are full, and the app may have ended already.
        while not select.select([process.stdout], [], [], 0)[0]:
            time.sleep(0.01)
        assert process.stdout.read() == bytes(100_000)
        assert process.wait(30) == 0


def test_the_output_goes_on_when_all_else_of_us_has_failed(
    start: Start, tmp_path: Path, environment: dict[str, str]
) -> None:
    """A module that cannot be imported stands for any mistake of ours."""
    broken = tmp_path / "asyncio"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('broken on purpose')")
    code = "import time\nfor n in range(3): print(n, flush=True); time.sleep(0.1)"
    site = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    program = (
        f"{site}; import serverless_init.entrypoint as e; "
        f"sys.argv = ['serverless-init', *{list(python(code))!r}]; e.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, **LOGS},
        capture_output=True,
        timeout=30,
    )
    assert b"broken on purpose" in done.stderr
    assert (done.returncode, done.stdout) == (0, b"0\n1\n2\n")


def test_without_logs_the_app_has_our_own_stdout(run: Run) -> None:
    code = "import os; print(os.stat(1).st_ino)"
    read, write = os.pipe()
    os.close(read)
    plain = run(*python(code), env={**LOGS, "DD_LOGS_ENABLED": "false"})
    captured = run(*python(code), env=LOGS)
    os.close(write)
    assert plain.stdout != captured.stdout
    assert plain.stderr == captured.stderr == ""


@pytest.mark.parametrize("value", ["true", "1", "yes", "TRUE"])
def test_any_yes_switches_logs_on(run: Run, value: str) -> None:
    """The original knows only true: with 1, users wait for logs that never come."""
    with IntakeThread() as intake:
        url = {"DD_DD_URL": intake.url, "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url}
        run("echo", "hello", env={**LOGS, **KEY, **url, "DD_LOGS_ENABLED": value})
        assert [log.message for log in intake.snapshot().logs] == ["hello"]
