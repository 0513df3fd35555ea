"""Signals: every catchable one goes on to the app, from the first moment, none lost in a burst.

Theory of operation. A handler in C, CPython's own, writes each signal's number into a pipe
(``signal.set_wakeup_fd``); a handler in Python, the same for all signals, runs between two
bytecodes of the main thread, reads the pipe and passes on what stands in it. So a signal that
arrives twice while the main thread is inside a long C call is passed on twice, and nothing depends
on an event loop that may not run yet. What comes before the app's pid is known waits for it.

The Python handler is itself interrupted by the next signal. A storm of SIGIO, one for each packet
of a burst, would nest it until the interpreter's recursion limit ends the program. So only the
outermost one works: an inner one leaves a count behind and returns, and the outer one looks again.

Faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL) cannot be treated so: after a genuine fault of ours the
handler would return to the faulting instruction for ever. They are blocked instead. The kernel
still kills us for a genuine one, and one that was *sent* waits until a thread fetches it with
``sigwait`` and passes it on.

A signal that was ignored when we started stays ignored, by us and by the app (``nohup``), and is
not passed on. SIGKILL and SIGSTOP cannot be caught. A signal that is meant for us, SIGCHLD above
all, has an interceptor. Imported before the app has started.
"""

import _thread
import os
import time

from serverless_init.bare import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS = frozenset((signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL))
TERMINATION = frozenset((signal.SIGTERM, signal.SIGINT))
_UNCATCHABLE = frozenset((signal.SIGKILL, signal.SIGSTOP))
# CPython ignores these at its own start, whatever was inherited.
_IGNORED_BY_PYTHON = frozenset((signal.SIGPIPE, signal.SIGXFSZ))


class SignalRelay:
    """Catches signals and passes them on to the app.

    `terminated_at` is the monotonic time of the first SIGTERM or SIGINT, None before. `passed_on`
    counts signals handed to the app.
    """

    def __init__(self) -> None:
        self.terminated_at: float | None = None
        self.passed_on = 0
        self.mask: set[int] = set()
        self._child: int | None = None  # None: not started yet; 0: gone, or there is none
        self._waiting: list[int] = []
        self._interceptors: dict[int, Callable[[], bool]] = {}
        self._on_termination: Callable[[], object] = _nothing
        self._pipe = (-1, -1)
        self._wakes = 0
        self._relaying = False

    @property
    def waiting(self) -> tuple[int, ...]:
        """The signals that wait for the app to run, in order of arrival."""
        return tuple(self._waiting)

    def install(self) -> None:
        """Catch everything from now on and remember the mask with which the app must start."""
        self._open_pipe()
        self.mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, FAULTS))
        for number in signal.valid_signals() - _UNCATCHABLE - FAULTS:
            if signal.getsignal(number) == signal.SIG_IGN and number not in _IGNORED_BY_PYTHON:
                continue
            signal.signal(number, self._wake)

    def install_without_app(self) -> None:
        """Catch what ends us and what has an interceptor, or would end us; nothing is passed on."""
        self._child = 0
        self._open_pipe()
        for number in (*TERMINATION, signal.SIGCHLD, signal.SIGIO):
            signal.signal(number, self._wake)

    def attach(self, child: int) -> None:
        """The app runs as `child`: pass on what came until now and whatever comes."""
        self._child = child
        while self._waiting:
            self._pass_on(self._waiting.pop(0))
        _thread.start_new_thread(self._fetch_faults, ())

    def detach(self) -> None:
        """The app has been reaped: its pid may soon be somebody else's. Swallow from now on."""
        self._child = 0

    def intercept(self, number: int, callback: "Callable[[], bool] | None") -> None:
        """Call `callback` on this signal and pass it on only if that returns False; None: stop."""
        if callback is None:
            self._interceptors.pop(number, None)
        else:
            self._interceptors[number] = callback

    def notify_termination(self, callback: "Callable[[], object]") -> None:
        """Call `callback` at the first SIGTERM or SIGINT; at once when that has been."""
        self._on_termination = callback
        if self.terminated_at is not None:
            callback()

    def _open_pipe(self) -> None:
        try:
            self._pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # no descriptors: then a burst of one signal may be passed on as one
            return
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)

    def _wake(self, number: int, _frame: object) -> None:
        if self._pipe[0] < 0:
            self._relay(bytes((number,)))
            return
        self._wakes += 1
        if self._relaying:
            return
        seen = 0
        # Compared after the flag is down: a signal that comes before that is not forgotten, and
        # one that comes after it has been relayed by a handler of its own.
        while seen != self._wakes:
            seen = self._wakes
            self._relaying = True
            try:
                self._relay(os.read(self._pipe[0], 65536))
            except BlockingIOError:  # an earlier turn has read it
                continue
            finally:
                self._relaying = False

    def _relay(self, arrived: bytes) -> None:
        for number in arrived:
            interceptor = self._interceptors.get(number)
            taken = interceptor() if interceptor is not None else number == signal.SIGCHLD
            if not taken:
                self._pass_on(number)
            if number in TERMINATION and self.terminated_at is None:
                self.terminated_at = time.monotonic()
                self._on_termination()

    def _pass_on(self, number: int) -> None:
        if self._child is None:
            self._waiting.append(number)
        elif self._child:
            self.passed_on += 1
            # The app may have ended without having been reaped: then there is nobody to tell.
            try:
                os.kill(self._child, number)
            except ProcessLookupError:
                return

    def _fetch_faults(self) -> None:
        while True:
            self._pass_on(signal.sigwait(FAULTS))


def _nothing() -> None:
    pass
