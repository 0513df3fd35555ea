"""Command line, streams, environment and exit code: the app notices nothing of us."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("code", [0, 1, 3, 123, 255])
def test_the_apps_exit_code_is_ours(run: Run, code: int) -> None:
    assert run("sh", "-c", f"exit {code}").returncode == code


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "INT", "USR1"])
def test_an_app_that_a_signal_ended_gives_128_and_the_number(run: Run, name: str) -> None:
    """The original reports 255 for every signal."""
    number = getattr(signal, f"SIG{name}")
    assert run("sh", "-c", f"kill -{name} $$").returncode == 128 + number


def test_a_command_that_is_not_there_gives_127(run: Run) -> None:
    result = run("no-such-command-anywhere")
    assert result.returncode == 127
    assert result.stderr == (
        "serverless-init: cannot start 'no-such-command-anywhere': No such file or directory\n"
    )


def test_a_command_that_cannot_be_executed_gives_126(run: Run, tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("not a program")
    result = run(str(plain))
    assert result.returncode == 126
    assert "Permission denied" in result.stderr
    plain.chmod(0o755)
    assert run(str(plain)).returncode == 126
    assert run(str(tmp_path)).returncode == 126


def test_one_single_argument_is_split_at_white_space(run: Run) -> None:
    assert run("  printf   %s- a  b ").stdout == "a-b-"


def test_several_arguments_are_passed_on_verbatim(run: Run) -> None:
    assert run("printf", "%s|", "a b", "", "*", "--local", "$HOME").stdout == (
        "a b||*|--local|$HOME|"
    )


def test_a_blank_command_is_not_found(run: Run) -> None:
    """The original dies of an index error here."""
    for blank in ("   ", ""):
        result = run(blank)
        assert result.returncode == 127
        assert "cannot start" in result.stderr


def test_own_options_stand_before_the_command(run: Run) -> None:
    assert run("--", "printf", "x").stdout == "x"
    assert run("printf", "%s", "--version").stdout == "--version"
    assert run("--version").stdout.startswith("serverless-init 0.")
    help_text = run("--help")
    assert help_text.returncode == 0
    assert "usage: serverless-init COMMAND" in help_text.stdout


def test_an_unknown_option_is_an_error_that_shows_the_usage(run: Run) -> None:
    result = run("--lokal", "true")
    assert result.returncode == 2
    assert result.stderr.startswith("serverless-init: unknown option --lokal\n")
    assert "usage:" in result.stderr


def test_the_app_has_our_own_streams(run: Run, tmp_path: Path) -> None:
    """The original gives the app the null device as stdin."""
    given = tmp_path / "in.txt"
    given.write_text("from the container's stdin")
    script = "import os,sys; print(sys.stdin.read()); print([os.fstat(n).st_ino for n in (0,1,2)])"
    out, err = tmp_path / "out.txt", tmp_path / "err.txt"
    with given.open() as stdin, out.open("w") as stdout, err.open("w") as stderr:
        run(sys.executable, "-c", script, stdin=stdin, stdout=stdout, stderr=stderr)
    text, inodes = out.read_text().splitlines()
    assert text == "from the container's stdin"
    assert inodes == str([given.stat().st_ino, out.stat().st_ino, err.stat().st_ino])


def test_the_app_has_our_directory_and_environment_and_what_the_original_adds(
    run: Run, tmp_path: Path
) -> None:
    script = "import os; print(os.getcwd()); print(*sorted(os.environ.items()), sep='\\n')"
    result = run(sys.executable, "-c", script, env={"SHOP": "open", "DD_HOSTNAME": "mine"})
    lines = result.stdout.splitlines()
    assert lines[0] == str(tmp_path)
    assert "('SHOP', 'open')" in lines
    assert "('DD_HOSTNAME', 'mine')" in lines
    assert "('DD_REMOTE_CONFIGURATION_ENABLED', 'false')" in lines
    assert "('DD_INSTRUMENTATION_TELEMETRY_ENABLED', 'false')" in lines


def test_only_the_three_streams_are_inherited(run: Run) -> None:
    script = "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd')))"
    listed = run(sys.executable, "-c", script).stdout
    assert (
        listed
        == subprocess.run(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        ).stdout
    )


def test_the_app_starts_with_the_signal_mask_and_actions_it_would_have_without_us(
    run: Run,
) -> None:
    command = ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"]
    without_us = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)

    def masks(status: str) -> list[int]:
        # glibc's posix_spawn ignores 32 and 33, its own, in every child it makes.
        return [int(line.split()[1], 16) & ~(3 << 31) for line in status.splitlines()]

    assert masks(run(*command).stdout) == masks(without_us.stdout)


def test_a_signal_that_was_ignored_before_us_stays_ignored(run: Run) -> None:
    def ignore_hangup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    result = run("sh", "-c", "kill -HUP $$; echo survived", preexec_fn=ignore_hangup)
    assert result.stdout == "survived\n"


def test_a_grandchild_that_keeps_stdout_open_does_not_hold_up_the_end(
    start: Callable[..., "subprocess.Popen[bytes]"],
) -> None:
    """The original waits for the pipe, and so for the grandchild."""
    with start("sh", "-c", "sleep 30 & echo $!") as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
        try:
            assert process.wait(timeout=10) == 0
            os.kill(grandchild, 0)
        finally:
            os.kill(grandchild, signal.SIGKILL)


def test_orphans_are_reaped_as_long_as_we_run(run: Run) -> None:
    """The original leaves them as zombies when it is PID 1."""
    subreaper = 36  # PR_SET_CHILD_SUBREAPER: orphans become ours, as they do under PID 1
    libc = ctypes.CDLL(None)
    script = """
import os, subprocess, time
for _ in range(20):
    subprocess.run(["sh", "-c", "sleep 0.05 &"], check=True)
def siblings():
    us = str(os.getppid())
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, parent = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if parent == us:
            yield state
deadline = time.monotonic() + 10
while len(list(siblings())) > 1 and time.monotonic() < deadline:
    time.sleep(0.02)
print(*siblings())
"""
    result = run(sys.executable, "-c", script, preexec_fn=lambda: libc.prctl(subreaper, 1, 0, 0, 0))
    assert result.stdout == "R\n"
