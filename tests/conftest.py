"""A server that does to a client what a script says, over real sockets."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

CERTIFICATES = Path(__file__).with_name("certificates")


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one request: `act` returns whether the connection goes on."""

    act: Callable[[asyncio.StreamWriter], Awaitable[bool]]
    reads_body: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came; `connection` counts the server's connections from 1."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


class ScriptedServer:
    """Plays `script` step by step, one for each request; the last step goes on for ever."""

    def __init__(self, *script: Step, tls: bool = False, host: str = "127.0.0.1") -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.host = host
        self.port = 0
        self._script = list(script)
        self._tls = tls
        self.context: ssl.SSLContext | None = None
        self._came = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "ScriptedServer":
        if self._tls:
            self.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / "localhost.pem", CERTIFICATES / "localhost.key")
        self._server = await asyncio.start_server(self._accept, self.host, 0, ssl=self.context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        # A connection that was accepted a moment ago gets its task some turns of the loop later.
        for _ in range(5):
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        getattr(self._server, "abort_clients", lambda: None)()  # from 3.13 on
        for _ in range(5):
            await asyncio.sleep(0)  # the transports' sockets close now
        await self._server.wait_closed()

    async def received(self, requests: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(5):
            while len(self.requests) < requests:
                self._came.clear()
                await self._came.wait()

    @staticmethod
    def answer(
        status: int = 202,
        body: bytes = b'{"errors":[]}',
        *,
        headers: str = "",
        after_s: float = 0.0,
        closes: bool = False,
    ) -> Step:
        """An answer; `closes` ends the connection after it without having said so.

        ``{port}`` in `headers` becomes the server's port.
        """

        async def act(writer: asyncio.StreamWriter) -> bool:
            await asyncio.sleep(after_s)
            lines = headers.format(port=writer.get_extra_info("sockname")[1])
            head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            return not closes

        return Step(act)

    @staticmethod
    def answer_when(event: asyncio.Event, status: int = 202) -> Step:
        """An answer as soon as `event` is set."""

        async def act(writer: asyncio.StreamWriter) -> bool:
            await event.wait()
            writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return True

        return Step(act)

    @staticmethod
    def raw(data: bytes, *, hangs: bool = False) -> Step:
        """These bytes, then the end of the connection, or silence when it `hangs`."""

        async def act(writer: asyncio.StreamWriter) -> bool:
            writer.write(data)
            await writer.drain()
            if hangs:
                await asyncio.Event().wait()
            return False

        return Step(act)

    @staticmethod
    def answer_early(status: int) -> Step:
        """An answer to the head alone, the body unread, and the end of the connection."""

        async def act(writer: asyncio.StreamWriter) -> bool:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 3\r\n\r\nbig".encode())
            await writer.drain()
            return False

        return Step(act, reads_body=False)

    @staticmethod
    def hang_up() -> Step:
        """The end of the connection without an answer."""
        return ScriptedServer.raw(b"")

    @staticmethod
    def reset() -> Step:
        """A TCP reset without an answer."""

        async def act(writer: asyncio.StreamWriter) -> bool:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False

        return Step(act)

    @staticmethod
    def hang() -> Step:
        """No answer, ever."""

        async def act(writer: asyncio.StreamWriter) -> bool:
            await asyncio.Event().wait()
            return False

        return Step(act)

    @staticmethod
    def hang_unread() -> Step:
        """No answer, ever, and the body stays unread."""
        return Step(ScriptedServer.hang().act, reads_body=False)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        number = self.connections
        try:
            while await self._serve(reader, writer, number):
                continue
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return  # the client has gone
        except asyncio.CancelledError:
            return  # the test has ended; asyncio 3.11 would log a cancelled connection as an error
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.strip().split("\r\n")
        method, target, _ = request_line.split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        length = int(headers.get("content-length", 0)) if step.reads_body else 0
        body = await reader.readexactly(length)
        self.requests.append(Received(method, target, headers, body, number))
        self._came.set()
        return await step.act(writer)


@pytest.fixture
def scripted_server() -> type[ScriptedServer]:
    """The class, which importlib mode does not let tests import."""
    return ScriptedServer
