"""OTLP over gRPC: its three methods, on HTTP/2 as h2 speaks it.

A call of OTLP is one message each way, so of gRPC this is all there is: a body that begins with a
flag for compression and a length, five bytes, and has the message; an answer of the same form; a
status in the trailers. h2 keeps the protocol's state, this module moves the bytes and bounds what a
client may ask: bytes of a message, calls and connections at a time. A window of flow control is
opened again as its bytes are read; what is sent in answer always fits into the peer's.
"""

import asyncio
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from serverless_init.errors import RequestRefused, Undecodable
from serverless_init.otlp.answers import Code, Outcome, accepted
from serverless_init.otlp.http import Taker
from serverless_init.otlp.stats import OtlpStats, reason_of
from serverless_init.wire import inflate

_log = logging.getLogger("serverless_init.otlp")

_SERVICE = "/opentelemetry.proto.collector."
METHODS = {
    f"{_SERVICE}metrics.v1.MetricsService/Export": "metrics",
    f"{_SERVICE}logs.v1.LogsService/Export": "logs",
    f"{_SERVICE}trace.v1.TraceService/Export": "traces",
}
_PREFIX_BYTES = 5
_WINDOW_BYTES = 1 << 20
# As h2 asks for it: settings made afterwards would hold from the peer's acknowledgement on.
_SETTINGS = {
    SettingCodes.MAX_CONCURRENT_STREAMS: 100,
    SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW_BYTES,
    SettingCodes.MAX_HEADER_LIST_SIZE: 16_384,
    SettingCodes.ENABLE_PUSH: 0,
}
_REQUEST_S = 30.0
_ROUNDS_TO_READ = 8
_UNREAD_BYTES_MAX = 1 << 20
_CONNECTIONS_MAX = 256
_BODIES_BYTES_MIN = 67_108_864
# The status of HTTP that stands for the same.
_STATUSES = {
    Code.UNIMPLEMENTED: 404,
    Code.DEADLINE_EXCEEDED: 408,
    Code.RESOURCE_EXHAUSTED: 413,
    Code.UNAVAILABLE: 503,
}


class Refused(Exception):
    """A call that is answered with another status than OK."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(slots=True)
class _Call:
    """A call whose message has not come to its end."""

    path: str
    compression: str
    timer: asyncio.TimerHandle
    body: bytearray = field(default_factory=bytearray)


class GrpcServer:
    """Answers calls with `taker`; the sockets are its own. A message has at most `bytes_max`."""

    def __init__(
        self, sockets: Sequence[socket.socket], taker: Taker, stats: OtlpStats, *, bytes_max: int
    ) -> None:
        self.taker = taker
        self.stats = stats
        self.bytes_max = bytes_max
        self.bytes_held = 0
        self.bytes_held_max = max(_BODIES_BYTES_MIN, bytes_max)
        self.connections: set[_Connection] = set()
        self._sockets = sockets
        self._listening: list[asyncio.Server] = []

    async def start(self) -> None:
        """Accept on every socket."""
        loop = asyncio.get_running_loop()
        for bound in self._sockets:
            self._listening.append(await loop.create_server(lambda: _Connection(self), sock=bound))

    async def stop(self, timeout_s: float) -> bool:
        """Take no new call, let those that have begun be answered. False if some were cut."""
        # What has reached the kernel has begun: its client may have gone, trusting us.
        for _ in range(_ROUNDS_TO_READ):
            await asyncio.sleep(0)
        for server in self._listening:
            server.close()
        ended = [connection.ended for connection in self.connections]
        for connection in list(self.connections):
            connection.finish()
        waiting: set[asyncio.Future[None]] = set()
        if ended:
            _, waiting = await asyncio.wait(ended, timeout=max(0.0, timeout_s))
        self.close()
        return not waiting

    def close(self) -> None:
        """Cut every connection and stop listening. Idempotent."""
        for server in self._listening:
            server.close()
        self._listening.clear()
        for bound in self._sockets:
            bound.close()
        for connection in list(self.connections):
            connection.cut()

    def refuse(self, code: Code) -> None:
        """Count a call that is refused with `code`."""
        self.stats.requests_dropped[reason_of(_STATUSES.get(code, 400))] += 1


class _Connection(asyncio.Protocol):
    """One client's connection, with all of its calls."""

    def __init__(self, server: GrpcServer) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server = server
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._transport: asyncio.Transport | None = None
        self._calls: dict[int, _Call] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._finishing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, unless there are too many."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._server.connections) >= _CONNECTIONS_MAX:
            transport.abort()
            return
        self._server.connections.add(self)
        self._http.local_settings = Settings(client=False, initial_values=_SETTINGS)
        self._http.initiate_connection()
        self._http.increment_flow_control_window(_WINDOW_BYTES)
        self._write()

    def connection_lost(self, _: Exception | None) -> None:
        """Forget what has not come to its end; what is being passed on goes on."""
        for stream in list(self._calls):
            self._forget(stream)
        self._server.connections.discard(self)
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take what has come. A client that breaks the protocol is disconnected."""
        try:
            for event in self._http.receive_data(data):
                self._take(event)
            self._write()
        except ProtocolError as error:
            _log.debug("a client of OTLP over gRPC breaks HTTP/2: %s", error)
            self._write()
            self._close()

    def finish(self) -> None:
        """Take no new call and end when those that have begun are answered."""
        self._finishing = True
        self._end_if_done()

    def cut(self) -> None:
        """Disconnect at once."""
        for task in self._answering:
            task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._begin(event)
            case DataReceived():
                self._grow(event)
            case StreamEnded() if event.stream_id in self._calls:
                call = self._calls[event.stream_id]
                call.timer.cancel()
                answer = self._answer(event.stream_id, call)
                task = asyncio.get_running_loop().create_task(answer, name="otlp call")
                self._answering.add(task)
                task.add_done_callback(self._answered)
            case StreamReset():
                self._forget(event.stream_id)
            case ConnectionTerminated():
                self._close()
            case _:
                pass

    def _begin(self, event: RequestReceived) -> None:
        headers = {str(name): str(value) for name, value in event.headers or ()}
        stream = event.stream_id
        is_grpc = headers.get("content-type", "").startswith("application/grpc")
        if not is_grpc or headers.get(":path") not in METHODS:
            self._server.stats.requests_foreign += 1
            refusal = _status(Code.UNIMPLEMENTED, "no such method")
            self._http.send_headers(
                stream, refusal if is_grpc else [(":status", "415")], end_stream=True
            )
            return
        compression = headers.get("grpc-encoding", "identity")
        timer = asyncio.get_running_loop().call_later(_REQUEST_S, self._expire, stream)
        self._calls[stream] = _Call(headers.get(":path", ""), compression, timer)

    def _expire(self, stream: int) -> None:
        self._refuse(stream, Code.DEADLINE_EXCEEDED, "the request took too long to arrive")

    def _grow(self, event: DataReceived) -> None:
        stream, data = event.stream_id, event.data or b""
        self._http.acknowledge_received_data(event.flow_controlled_length or 0, stream)
        call, server = self._calls.get(stream), self._server
        if call is None:
            return
        call.body += data
        server.bytes_held += len(data)
        if len(call.body) > server.bytes_max + _PREFIX_BYTES:
            limit = f"a message has at most {server.bytes_max} bytes"
            self._refuse(stream, Code.RESOURCE_EXHAUSTED, limit)
        elif server.bytes_held > server.bytes_held_max:
            self._refuse(stream, Code.UNAVAILABLE, "too many requests at once")

    async def _answer(self, stream: int, call: _Call) -> None:
        try:
            outcome = await self._outcome(call)
        except Refused as refused:
            self._refuse(stream, refused.code, str(refused))
        except Exception as error:  # noqa: BLE001  one call's failure must not end the others
            _log.error("no answer to %s: %r", call.path, error, exc_info=True)
            self._refuse(stream, Code.INTERNAL, "internal error")
        else:
            self._server.stats.requests_taken += 1
            self._succeed(stream, outcome)
        finally:
            self._forget(stream)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._end_if_done()

    async def _outcome(self, call: _Call) -> Outcome:
        signal = METHODS[call.path]
        if not self._server.taker.takes(signal):
            raise Refused(Code.UNIMPLEMENTED, f"{signal} are not taken here")
        try:
            return await self._server.taker.take(signal, self._message(call), as_json=False)
        except Undecodable as error:
            raise Refused(Code.INVALID_ARGUMENT, str(error)) from None
        except RequestRefused as error:
            raise Refused(Code.RESOURCE_EXHAUSTED, str(error)) from None

    def _message(self, call: _Call) -> bytes:
        length = int.from_bytes(call.body[1:_PREFIX_BYTES])
        if len(call.body) != _PREFIX_BYTES + length:
            raise Undecodable("the body is not one message")
        message = bytes(call.body[_PREFIX_BYTES:])
        if not call.body[0]:
            return message
        return inflate(message, call.compression, bytes_max=self._server.bytes_max)

    def _succeed(self, stream: int, outcome: Outcome) -> None:
        message = accepted(outcome, "", as_json=False)
        body = b"\x00" + len(message).to_bytes(4) + message
        headers = [(":status", "200"), ("content-type", "application/grpc")]
        try:
            self._http.send_headers(stream, headers)
            self._http.send_data(stream, body)
            self._http.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        except ProtocolError:
            return  # the client has given up meanwhile
        self._write()

    def _refuse(self, stream: int, code: Code, why: str) -> None:
        self._server.refuse(code)
        self._forget(stream)
        try:
            self._http.send_headers(stream, _status(code, why), end_stream=True)
        except ProtocolError:
            return  # the client has given up meanwhile
        self._write()

    def _forget(self, stream: int) -> None:
        call = self._calls.pop(stream, None)
        if call is not None:
            call.timer.cancel()
            self._server.bytes_held -= len(call.body)

    def _end_if_done(self) -> None:
        if self._finishing and not self._answering and not self._calls:
            with suppress(ProtocolError):
                self._http.close_connection(ErrorCodes.NO_ERROR)
            self._write()
            self._close()

    def _write(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._http.data_to_send())
            if self._transport.get_write_buffer_size() > _UNREAD_BYTES_MAX:
                self._transport.abort()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _status(code: Code, why: str) -> list[tuple[str, str]]:
    """The headers of an answer without a message."""
    return [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", str(int(code))),
        ("grpc-message", quote(why, safe=" ,:;()'")),
    ]
