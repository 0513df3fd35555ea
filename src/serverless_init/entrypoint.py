"""``serverless-init COMMAND...``: bind the sockets, start the app, only then import the rest.

The app comes first: what stands between our own first instruction and the app's is this file and
what it imports (a short list kept in tests/test_imports.py: no asyncio, no ssl, nothing from
elsewhere). Whatever goes wrong here or later is said in one line, and the app runs on.
"""

import errno
import os
import signal
import sys

from serverless_init import __version__
from serverless_init.config import (
    CONFIGURATION_FILES,
    SIDECAR_DEFAULTS,
    DogStatsDSettings,
    load,
)
from serverless_init.errors import ChildNotStarted
from serverless_init.process import (
    USAGE,
    Reaper,
    SignalRelay,
    Terminal,
    command_line,
    from_wait_status,
    start_child,
)
from serverless_init.reception import Reception, bind_udp, bind_unix_datagram, bind_unix_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket
    from typing import NoReturn, TextIO

    from serverless_init.config import Configuration

HELP = f"""\
serverless-init {__version__}: a container's entrypoint that delivers its telemetry to Datadog

usage: serverless-init COMMAND [ARG...]          start COMMAND and deliver its telemetry
       serverless-init --local [--] COMMAND...   the same, to an intake in this process: no API key,
                                                 and at the end it prints what arrived
       serverless-init                           sidecar: deliver until SIGTERM
       serverless-init --version | --help

Settings are environment variables (DD_API_KEY, DD_SITE, ...) or datadog.yaml: sictl config show.
Exit code: the command's own; 128+n when signal n ended it; 126 or 127 when it cannot be started.
"""

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

    `child` is the app's pid, 0 in sidecar mode. `problems` are lines for the log,
    `app_environment` is what only the app is told.
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
        self.reception = self._bind(self.configuration.of(DogStatsDSettings))

    def start_app(self) -> None:
        """Start the app, if there is one, and pass signals on to it. Raises `ChildNotStarted`."""
        if not self.command:
            self.relay.install_without_app()
        else:
            self.relay.install()
            environ = {**APP_ENVIRONMENT, **self.environ, **self.app_environment}
            self.child = start_child(self.command, environ, signal_mask=self.relay.mask)
        self.reaper = Reaper(self.child, on_stop=self.terminal.suspend)
        self.relay.intercept(signal.SIGCHLD, self._reap)
        if self.child:
            self.terminal.give(self.child)
            self.relay.attach(self.child)
        self._reap()

    def read_meanwhile(self, on: bool) -> None:
        """Read each packet into the backlog as it arrives, although no event loop runs yet.

        The kernel says so with SIGIO. One that comes when nothing has ever arrived is somebody's
        who means the app, and is passed on.
        """
        self.relay.intercept(signal.SIGIO, self._arrived if on else None)
        self.reception.signal_arrivals(on)
        self.reception.receive()

    def _arrived(self) -> bool:
        return self.reception.receive() or not self.reception.untouched

    def _reap(self) -> bool:
        self.reaper.reap()
        if self.reaper.status is not None:
            self.relay.detach()
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

    def _bind(self, settings: DogStatsDSettings) -> Reception:
        reception = Reception(
            packet_bytes_max=settings.buffer_size, bytes_max=settings.backlog_bytes_max
        )
        if not settings.enabled:
            return reception
        buffer = settings.so_rcvbuf
        if settings.port:
            with self._complaining(f"UDP port {settings.port}"):
                for sock in self._bind_udp(settings):
                    reception.add_datagrams(sock)
        if settings.socket:
            with self._complaining(f"socket {settings.socket}"):
                reception.add_datagrams(bind_unix_datagram(settings.socket, receive_buffer=buffer))
        if settings.stream_socket:
            with self._complaining(f"stream socket {settings.stream_socket}"):
                reception.add_streams(bind_unix_stream(settings.stream_socket))
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


def main() -> "NoReturn":
    """The console script."""
    _open_missing_streams()
    arguments = sys.argv[1:]
    local = arguments[:1] == ["--local"]
    if local:
        del arguments[0]
    if arguments[:1] == ["--help"]:
        _end(0, HELP, sys.stdout)
    if arguments[:1] == ["--version"]:
        _end(0, f"serverless-init {__version__}\n", sys.stdout)
    if arguments[:1] == ["--"]:
        del arguments[0]
    elif arguments and arguments[0].startswith("-"):
        _end(USAGE, f"serverless-init: unknown option {arguments[0]}\n\n{HELP}", sys.stderr)
    start = Start(os.environ, command_line(arguments), local=local)
    try:
        start.start_app()
    except ChildNotStarted as error:
        _end(error.exit_code, f"serverless-init: {error}\n", sys.stderr)
    _end(_deliver(start))


def _open_missing_streams() -> None:
    """Whoever starts us with a stream closed must not find a socket of ours in its place."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(fd, True)


def _deliver(start: Start) -> int:
    """Import and run the rest; when our own mistake ends it, the app still runs to its end."""
    try:
        start.read_meanwhile(True)
        from serverless_init.main import run

        return run(start)
    except Exception as error:  # noqa: BLE001  whatever fails here must not fail the app
        _say(f"serverless-init ERROR: telemetry has ended ({error!r}); the app runs on\n")
    start.reception.close()
    return _wait_for_app(start)


def _wait_for_app(start: Start) -> int:
    while start.child and start.reaper.status is None:
        try:  # Handlers run while this blocks; the one for SIGCHLD may reap the app first.
            os.waitid(os.P_PID, start.child, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            break
        start.reaper.reap()
    return from_wait_status(start.reaper.status or 0)


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):  # stderr is closed: there is nobody to tell
        return


def _end(code: int, text: str = "", stream: "TextIO | None" = None) -> "NoReturn":
    """Leave at once, with what is buffered written, without tearing the interpreter down."""
    try:
        if stream is not None:
            stream.write(text)
            stream.flush()
    except (OSError, ValueError):  # nobody reads it
        pass
    os._exit(code)
