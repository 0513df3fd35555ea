"""One HTTP/1.1 connection of the client: an asyncio protocol around h11.

It is a protocol and not a pair of streams for two reasons. An intake that refuses a large body
answers before it has read it and closes; the answer must be seen although writing fails, and a
stream reader forgets what it has when the connection breaks. And a connection that the server
closes while it is idle in the pool must be known to be gone before it is used.
"""

import asyncio
from dataclasses import dataclass

import h11

from serverless_init.errors import IntakeUnreachable

# What is kept of an answer's body where nobody wants more: enough for an error message.
_BODY_KEPT_BYTES = 1000
# What is read of it at most, so that the connection can be used again.
_BODY_READ_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads. ``host`` is a name or an address without brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """One request. ``target`` is path and query; Host and Content-Length are added.

    Of the answer's body `answer_bytes_max` bytes are kept.
    """

    origin: Origin
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    answer_bytes_max: int = _BODY_KEPT_BYTES


@dataclass(frozen=True, slots=True)
class ClientResponse:
    """One answer: ``body`` is its beginning; the others are headers, or empty."""

    status: int
    body: bytes
    location: str = ""
    retry_after: str = ""
    content_type: str = ""
    content_encoding: str = ""


class Progress:
    """How far a request has come, for whoever cancels it.

    ``phase`` is ``dns``, ``connect``, ``tls``, ``write`` or ``read``. From ``read`` on the whole
    request has been given to the kernel (over TLS up to 64 KiB of it may still wait in asyncio's
    buffer), so the server may act on it even when its answer is not awaited. ``connections`` counts
    those that were opened for the request.
    """

    __slots__ = ("connections", "phase")

    def __init__(self) -> None:
        self.phase = "connect"
        self.connections = 0


class Connection(asyncio.Protocol):
    """A connection for one request at a time. `forward` are the headers for a proxy that passes
    requests on, None without one: then requests name the whole URL.

    ``answering`` says whether a byte of the current answer has come, ``reusable`` whether another
    request may follow, ``idle_since`` when the last one ended and ``opened_at`` when the connection
    was made (loop time).
    """

    def __init__(
        self, origin: Origin, *, forward: tuple[tuple[str, str], ...] | None = None
    ) -> None:
        self.origin = origin
        self.opened_at = asyncio.get_running_loop().time()
        self._forward = forward
        self.answering = False
        self.reusable = False
        self.idle_since = 0.0
        self._http = h11.Connection(h11.CLIENT)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[ClientResponse] | None = None
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._body_read = 0
        self._body_kept_max = _BODY_KEPT_BYTES
        self._progress = Progress()

    async def ask(self, request: ClientRequest, progress: Progress) -> ClientResponse:
        """Send `request` and return the answer. Cancelling leaves the connection to be aborted.

        Raises `IntakeUnreachable`, phase ``invalid_request`` when nothing can be sent.
        """
        self._progress = progress
        self._head, self._body, self._body_read = None, bytearray(), 0
        self._body_kept_max = request.answer_bytes_max
        self.reusable = self.answering = False
        wire = self._encoded(request)
        if self._transport is None or self._transport.is_closing():
            raise IntakeUnreachable("write", "the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        progress.phase = "write"
        # Not `writelines`: before 3.12.9 and 3.13.2 it does not tell when all is written, and a
        # chunk without bytes keeps the loop busy for ever.
        self._transport.write(b"".join(wire))
        if not self._transport.get_write_buffer_size():
            progress.phase = "read"
        return await self._answer

    def abort(self) -> None:
        """Close now. Idempotent."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From asyncio: the connection, and TLS on it, is up."""
        assert isinstance(transport, asyncio.Transport)
        # Any byte that the kernel has not taken counts as unsent, see `resume_writing`.
        transport.set_write_buffer_limits(high=0)
        self._transport = transport

    def resume_writing(self) -> None:
        """From asyncio: everything is written."""
        self._progress.phase = "read"

    def data_received(self, data: bytes) -> None:
        """From asyncio: bytes of the answer; bytes nobody asked for end the connection."""
        if self._answer is None or self._answer.done():
            self.abort()
            return
        self.answering = True
        self._feed(data)

    def eof_received(self) -> None:
        """From asyncio: the server sends no more. The transport closes itself after this."""
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            self._feed(b"")

    def connection_lost(self, error: Exception | None) -> None:
        """From asyncio: the connection is gone."""
        self.reusable = False
        self._transport = None
        self._fail(str(error or "") or "closed before the answer's end")

    def _encoded(self, request: ClientRequest) -> list[bytes]:
        headers = [("Host", _host_header(request.origin)), *request.headers]
        target = request.target
        if self._forward is not None:
            headers += self._forward
            target = f"{request.origin.scheme}://{_host_header(request.origin)}{target}"
        if request.body or request.method == "POST":
            headers.append(("Content-Length", str(len(request.body))))
        try:
            head = h11.Request(method=request.method, target=target, headers=headers)
            events = (head, h11.Data(data=request.body), h11.EndOfMessage())
            return [self._http.send(event) or b"" for event in events]
        except (h11.LocalProtocolError, UnicodeEncodeError):
            # h11's text quotes the header, which may be the API key.
            why = "the URL or a header cannot stand in an HTTP request"
            raise IntakeUnreachable("invalid_request", why) from None

    def _feed(self, data: bytes) -> None:
        try:
            self._http.receive_data(data)
            while self._answer is not None and not self._answer.done():
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._fail(f"broken reply: {error}" if data else "closed before the answer's end")
            self.abort()

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Response):
            self._head = event
        elif isinstance(event, h11.Data):
            self._body_read += len(event.data)
            self._body += event.data[: self._body_kept_max - len(self._body)]
            if self._body_read > max(_BODY_READ_BYTES_MAX, self._body_kept_max):
                self._succeed()
        elif isinstance(event, h11.EndOfMessage):
            self._recycle()
            self._succeed()
        elif isinstance(event, h11.ConnectionClosed):
            self._fail("closed before the answer")

    def _recycle(self) -> None:
        """Make ready for another request, if both sides may go on."""
        done = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        written = self._transport is not None and not self._transport.get_write_buffer_size()
        unasked, closed = self._http.trailing_data
        if done and written and not unasked and not closed:
            self._http.start_next_cycle()
            self.reusable = True

    def _succeed(self) -> None:
        assert self._head is not None
        assert self._answer is not None
        headers = {name: value.decode("latin-1") for name, value in self._head.headers}
        self._answer.set_result(
            ClientResponse(
                self._head.status_code,
                bytes(self._body),
                location=headers.get(b"location", ""),
                retry_after=headers.get(b"retry-after", ""),
                content_type=headers.get(b"content-type", ""),
                content_encoding=headers.get(b"content-encoding", ""),
            )
        )

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(IntakeUnreachable(self._progress.phase, why))


def authority(origin: Origin) -> str:
    """Host and port, as a proxy is asked for them."""
    host = origin.host.removesuffix(".")
    return f"[{host}]:{origin.port}" if ":" in host else f"{host}:{origin.port}"


def _host_header(origin: Origin) -> str:
    is_default = origin.port == {"http": 80, "https": 443}.get(origin.scheme)
    named = authority(origin)
    return named.removesuffix(f":{origin.port}") if is_default else named
