"""A small HTTP/1.1 server: h11 speaks the protocol, asyncio moves the bytes.

One task per connection runs the cycle *receive a request, ask the handler, send the response*, so
pipelined requests are answered in order and a client that sends faster than it is answered is
slowed down by TCP. A client is never trusted: head, body, connections and every wait are bounded by
`ServerLimits`, and what breaks a bound is answered (400, 408, 413, 431, 503), counted and
disconnected. All clients together have a bound too: what of bodies is in memory at one time.

Connections end in one of three ways. `stop` is for a server whose work should be finished: it takes
no new request, lets those being received and answered finish, and waits no longer than it is told.
`close` is for a server that has to go: everything is cut at once. `Reset`, raised by a
handler, cuts one connection without an answer.

A server listens on any number of sockets: it binds TCP ports itself (`bind`) and owns those that it
is given (`take`), a parent's or a Unix path's. The handler sees the same `Request` on all of them.
"""

import asyncio
import contextlib
import json
import logging
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import cast

import h11

from serverless_init.errors import RequestRefused
from serverless_init.wire.http_values import (
    Request,
    Reset,
    Response,
    Room,
    ServerLimits,
    ServerStats,
)

_log = logging.getLogger("serverless_init.wire")

_READ_BYTES = 65536

# The loop's rounds from a connection that waits to be accepted to its first bytes in a task: select
# and accept, make the transport, start the task and the reading, select and read, wake the task.
_ROUNDS_TO_READ = 8
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


Handler = Callable[[Request], Awaitable[Response]]


class HttpServer:
    """Answers requests with `handler`. A handler that fails is logged and answered with 500."""

    def __init__(self, handler: Handler, *, limits: ServerLimits | None = None) -> None:
        self.stats = ServerStats()
        self._handler = handler
        self._limits = limits or ServerLimits()
        self._room = Room(self._limits.bodies_bytes_max)
        self._sockets: list[socket.socket] = []
        self._listening: list[asyncio.Server] = []
        self._connections: dict[asyncio.Task[None], _Connection] = {}
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, host: str, port: int) -> int:
        """Take a TCP port of the address `host`, 0 for a free one; returns it. Raises OSError.

        Without a host it is a port of all interfaces, in both families where the kernel can.

        From now on the kernel accepts connections, which wait for the start.
        """
        dual = not host and socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if dual or ":" in host else socket.AF_INET
        bound = socket.create_server((host, port), family=family, dualstack_ipv6=dual)
        self.take(bound)
        chosen: int = bound.getsockname()[1]
        return chosen

    def take(self, bound: socket.socket) -> None:
        """Own a bound stream socket, TCP or Unix."""
        bound.setblocking(False)
        self._sockets.append(bound)

    async def start(self) -> None:
        """Accept on every socket taken since the last start."""
        self._loop = asyncio.get_running_loop()
        for bound in self._sockets[len(self._listening) :]:
            self._listening.append(await asyncio.start_server(self._connected, sock=bound))

    async def stop(self, timeout_s: float) -> bool:
        """Stop listening, let begun requests be answered, close. False if `timeout_s` cut some.

        A request that has reached the kernel has begun: its client may have gone, trusting us.
        """
        for _ in range(_ROUNDS_TO_READ):
            await asyncio.sleep(0)
        self._stopping = True
        self._stop_listening()
        for connection in self._connections.values():
            connection.finish()
        waiting: set[asyncio.Task[None]] = set()
        if self._connections:
            _, waiting = await asyncio.wait([*self._connections], timeout=max(0.0, timeout_s))
        self.close()
        return not waiting

    def close(self) -> None:
        """Cut every connection and stop listening. Idempotent; works after the loop has closed."""
        self._stopping = True
        self._stop_listening()
        for task, connection in self._connections.items():
            if self._loop_is_open():
                connection.cut()
                task.cancel()
        self._connections.clear()

    def _stop_listening(self) -> None:
        for server in self._listening if self._loop_is_open() else ():
            server.close()
        for bound in self._sockets:
            bound.close()
        self._listening.clear()
        self._sockets.clear()

    def _loop_is_open(self) -> bool:
        return self._loop is not None and not self._loop.is_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopping or len(self._connections) >= self._limits.connections_max:
            self.stats.connections_refused += 1
            writer.transport.abort()
            return
        self.stats.connections += 1
        connection = _Connection(
            self._handler,
            reader=reader,
            writer=writer,
            limits=self._limits,
            stats=self.stats,
            room=self._room,
        )
        task = asyncio.get_running_loop().create_task(connection.serve(), name="http connection")
        self._connections[task] = connection
        task.add_done_callback(lambda done: self._connections.pop(done, None))


class _Connection:
    """One client's requests, one after the other."""

    def __init__(
        self,
        handler: Handler,
        *,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: ServerLimits,
        stats: ServerStats,
        room: Room,
    ) -> None:
        self._handler = handler
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._stats = stats
        self._room = room
        self._held = 0
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes_max)
        # Whether nothing of a request has arrived yet.
        self._idle = True
        self._finishing = False

    async def serve(self) -> None:
        """Answer requests until either side has had enough. Raises nothing but a cancellation."""
        try:
            while await self._answer_one() and not self._finishing:
                self._let_go()
                self._http.start_next_cycle()
            self._writer.close()
            async with asyncio.timeout(self._limits.write_s):
                await self._writer.wait_closed()
        except (OSError, Reset):
            self.cut()
        except h11.LocalProtocolError as error:
            self._stats.handler_failures += 1
            _log.error("a response that HTTP does not allow: %s", error)
            self.cut()
        finally:
            self._let_go()
            self._writer.close()

    def finish(self) -> None:
        """Take no further request; one that has begun to arrive is still answered."""
        self._finishing = True
        if self._idle:
            # As if the client had closed: what it has sent until now is still read first.
            cast(asyncio.Transport, self._writer.transport).pause_reading()
            self._reader.feed_eof()

    def cut(self) -> None:
        """Disconnect at once. Lingering for zero seconds is what makes TCP send a reset."""
        if not self._writer.transport.is_closing():
            peer: socket.socket = self._writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _answer_one(self) -> bool:
        """Whether the connection can take another request."""
        try:
            request = await self._receive()
        except h11.RemoteProtocolError as error:
            return await self._refuse(error.error_status_hint, str(error))
        except RequestRefused as refusal:
            return await self._refuse(refusal.status, str(refusal))
        except TimeoutError:
            # Silence between two requests is no offence: the connection only ends.
            return not self._idle and await self._refuse(408, "the request took too long to arrive")
        if request is None:
            return False
        self._stats.requests += 1
        await self._send(await self._ask(request), body_sent=request.method != "HEAD")
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _receive(self) -> Request | None:
        """The next request, or None when the client has closed the connection between two."""
        self._idle = not self._http.trailing_data[0]
        wait_s = self._limits.idle_s if self._idle else self._limits.request_s
        async with asyncio.timeout(wait_s) as timer:
            head = await self._event(timer)
            if not isinstance(head, h11.Request):
                return None
            if not head.http_version.startswith(b"1."):
                raise RequestRefused(505, "HTTP/1.1 is spoken here")
            headers = _headers(head)
            self._check_length(int(headers.get("content-length", "0")))
            body = bytearray()
            while isinstance(data := await self._event(timer), h11.Data):
                body += data.data
                self._check_length(len(body))
                self._room.take(len(data.data))
                self._held += len(data.data)
        path, _, query = _origin_form(head.target.decode("ascii")).partition("?")
        return Request(head.method.decode("ascii"), path, query, headers, bytes(body))

    async def _event(self, timer: asyncio.Timeout) -> h11.Event:
        # What is a type is NEED_DATA. PAUSED does not come: a request is read up to its end only.
        while isinstance(event := self._http.next_event(), type):
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self._writer.write(self._encode(go_on))
            data = await self._reader.read(_READ_BYTES)
            if self._idle and data:
                self._idle = False
                timer.reschedule(asyncio.get_running_loop().time() + self._limits.request_s)
            self._http.receive_data(data)
        return event

    def _let_go(self) -> None:
        """The body is not needed any more."""
        self._room.used -= self._held
        self._held = 0

    def _check_length(self, length: int) -> None:
        if length > self._limits.body_bytes_max:
            raise RequestRefused(413, f"a body has at most {self._limits.body_bytes_max} bytes")

    async def _ask(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self._limits.answer_s):
                return await self._handler(request)
        except RequestRefused as refusal:
            return _explain(refusal.status, str(refusal))
        except Reset:
            raise
        except Exception as error:  # noqa: BLE001  one request's failure must not end the server
            self._stats.handler_failures += 1
            _log.error("no answer to %s %s: %r", request.method, request.path, error, exc_info=True)
            return _explain(500, "internal error")

    async def _refuse(self, status: int, why: str) -> bool:
        self._stats.refused[status] = self._stats.refused.get(status, 0) + 1
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return False
        self._finishing = True
        await self._send(_explain(status, why), body_sent=True)
        await self._linger()
        return False

    async def _send(self, response: Response, *, body_sent: bool) -> None:
        headers = [
            ("Date", _date(time.time())),
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            *response.headers,
            *([("Connection", "close")] if self._finishing else []),
        ]
        events: list[h11.Event] = [h11.Response(status_code=response.status, headers=headers)]
        if response.body and body_sent:
            events.append(h11.Data(data=response.body))
        events.append(h11.EndOfMessage())
        self._writer.write(b"".join(map(self._encode, events)))
        async with asyncio.timeout(self._limits.write_s):
            await self._writer.drain()

    def _encode(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""

    async def _linger(self) -> None:
        """Read on for a while: closing with unread bytes resets, and the answer would be lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.linger_s):
                self._writer.write_eof()
                while await self._reader.read(_READ_BYTES):
                    pass


def _headers(head: h11.Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _origin_form(target: str) -> str:
    """The target without scheme and authority, which a client may send as if to a proxy."""
    if target.startswith("/"):
        return target
    _, scheme, rest = target.partition("://")
    return "/" + rest.partition("/")[2] if scheme else target


def _explain(status: int, why: str) -> Response:
    return Response(status, json.dumps({"errors": [why]}).encode())


def _date(now: float) -> str:
    """The instant as RFC 9110, 5.6.7, wants it, whatever the locale."""
    at = time.gmtime(now)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
    return f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} {clock}"
