"""What stands before anything else exists: the bound sockets, the running app, the settings.

Imported before the app has started; `main` builds the rest around it.
"""

import errno
import signal

from serverless_init.config import (
    CONFIGURATION_FILES,
    EOL_TRANSPORTS,
    SIDECAR_DEFAULTS,
    DogStatsDSettings,
    LogsSettings,
    OriginSettings,
    TransportSettings,
    load,
)
from serverless_init.process import Reaper, SignalRelay, Terminal, start_child
from serverless_init.reception import Reception, bind_udp, bind_unix_datagram, bind_unix_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

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
    None when it inherits ours. `problems` are lines for the log, `app_environment` is what only the
    app is told.
    """

    def __init__(self, environ: "Mapping[str, str]", command: list[str], *, local: bool) -> None:
        self.environ = environ
        self.command = command
        self.local = local
        self.problems: list[str] = []
        self.app_environment: dict[str, str] = {}
        self.relay = SignalRelay()
        self.terminal = Terminal()
        self.child = 0
        self.configuration = self._load()
        # Before the sockets: what outlives us in the fork must not hold them.
        self.capture = self._capture()
        self.reception = self._bind(self.configuration.of(DogStatsDSettings), self._eol_required())

    def start_app(self) -> None:
        """Start the app, if there is one, and pass signals on to it. Raises `ChildNotStarted`."""
        if not self.command:
            self.relay.install_without_app()
        else:
            self.relay.install()
            environ = {**APP_ENVIRONMENT, **self.environ, **self.app_environment}
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

    def give_up_receiving(self) -> None:
        """Close the sockets: a client must not wait for one who will never read."""
        self.read_meanwhile(False)
        self.reception.close()

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
        configuration = load(self.environ, yaml_text=text, yaml_path=path, mode=mode)
        self.problems.extend(f"config: {problem}" for problem in configuration.problems)
        return configuration

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

    def _eol_required(self) -> tuple[str, ...]:
        transports = self.configuration.of(TransportSettings).eol_required
        self.problems.extend(
            f"dogstatsd: dogstatsd_eol_required: {unknown!r} is none of {', '.join(EOL_TRANSPORTS)}"
            for unknown in transports
            if unknown not in EOL_TRANSPORTS
        )
        return transports

    def _bind(self, settings: DogStatsDSettings, eol_required: tuple[str, ...]) -> Reception:
        reception = Reception(
            packet_bytes_max=settings.buffer_size,
            bytes_max=settings.backlog_bytes_max,
            senders_named=self.configuration.of(OriginSettings).by_socket,
        )
        if not settings.enabled:
            return reception
        buffer = settings.so_rcvbuf
        if settings.port:
            with self._complaining(f"UDP port {settings.port}"):
                for sock in self._bind_udp(settings):
                    reception.add_datagrams(sock, eol_required="udp" in eol_required)
        if settings.socket:
            with self._complaining(f"socket {settings.socket}"):
                sock = bind_unix_datagram(settings.socket, receive_buffer=buffer)
                reception.add_datagrams(sock, eol_required="uds" in eol_required)
        if settings.stream_socket:
            with self._complaining(f"stream socket {settings.stream_socket}"):
                sock = bind_unix_stream(settings.stream_socket)
                reception.add_streams(sock, eol_required="uds" in eol_required)
        return reception

    def _bind_udp(self, settings: DogStatsDSettings) -> "list[socket]":
        host = "" if settings.non_local_traffic else settings.bind_host
        try:
            return bind_udp(host, settings.port, receive_buffer=settings.so_rcvbuf)
        except OSError as error:
            if not self.local or error.errno != errno.EADDRINUSE:
                raise
        # On a developer's machine an Agent may have the port: the app is told of another one.
        bound = bind_udp(host, 0, receive_buffer=settings.so_rcvbuf)
        port = str(bound[0].getsockname()[1])
        self.app_environment["DD_DOGSTATSD_PORT"] = port
        self.problems.append(
            f"dogstatsd: UDP port {settings.port} is taken; the app is given port {port} in "
            f"DD_DOGSTATSD_PORT"
        )
        return bound

    def _complaining(self, what: str) -> "_Complaining":
        return _Complaining(self.problems, what)


class _Complaining:
    """Turns an ``OSError`` of a bind into a line for the log."""

    def __init__(self, problems: list[str], what: str) -> None:
        self._problems = problems
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        if isinstance(error, OSError):
            why = error.strerror or str(error)
            self._problems.append(f"dogstatsd: {self._what}: {why}; nothing is received there")
            return True
        return False
