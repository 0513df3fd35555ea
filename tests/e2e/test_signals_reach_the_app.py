"""Every catchable signal goes on to the app: early ones, bursts, and Ctrl-C exactly once."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

Start = Callable[..., "subprocess.Popen[bytes]"]

NOT_FORWARDED = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
ALL = sorted(signal.valid_signals() - NOT_FORWARDED)

# Writes the number of each signal it receives, until the program that has started it is gone.
APP = """
import os, signal, time
parent = os.getppid()
def note(number, frame):
    os.write(1, b"%d\\n" % number)
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, note)
os.write(1, b"ready\\n")
while os.getppid() == parent:
    time.sleep(0.1)
"""


def read_numbers(process: "subprocess.Popen[bytes]", count: int) -> list[int]:
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)]


def started(start: Start) -> "subprocess.Popen[bytes]":
    process = start(sys.executable, "-c", APP)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_every_catchable_signal_is_passed_on(start: Start) -> None:
    process = started(start)
    with process:
        try:
            for number in ALL:
                process.send_signal(number)
                assert read_numbers(process, 1) == [number]
        finally:
            process.kill()


def test_none_of_a_burst_is_lost(start: Start) -> None:
    """The original queues one signal and drops the others of a burst."""
    # In the kernel a stop signal takes back a SIGCONT that has not been delivered yet.
    burst = [number for number in ALL if number != signal.SIGCONT]
    process = started(start)
    with process:
        try:
            for number in burst:
                process.send_signal(number)
            assert sorted(read_numbers(process, len(burst))) == burst
        finally:
            process.kill()


def test_a_signal_that_comes_before_the_app_runs_waits_for_it() -> None:
    """The original dies of a SIGTERM that comes before its child exists."""
    script = """
import os, signal, sys
from serverless_init.process import Reaper, SignalRelay, start_child
relay = SignalRelay()
relay.install()
for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGUSR1):
    os.kill(os.getpid(), number)
app = "import signal; print(sorted(signal.sigwait({10, 12, 15}) for _ in '..'))"
mask = relay.mask | {signal.SIGUSR1, signal.SIGTERM}
child = start_child([sys.executable, "-c", app], os.environ, signal_mask=mask)
relay.attach(child)
print(os.waitpid(child, 0)[1], relay.passed_on, relay.terminated_at is not None)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, timeout=30
    )
    assert result.stdout.splitlines()[-1] == "0 3 True"
    assert "[<Signals.SIGUSR1: 10>, <Signals.SIGTERM: 15>]" in result.stdout


class Terminal:
    """A program on a pseudo terminal of its own, as its session's leader."""

    def __init__(self, *command: str, env: dict[str, str]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, env)
        self.shown = b""

    def read_until(self, text: bytes, timeout_s: float = 20.0) -> bytes:
        deadline = time.monotonic() + timeout_s
        while text not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, self.shown
            if select.select([self.fd], [], [], left)[0]:
                self.shown += os.read(self.fd, 4096)
        return self.shown

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def end(self) -> int:
        with suppress(OSError):
            while os.read(self.fd, 4096):
                pass
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


CTRL_C_APP = """
import os, signal, sys, time
count = 0
def interrupted(number, frame):
    global count
    count += 1
signal.signal(signal.SIGINT, interrupted)
print("tty", all(os.isatty(n) for n in (0, 1, 2)), flush=True)
word = sys.stdin.readline().strip()
print("read", word, flush=True)
while not count:
    time.sleep(0.01)
time.sleep(0.3)
print("interrupted", count, "times", flush=True)
sys.exit(9)
"""


@pytest.fixture
def binary() -> str:
    return os.path.join(os.path.dirname(sys.executable), "serverless-init")


def test_ctrl_c_reaches_the_app_once_and_the_terminal_works(
    binary: str, environment: dict[str, str]
) -> None:
    """The original's app gets it twice: from the terminal and from the forwarding."""
    terminal = Terminal(binary, sys.executable, "-c", CTRL_C_APP, env=environment)
    terminal.read_until(b"tty True")
    terminal.type(b"hello\n")
    terminal.read_until(b"read hello")
    terminal.type(b"\x03")
    terminal.read_until(b"interrupted 1 times")
    assert terminal.end() == 9


def test_ctrl_z_does_not_stop_an_app_that_nobody_could_continue(
    binary: str, environment: dict[str, str]
) -> None:
    app = "import time; print('begun', flush=True); time.sleep(0.5); print('ended', flush=True)"
    terminal = Terminal(binary, sys.executable, "-c", app, env=environment)
    terminal.read_until(b"begun")
    terminal.type(b"\x1a")
    terminal.read_until(b"ended")
    assert terminal.end() == 0


SHELL = """
import os, signal, sys
# A shell with job control: runs us in the foreground, sees the stop, continues us.
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
assert os.WIFSTOPPED(status), status
os.tcsetpgrp(0, os.getpgrp())
print("the shell sees a stopped job", flush=True)
sys.stdin.readline()
os.tcsetpgrp(0, job)
os.killpg(job, signal.SIGCONT)
print("code", os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]), flush=True)
"""


def test_a_shell_sees_a_suspended_job_and_can_continue_it(
    binary: str, environment: dict[str, str]
) -> None:
    app = "import sys; print('begun', flush=True); print('got', input(), flush=True); sys.exit(4)"
    terminal = Terminal(
        sys.executable, "-c", SHELL, binary, sys.executable, "-c", app, env=environment
    )
    terminal.read_until(b"begun")
    terminal.type(b"\x1a")
    terminal.read_until(b"the shell sees a stopped job")
    terminal.type(b"fg\n")
    time.sleep(0.2)
    terminal.type(b"again\n")
    terminal.read_until(b"got again")
    terminal.read_until(b"code 4")
    assert terminal.end() == 0
