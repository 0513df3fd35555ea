"""What stands before anything else exists: the bound sockets, the running app, the settings.

Imported before the app has started; `main` builds the rest around it.
"""

import os
import time

from serverless_init.bare import signal, whole
from serverless_init.binding import Binder
from serverless_init.config import (
    CONFIGURATION_FILES,
    SIDECAR_DEFAULTS,
    LogsSettings,
    PlatformSettings,
    load,
)
from serverless_init.process import Reaper, SignalRelay, Terminal, start_child

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from serverless_init.config import Configuration
    from serverless_init.process import pipes

# The original writes these for the app, each only when the variable is not there at all.
APP_ENVIRONMENT = {
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_HOSTNAME": "none",
    "DD_APM_ENABLED": "true",
    "DD_TRACE_ENABLED": "true",
}


class Start:
    """What has been started before anything else existed; `main` builds the rest around it.

    `child` is the app's pid, 0 in sidecar mode. `capture` is what the app's output passes through,
    None when it inherits ours. `trace_sockets` listen for tracers, `otlp_sockets` for OTLP, by
    protocol. `began_at` is in unix seconds. `problems` are lines for the log, `app_environment` is
    what only the app is told.
    """

    def __init__(self, environ: "Mapping[str, str]", command: list[str], *, local: bool) -> None:
        self.began_at = time.time()
        self.environ = environ
        self.command = command
        self.local = local
        self.problems: list[str] = []
        self.relay = SignalRelay()
        self.terminal = Terminal()
        self.child = 0
        self.configuration = self._load()
        # Before the sockets: what outlives us in the fork must not hold them.
        self.capture = self._capture()
        binder = Binder(self.configuration, local=local)
        self.reception, self.trace_sockets = binder.reception(), binder.traces()
        self.otlp_sockets = binder.otlp()
        self.problems += binder.problems
        self.app_environment = binder.app_environment

    def start_app(self) -> None:
        """Start the app, if there is one, and pass signals on to it. Raises `ChildNotStarted`."""
        if not self.command:
            self.relay.install_without_app()
        else:
            self.relay.install()
            environ = {**APP_ENVIRONMENT, **self.environ, **self.app_environment}
            environ |= self._tracer(environ)
            ends = self.capture.app_ends if self.capture else ()
            self.child = start_child(
                self.command, environ, signal_mask=self.relay.mask, outputs=ends
            )
            if self.capture:
                self.capture.app_started()
        self.reaper = Reaper(self.child, on_stop=self.terminal.suspend)
        self.relay.intercept(signal.SIGCHLD, self._reap)
        if self.child:
            self.relay.intercept(signal.SIGCONT, lambda: self.terminal.suspended)
            self.terminal.give(self.child)
            self.relay.attach(self.child)
        self._reap()

    def read_meanwhile(self, on: bool) -> None:
        """Read each packet into the backlog as it arrives, although no event loop runs yet.

        The kernel says so with SIGIO. One that comes when nothing has ever arrived is somebody's
        who means the app, and is passed on.
        """
        if on:
            self.relay.intercept(signal.SIGIO, self._arrived)
        self.reception.signal_arrivals(on)
        self.reception.receive()
        if not on:
            # Only now: what the kernel raised until a moment ago is ours, and would end the app.
            self.relay.intercept(signal.SIGIO, None)

    def complete_sockets(self) -> None:
        """Make ordinary sockets of those that listen, as an event loop wants them."""
        self.trace_sockets = list(map(whole, self.trace_sockets))
        for protocol, bound in self.otlp_sockets.items():
            self.otlp_sockets[protocol] = list(map(whole, bound))

    def give_up_receiving(self) -> None:
        """Close the sockets: a client must not wait for one who will never read."""
        self.read_meanwhile(False)
        self.reception.close()
        for sock in sum(self.otlp_sockets.values(), self.trace_sockets):
            sock.close()

    def _arrived(self) -> bool:
        return self.reception.receive() or not self.reception.stats.untouched

    def _reap(self) -> bool:
        self.reaper.reap()
        if self.reaper.status is not None:
            self.relay.detach()
            if self.capture:
                self.capture.app_ended()
        return True

    def _load(self) -> "Configuration":
        path, text = "", None
        for path in CONFIGURATION_FILES:
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read()
                break
            except FileNotFoundError:
                continue
            except OSError as error:
                self.problems.append(f"config: {path} cannot be read ({error.strerror}): ignored")
        mode = {} if self.command else SIDECAR_DEFAULTS
        return load(self.environ, yaml_text=text, yaml_path=path, mode=mode, whole=False)

    def _tracer(self, environ: "Mapping[str, str]") -> dict[str, str]:
        """The variables that load the tracer of the image, if it has one, into the app."""
        root = self.configuration.of(PlatformSettings).tracers
        if not os.path.isdir(root):
            return {}
        from serverless_init.process import tracers

        return tracers.tracer_environment(environ, root, os.path.isdir)

    def _capture(self) -> "pipes.Capture | None":
        if not self.command or not self.configuration.of(LogsSettings).enabled:
            return None
        # Costs those nothing who do not ask for it.
        from serverless_init.process import pipes

        try:
            return pipes.Capture()
        except OSError as error:
            self.problems.append(
                f"logs: the app's output cannot be captured ({error.strerror}); it is passed on"
            )
            return None
