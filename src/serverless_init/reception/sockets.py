"""Binding the sockets on which telemetry arrives. Imported before the app has started.

Each function binds or raises ``OSError``; the caller says so in one line and goes on without it.
"""

import os
import stat

from serverless_init.bare import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STREAM_CONNECTIONS_WAITING = 128
# The app may run as another user than we do: anybody may write, only we may read.
_SOCKET_MODE = 0o722


def bind_udp(host: str, port: int, *, receive_buffer: int) -> list[socket.socket]:
    """UDP sockets on `host` (empty: all interfaces) and `port` (0: a free one).

    ``localhost`` is 127.0.0.1 and, where the machine has it, ::1: clients disagree on which they
    try first. It is not looked up, which would load the name service before the app has started.
    """
    if host == "":
        return [_bind_udp(*_any_address(port), receive_buffer)]
    if host != "localhost":
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        return [_bind_udp(family, address, receive_buffer)]
    bound = [_bind_udp(socket.AF_INET, ("127.0.0.1", port), receive_buffer)]
    port = bound[0].getsockname()[1]
    try:
        bound.append(_bind_udp(socket.AF_INET6, ("::1", port), receive_buffer))
    except OSError:
        return bound
    return bound


def bind_unix_datagram(path: str, *, receive_buffer: int) -> socket.socket:
    """A Unix datagram socket at `path`; a socket left there by an earlier run is replaced."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        _prepare(sock, receive_buffer)
        _bind_path(sock, path)
    except OSError:
        sock.close()
        raise
    return sock


def bind_unix_stream(path: str) -> socket.socket:
    """A listening Unix stream socket at `path`; a socket left by an earlier run is replaced."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        _bind_path(sock, path)
        sock.listen(_STREAM_CONNECTIONS_WAITING)
    except OSError:
        sock.close()
        raise
    return sock


def bind_tcp(host: str, port: int) -> list[socket.socket]:
    """Listening TCP sockets on `host` and `port`, as `bind_udp` has them."""
    if host == "":
        return [_bind_tcp(*_any_address(port))]
    if host != "localhost":
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return [_bind_tcp(family, address)]
    bound = [_bind_tcp(socket.AF_INET, ("127.0.0.1", port))]
    port = bound[0].getsockname()[1]
    try:
        bound.append(_bind_tcp(socket.AF_INET6, ("::1", port)))
    except OSError:
        return bound
    return bound


def _any_address(port: int) -> tuple[int, tuple[str, int]]:
    # One dual-stack socket serves both families; a kernel without IPv6 leaves IPv4.
    if socket.has_ipv6:
        try:
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()
        except OSError:
            pass
        else:
            return socket.AF_INET6, ("::", port)
    return socket.AF_INET, ("0.0.0.0", port)


def _bind_tcp(family: int, address: "Any") -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[0] != "::")
        # Connections of the run before may still be on their way out.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind(address)
        sock.listen(_STREAM_CONNECTIONS_WAITING)
    except OSError:
        sock.close()
        raise
    return sock


def _bind_udp(family: int, address: "Any", receive_buffer: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            dual_stack = address[0] == "::"
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual_stack)
        _prepare(sock, receive_buffer)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def _prepare(sock: socket.socket, receive_buffer: int) -> None:
    sock.setblocking(False)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)


def _bind_path(sock: socket.socket, path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISSOCK(mode):
            raise FileExistsError(17, "the path exists and is not a socket")
        os.unlink(path)
    sock.bind(path)
    os.chmod(path, _SOCKET_MODE)
