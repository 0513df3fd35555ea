"""The app: its command line, its start, its terminal. Imported before the app has started.

The app inherits stdin, stdout, stderr, the environment, the working directory and the signal mask.
It gets a process group of its own, as under a shell: a signal for the app's group (``kill 0``,
Ctrl-C) reaches each process once and never us. When we hold the terminal's foreground, the app
takes it over; when a job-control stop suspends the app, we suspend ourselves, so that the shell
above sees what it would see without us.
"""

import os

from serverless_init.bare import signal
from serverless_init.errors import ChildNotStarted
from serverless_init.process.exit_code import NOT_FOUND, from_spawn_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# CPython ignores these two at its own start; the app must not inherit that.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def command_line(arguments: "Sequence[str]") -> list[str]:
    """The command and its arguments: one single argument is split at white space, without quoting.

    The original splits so (``CMD "python app.py"`` in one string); more than one is taken verbatim.
    """
    if len(arguments) == 1:
        return arguments[0].split() or [arguments[0]]
    return list(arguments)


def start_child(
    command: list[str],
    environ: "Mapping[str, str]",
    *,
    signal_mask: "Iterable[int]",
    outputs: "Sequence[int]" = (),
) -> int:
    """Start `command` in its own process group and return its pid.

    `outputs` become its stdout and stderr; without them it inherits ours.

    Raises `ChildNotStarted` with the exit code a shell would give.
    """
    if not command[0]:
        raise ChildNotStarted("", "the command is empty", NOT_FOUND)
    try:
        return os.posix_spawnp(
            command[0],
            command,
            environ,
            setpgroup=0,
            setsigmask=signal_mask,
            setsigdef=_IGNORED_BY_PYTHON,
            file_actions=[(os.POSIX_SPAWN_DUP2, fd, 1 + i) for i, fd in enumerate(outputs)],
        )
    except OSError as error:
        why = error.strerror or str(error)
        raise ChildNotStarted(command[0], why, from_spawn_error(error)) from None


class Terminal:
    """The controlling terminal on stdin, if we hold its foreground; else every method does nothing.

    `suspended` is true from the app's suspension until it has the terminal again: a SIGCONT that
    reaches it before that would have it stopped once more, for touching the terminal.

    Tests against tini's behaviour: ``ENOTTY`` and a background group mean that there is nothing to
    hand over.
    """

    def __init__(self) -> None:
        self._own_group = os.getpgrp()
        self.suspended = False
        self._child = 0
        self._held = self._foreground() == self._own_group

    def give(self, child: int) -> None:
        """Make the app's group the foreground group.

        The app may have read from the terminal before this: then it was stopped and is continued.
        """
        self._child = child
        if self._held and self._set_foreground(child):
            os.kill(child, signal.SIGCONT)

    def take_back(self) -> None:
        """Make our own group the foreground group again, so that Ctrl-C reaches us."""
        if self._held:
            self._set_foreground(self._own_group)

    def suspend(self, number: int) -> None:
        """Signal `number` stopped the app: stop with it, and continue it when continued.

        As PID 1 or session leader nobody would ever continue us, so the app is continued at once:
        without us, the kernel would have ignored the stop. So is an app that touched the terminal
        a moment before it was given it.
        """
        if not self._held or number == signal.SIGSTOP:
            return
        premature = number in (signal.SIGTTIN, signal.SIGTTOU) and self._foreground() == self._child
        if not premature and os.getpid() != 1 and os.getsid(0) != os.getpid():
            self.suspended = True
            self._set_foreground(self._own_group)
            os.kill(os.getpid(), signal.SIGSTOP)
            self._set_foreground(self._child)
            self.suspended = False
        os.killpg(self._child, signal.SIGCONT)

    def _foreground(self) -> int:
        try:
            return os.tcgetpgrp(0)
        except OSError:
            return -1

    def _set_foreground(self, group: int) -> bool:
        # From a background group the call raises SIGTTOU, which must not stop us: block it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTTOU,))
        try:
            os.tcsetpgrp(0, group)
        except OSError:
            return False
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return True
