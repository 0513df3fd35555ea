"""HTTP/1.1 client: one request, one answer, over kept-alive connections.

Theory of operation. A request takes the connection that was used last, so one after the other use
one connection, or opens one: name lookup, TCP, TLS; with a proxy these lead to the proxy, and for
an https origin a tunnel and TLS follow. A connection whose answer has been read to its end goes
back to the pool. One deadline covers all of it.

*A stale connection.* A server may close an idle connection at the very moment it is used again. If
a used connection breaks before the first byte of an answer, the request is sent once more on a new
one. The server may in theory have acted on the first; but a payload whose answer is lost is sent
again in any case, and the alternative, a backoff of seconds for a server that is well, is worse.
A new connection that breaks, a broken answer and a timeout are failures.

*Redirects.* 307 and 308 to the same origin are followed once: the request stays what it was. Any
other redirect is returned as it is: the body and the API key go to no host that was not configured,
and a POST does not become a GET.

Everything that can go wrong is an `IntakeUnreachable` with the phase it happened in.
"""

import asyncio
import math
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from serverless_init.errors import IntakeUnreachable
from serverless_init.wire.http_connection import (
    ClientRequest,
    ClientResponse,
    Connection,
    Origin,
    Progress,
)
from serverless_init.wire.offload import offload
from serverless_init.wire.proxy import Proxy, ProxyRules
from serverless_init.wire.tls import TlsOptions, client_context
from serverless_init.wire.tunnel import Tunnel

if TYPE_CHECKING:
    import ssl

Address = tuple[Any, ...]
"""One of ``socket.getaddrinfo``'s results."""
Lookup = Callable[[str, int], list[Address]]

# Shorter than the idle timeouts of usual load balancers (60 s and more).
_IDLE_S_MAX = 45.0


@dataclass(slots=True)
class HttpClientStats:
    """What the client did."""

    connections_opened: int = 0
    requests_resent: int = 0
    redirects_followed: int = 0


def look_up(host: str, port: int) -> list[Address]:
    """The TCP addresses of `host`. Blocks; raises ``OSError`` or ``UnicodeError``."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class HttpClient:
    """A client with a pool: a connection for each request in flight, and at most
    `idle_connections_max` idle ones, each for at most `idle_s_max`.

    A connection older than `age_s_max` is not used again; 0 means any age. `lookup` finds a host's
    addresses; it may block, for it runs in a thread of its own. `complain` is told what is not as
    configured; it is called from any thread.
    """

    def __init__(
        self,
        *,
        tls: TlsOptions | None = None,
        proxies: ProxyRules | None = None,
        idle_connections_max: int = 10,
        idle_s_max: float = _IDLE_S_MAX,
        age_s_max: float = 0.0,
        lookup: Lookup = look_up,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._tls = tls or TlsOptions()
        self._proxies = proxies or ProxyRules()
        self._idle_connections_max = idle_connections_max
        self._idle_s_max = idle_s_max
        self._age_s_max = age_s_max or math.inf
        self._lookup = lookup
        self._complain = complain
        self._idle: list[Connection] = []
        self._lookups: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}
        self._context: asyncio.Future[ssl.SSLContext] | None = None
        self._closed = False
        self.stats = HttpClientStats()

    async def send(
        self, request: ClientRequest, *, timeout_s: float, progress: Progress | None = None
    ) -> ClientResponse:
        """The answer to `request`; raises `IntakeUnreachable` when none comes in `timeout_s`."""
        progress = progress or Progress()
        deadline = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._ask(request, progress, deadline)
                target = _same_origin_target(request, response)
                if target:
                    self.stats.redirects_followed += 1
                    request = replace(request, target=target)
                    response = await self._ask(request, progress, deadline)
                return response
        except TimeoutError:
            why = f"no answer within {timeout_s:g} s, came as far as {progress.phase}"
            raise IntakeUnreachable("timeout", why) from None

    def close(self) -> None:
        """Close the idle connections; those in use close when their request ends. Idempotent."""
        self._closed = True
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    async def _ask(
        self, request: ClientRequest, progress: Progress, deadline: float
    ) -> ClientResponse:
        kept = self._kept(request.origin)
        if kept is not None:
            try:
                return await self._ask_on(kept, request, progress)
            except IntakeUnreachable as error:
                if kept.answering or error.phase == "invalid_request":
                    raise
                self.stats.requests_resent += 1
        fresh = await self._open(request.origin, progress, deadline)
        return await self._ask_on(fresh, request, progress)

    async def _ask_on(
        self, connection: Connection, request: ClientRequest, progress: Progress
    ) -> ClientResponse:
        try:
            response = await connection.ask(request, progress)
        except BaseException:
            connection.abort()
            raise
        self._keep(connection)
        return response

    def _kept(self, origin: Origin) -> Connection | None:
        """The connection to `origin` that was used last and still can be."""
        now = asyncio.get_running_loop().time()
        idle_since, opened_at = now - self._idle_s_max, now - self._age_s_max
        for connection in self._idle[:]:
            is_fresh = connection.idle_since >= idle_since and connection.opened_at >= opened_at
            if is_fresh and connection.reusable:
                continue
            self._idle.remove(connection)
            connection.abort()
        for connection in reversed(self._idle):
            if connection.origin == origin:
                self._idle.remove(connection)
                return connection
        return None

    def _keep(self, connection: Connection) -> None:
        if self._closed or not connection.reusable:
            connection.abort()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        if len(self._idle) > self._idle_connections_max:
            self._idle.pop(0).abort()

    async def _open(self, origin: Origin, progress: Progress, deadline: float) -> Connection:
        proxy = self._proxies.proxy_for(origin)
        first = proxy.origin if proxy else origin
        progress.phase = "dns"
        addresses = await self._addresses(first)
        progress.phase = "connect"
        sock = await _connected(addresses, deadline)
        try:
            connection = await self._established(origin, proxy, sock, progress)
        except BaseException:
            sock.close()
            raise
        self.stats.connections_opened += 1
        progress.connections += 1
        return connection

    async def _addresses(self, origin: Origin) -> list[Address]:
        """Requests at the same time share one lookup, so one that hangs costs one thread."""
        key = (origin.host, origin.port)
        if key not in self._lookups:
            looking_up = offload(partial(self._lookup, *key), name="lookup")
            self._lookups[key] = looking_up
            looking_up.add_done_callback(lambda _: self._lookups.pop(key, None))
        try:
            addresses = await asyncio.shield(self._lookups[key])
        except (OSError, UnicodeError) as error:
            raise IntakeUnreachable("dns", f"{origin.host}: {error}") from None
        if not addresses:
            raise IntakeUnreachable("dns", f"{origin.host} has no address")
        return addresses

    async def _established(
        self, origin: Origin, proxy: Proxy | None, sock: socket.socket, progress: Progress
    ) -> Connection:
        """A connection over `sock`: to the origin, or to the proxy and from there on."""
        if proxy is None:
            connection = Connection(origin)
            await self._connect(connection, sock, origin, progress)
            return connection
        if origin.scheme == "http":
            connection = Connection(origin, forward=proxy.headers)
            await self._connect(connection, sock, proxy.origin, progress)
            return connection
        tunnel = Tunnel(proxy, origin)
        transport = await self._connect(tunnel, sock, proxy.origin, progress)
        try:
            progress.phase = "proxy"
            await tunnel.open(transport)
            return await self._through(transport, origin, progress)
        except BaseException:
            transport.abort()
            raise

    async def _connect(
        self, protocol: asyncio.Protocol, sock: socket.socket, peer: Origin, progress: Progress
    ) -> asyncio.Transport:
        """Give `sock` to `protocol`, with TLS when the scheme of `peer` asks for it."""
        loop = asyncio.get_running_loop()
        if peer.scheme == "http":
            transport, _ = await loop.create_connection(lambda: protocol, sock=sock)
            return transport
        progress.phase = "tls"
        try:
            transport, _ = await loop.create_connection(
                lambda: protocol,
                sock=sock,
                ssl=await self._tls_context(),
                server_hostname=peer.host.removesuffix("."),
                ssl_handshake_timeout=self._tls.handshake_timeout_s,
            )
        except (OSError, ValueError) as error:
            raise IntakeUnreachable("tls", _explained(error)) from None
        return transport

    async def _through(
        self, tunnel: asyncio.Transport, origin: Origin, progress: Progress
    ) -> Connection:
        """A connection with TLS to `origin` inside an open tunnel."""
        progress.phase = "tls"
        connection = Connection(origin)
        try:
            transport = await asyncio.get_running_loop().start_tls(
                tunnel,
                connection,
                await self._tls_context(),
                server_hostname=origin.host.removesuffix("."),
                ssl_handshake_timeout=self._tls.handshake_timeout_s,
            )
        except (OSError, ValueError) as error:
            raise IntakeUnreachable("tls", _explained(error)) from None
        if transport is None:
            raise IntakeUnreachable("tls", "the proxy has closed the connection")
        connection.connection_made(transport)
        return connection

    async def _tls_context(self) -> "ssl.SSLContext":
        if self._context is None or (self._context.done() and self._context.exception()):
            build = partial(client_context, self._tls, self._complain)
            self._context = offload(build, name="tls")
        return await asyncio.shield(self._context)


async def _connected(addresses: list[Address], deadline: float) -> socket.socket:
    """A socket connected to the first address that answers.

    Each address has an equal share of the time that is left, so that one that swallows packets
    does not use it up.
    """
    loop = asyncio.get_running_loop()
    why = ""
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        share_s = (deadline - loop.time()) / (len(addresses) - tried)
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            why = f"{address[0]}: {error}"
            continue
        sock.setblocking(False)
        try:
            async with asyncio.timeout(share_s):
                await loop.sock_connect(sock, address)
            return sock
        except OSError as error:  # TimeoutError is one
            sock.close()
            why = f"{address[0]} port {address[1]}: {str(error) or 'no reply'}"
        except BaseException:
            sock.close()
            raise
    raise IntakeUnreachable("connect", why)


def _same_origin_target(request: ClientRequest, response: ClientResponse) -> str:
    """Where a redirect that may be followed leads, else empty."""
    if response.status not in (307, 308):
        return ""
    location = response.location
    if location.startswith("/") and not location.startswith("//"):
        return location
    origin = request.origin
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    for prefix in (f"{origin.scheme}://{host}:{origin.port}/", _default_port_prefix(origin, host)):
        if prefix and location.lower().startswith(prefix):
            return location[len(prefix) - 1 :]
    return ""


def _default_port_prefix(origin: Origin, host: str) -> str:
    is_default = origin.port == {"http": 80, "https": 443}.get(origin.scheme)
    return f"{origin.scheme}://{host}/" if is_default else ""


def _explained(error: Exception) -> str:
    """The TLS error's text, with what is usually the cause in a slim image."""
    text = str(error) or type(error).__name__
    if "unable to get local issuer certificate" in text:
        text += ": if it is signed by an authority of your own, SSL_CERT_FILE can name that"
    return text
