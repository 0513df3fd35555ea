"""The sockets on which telemetry arrives, bound before the app has started; see `start`.

What cannot be bound is said in one line, and nothing is received there. On a developer's machine an
Agent may have the usual ports: with ``--local`` others are taken, and the app is told of them.
"""

import errno

from serverless_init.config import (
    EOL_TRANSPORTS,
    DogStatsDSettings,
    OriginSettings,
    OtlpSettings,
    ReceiverSettings,
    TransportSettings,
)
from serverless_init.reception import (
    Reception,
    bind_tcp,
    bind_udp,
    bind_unix_datagram,
    bind_unix_stream,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from serverless_init.config import Configuration

# Every interface in both families, however it is written.
_ANY = {"0.0.0.0": "", "[::]": ""}


class Binder:
    """Binds by the settings. `problems` are lines for the log, `app_environment` is for the app."""

    def __init__(self, configuration: "Configuration", *, local: bool) -> None:
        self.problems: list[str] = []
        self.app_environment: dict[str, str] = {}
        self._of = configuration.of
        self._local = local

    def reception(self) -> Reception:
        """The sockets of DogStatsD."""
        settings: DogStatsDSettings = self._of(DogStatsDSettings)
        reception = Reception(
            packet_bytes_max=settings.buffer_size,
            bytes_max=settings.backlog_bytes_max,
            senders_named=self._of(OriginSettings).by_socket,
        )
        eol_required = self._eol_required()
        if not settings.enabled:
            return reception
        buffer = settings.so_rcvbuf
        if settings.port:
            with self._complaining("dogstatsd", f"UDP port {settings.port}"):
                host = "" if settings.non_local_traffic else settings.bind_host
                bound = self._bind_port(
                    lambda port: bind_udp(host, port, receive_buffer=buffer),
                    settings.port,
                    what="dogstatsd: UDP",
                    variable="DD_DOGSTATSD_PORT",
                )
                for sock in bound:
                    reception.add_datagrams(sock, eol_required="udp" in eol_required)
        if settings.socket:
            with self._complaining("dogstatsd", f"socket {settings.socket}"):
                sock = bind_unix_datagram(settings.socket, receive_buffer=buffer)
                reception.add_datagrams(sock, eol_required="uds" in eol_required)
        if settings.stream_socket:
            with self._complaining("dogstatsd", f"stream socket {settings.stream_socket}"):
                sock = bind_unix_stream(settings.stream_socket)
                reception.add_streams(sock, eol_required="uds" in eol_required)
        return reception

    def traces(self) -> "list[socket]":
        """Listening sockets for tracers: what connects waits in the kernel until we accept."""
        settings: ReceiverSettings = self._of(ReceiverSettings)
        bound: list[socket] = []
        if not (settings.enabled and settings.receiver_enabled):
            return bound
        if settings.port:
            with self._complaining("traces", f"TCP port {settings.port}"):
                host = "" if settings.non_local_traffic else self._of(DogStatsDSettings).bind_host
                bound += self._bind_port(
                    lambda port: bind_tcp(host, port),
                    settings.port,
                    what="traces: TCP",
                    variable="DD_TRACE_AGENT_PORT",
                )
        if settings.socket:
            with self._complaining("traces", f"socket {settings.socket}"):
                bound.append(bind_unix_stream(settings.socket))
        return bound

    def otlp(self) -> "dict[str, list[socket]]":
        """Listening sockets for OTLP by protocol, ``grpc`` and ``http``, of those that are on."""
        settings: OtlpSettings = self._of(OtlpSettings)
        addresses = {"grpc": settings.grpc_endpoint, "http": settings.http_endpoint}
        bound: dict[str, list[socket]] = {}
        signals = settings.metrics_enabled, settings.traces_enabled, settings.logs_enabled
        if any(addresses.values()) and not any(signals):
            self.problems.append("otlp: no signal is enabled; nothing is received by OTLP")
            return bound
        for protocol, address in addresses.items():
            host, _, port = address.rpartition(":")
            if address:
                with self._complaining("otlp", f"{protocol} on {address}"):
                    bound[protocol] = bind_tcp(_ANY.get(host, host.strip("[]")), int(port))
        return bound

    def _bind_port(
        self, bind: "Callable[[int], list[socket]]", port: int, *, what: str, variable: str
    ) -> "list[socket]":
        try:
            return bind(port)
        except OSError as error:
            if not self._local or error.errno != errno.EADDRINUSE:
                raise
        bound = bind(0)
        chosen = str(bound[0].getsockname()[1])
        self.app_environment[variable] = chosen
        self.problems.append(
            f"{what} port {port} is taken; the app is given port {chosen} in {variable}"
        )
        return bound

    def _eol_required(self) -> tuple[str, ...]:
        transports: tuple[str, ...] = self._of(TransportSettings).eol_required
        self.problems.extend(
            f"dogstatsd: dogstatsd_eol_required: {unknown!r} is none of {', '.join(EOL_TRANSPORTS)}"
            for unknown in transports
            if unknown not in EOL_TRANSPORTS
        )
        return transports

    def _complaining(self, component: str, what: str) -> "_Complaining":
        return _Complaining(self.problems, f"{component}: {what}")


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
            self._problems.append(f"{self._what}: {why}; nothing is received there")
            return True
        return False
