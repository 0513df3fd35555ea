"""Waiting for the app, and for the orphans that PID 1 inherits.

Imported before the app has started. Everything that ends is reaped at SIGCHLD; only the app's
status is kept. Nobody waits for a pipe: a grandchild that keeps stdout open does not hold up the
end.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Reaper:
    """Reaps children; `status` is the app's wait status once it has ended.

    `orphans` counts reaped processes that are not the app. `on_stop` is called with the
    signal that has stopped the app.
    """

    def __init__(self, child: int, *, on_stop: "Callable[[int], object]") -> None:
        self.status: int | None = None
        self.orphans = 0
        self._child = child
        self._on_stop = on_stop
        self._on_end: Callable[[], object] | None = None

    def notify_end(self, callback: "Callable[[], object]") -> None:
        """Call `callback` when the app has ended; at once when it already has."""
        self._on_end = callback
        if self.status is not None:
            callback()

    def reap(self) -> None:
        """Take the status of everything that has ended or stopped. Called at SIGCHLD."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if os.WIFSTOPPED(status):
                if pid == self._child:
                    self._on_stop(os.WSTOPSIG(status))
            elif pid == self._child:
                self.status = status
                if self._on_end is not None:
                    self._on_end()
            else:
                self.orphans += 1
