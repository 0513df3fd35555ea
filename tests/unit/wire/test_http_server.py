"""The HTTP server, spoken to over real sockets byte by byte."""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from serverless_init.errors import RequestRefused
from serverless_init.wire import HttpServer, Request, Reset, Response, ServerLimits

Client = Callable[[HttpServer, int], Awaitable[None]]


async def echo(request: Request) -> Response:
    fields = (request.method, request.path, request.query, request.body.decode())
    return Response(200, " ".join(fields).encode(), content_type="text/plain")


def converse(
    client: Client,
    *,
    handler: Callable[[Request], Awaitable[Response]] = echo,
    limits: ServerLimits | None = None,
) -> HttpServer:
    """Run `client` against a server with `handler`; returns the server, closed."""

    async def run() -> HttpServer:
        server = HttpServer(handler, limits=limits)
        port = server.bind("127.0.0.1", 0)
        try:
            await server.start()
            async with asyncio.timeout(10):
                await client(server, port)
        finally:
            server.close()
        return server

    return asyncio.run(run())


def exchange(sent: bytes, **options: object) -> tuple[list[tuple[int, bytes]], HttpServer]:
    """Send bytes, half-close, and read until the server closes: the responses, the server."""
    received = bytearray()

    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        received.extend(await reader.read())
        writer.close()

    server = converse(client, **options)  # type: ignore[arg-type]
    return responses(bytes(received)), server


def responses(received: bytes) -> list[tuple[int, bytes]]:
    """The status and body of each response in a stream; all have a content length."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        lengths = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
        length = lengths[0] if lengths else 0
        found.append((int(head.split()[1]), rest[:length]))
        received = rest[length:]
    return found


def post(body: bytes, *headers: str, path: str = "/p") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: h", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    (line,) = (x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length"))
    return int(head.split()[1]), await reader.readexactly(int(line.split()[1]))


def test_the_handler_sees_method_path_query_and_body() -> None:
    found, server = exchange(post(b"hello", path="/a/b%20c?x=1&y=?"))
    assert found == [(200, b"POST /a/b%20c x=1&y=? hello")]
    assert server.stats.requests == 1


def test_header_names_are_lower_case_and_repeated_ones_are_joined() -> None:
    async def tags(request: Request) -> Response:
        return Response(200, request.headers["x-tag"].encode())

    found, _ = exchange(b"GET / HTTP/1.1\r\nHost: h\r\nX-Tag: a\r\nx-tag: b\r\n\r\n", handler=tags)
    assert found == [(200, b"a, b")]


def test_a_request_as_to_a_proxy_has_its_path() -> None:
    found, _ = exchange(b"GET http://h:1/p?q=1 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert found == [(200, b"GET /p q=1 ")]


def test_pipelined_requests_are_answered_in_order() -> None:
    answered = []

    async def slow_first(request: Request) -> Response:
        await asyncio.sleep(0.02 if request.body == b"1" else 0)
        answered.append(request.body)
        return Response(200, request.body)

    found, server = exchange(post(b"1") + post(b"2") + post(b"3"), handler=slow_first)
    assert found == [(200, b"1"), (200, b"2"), (200, b"3")]
    assert answered == [b"1", b"2", b"3"]
    assert server.stats.connections == 1


def test_a_connection_is_kept_for_the_next_request() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in (b"1", b"2"):
            writer.write(post(body))
            assert await read_response(reader) == (200, b"POST /p  " + body)
        writer.close()

    assert converse(client).stats.connections == 1


def test_a_client_that_asks_for_it_is_disconnected_after_the_answer() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1", "Connection: close") + post(b"2"))
        assert responses(await reader.read()) == [(200, b"POST /p  1")]
        writer.close()

    converse(client)


def test_http_1_0_is_answered_and_closed() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /old HTTP/1.0\r\n\r\n")
        assert responses(await reader.read()) == [(200, b"GET /old  ")]
        writer.close()

    converse(client)


def test_a_chunked_body_is_put_together() -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert exchange(sent)[0] == [(200, b"POST /  abcde")]


def test_head_is_answered_without_a_body() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        head = await reader.read()
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"content-length: 8\r\n" in head.lower()
        assert head.endswith(b"\r\n\r\n")
        writer.close()

    converse(client)


def test_a_client_that_expects_it_is_told_to_continue() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"body", "Expect: 100-continue").removesuffix(b"body"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
        writer.write(b"body")
        assert await read_response(reader) == (200, b"POST /p  body")
        writer.close()

    converse(client)


def test_a_body_announced_too_large_is_refused_instead_of_continued() -> None:
    sent = post(b"12345", "Expect: 100-continue").removesuffix(b"12345")
    found, server = exchange(sent, limits=ServerLimits(body_bytes_max=4))
    assert found == [(413, b'{"errors": ["a body has at most 4 bytes"]}')]
    assert server.stats.refused == {413: 1}
    assert server.stats.requests == 0


def test_a_body_of_the_largest_size_is_taken() -> None:
    assert exchange(post(b"1234"), limits=ServerLimits(body_bytes_max=4))[0][0][0] == 200


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large() -> None:
    sent = (
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"
    )
    found, _ = exchange(sent, limits=ServerLimits(body_bytes_max=4))
    assert [status for status, _ in found] == [413]


def test_the_refusal_reaches_a_client_that_is_still_sending() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"x" * 8_000_000))
        await writer.drain()
        assert (await read_response(reader))[0] == 413
        writer.close()

    converse(client, limits=ServerLimits(body_bytes_max=1000))


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: h",
    ],
)
def test_what_is_not_http_is_refused(sent: bytes) -> None:
    found, server = exchange(sent)
    assert [status for status, _ in found] == [400]
    assert server.stats.refused == {400: 1}


def test_http_2_is_refused_by_its_name() -> None:
    found, _ = exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert [status for status, _ in found] == [505]


def test_a_head_that_is_too_long_is_refused() -> None:
    sent = b"GET / HTTP/1.1\r\nX: " + b"x" * 2000
    found, _ = exchange(sent, limits=ServerLimits(head_bytes_max=1000))
    assert [status for status, _ in found] == [431]


def test_a_request_that_trickles_in_is_refused_in_time() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = asyncio.ensure_future(read_response(reader))
        while not response.done():
            # Each byte is progress, but the request as a whole has its time.
            writer.write(b"P")
            await asyncio.wait([response], timeout=0.02)
        assert (await response)[0] == 408
        assert 0.1 <= loop.time() - began < 1
        writer.close()

    limits = ServerLimits(request_s=0.1, idle_s=5, linger_s=0.05)
    assert converse(client, limits=limits).stats.refused == {408: 1}


def test_a_body_that_never_comes_is_refused_in_time() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"abc")[:-1])
        assert (await read_response(reader))[0] == 408
        writer.close()

    converse(client, limits=ServerLimits(request_s=0.05, linger_s=0.05))


def test_a_connection_without_requests_ends_silently() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        await read_response(reader)
        assert await reader.read() == b""
        writer.close()

    assert converse(client, limits=ServerLimits(idle_s=0.05)).stats.refused == {}


def test_a_handler_that_fails_is_a_500_and_the_next_request_is_answered() -> None:
    async def fails_once(request: Request) -> Response:
        if request.body == b"bad":
            raise KeyError("oops")
        return await echo(request)

    found, server = exchange(post(b"bad") + post(b"good"), handler=fails_once)
    assert found == [(500, b'{"errors": ["internal error"]}'), (200, b"POST /p  good")]
    assert server.stats.handler_failures == 1


def test_a_handler_that_takes_too_long_is_a_500() -> None:
    async def forever(_request: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    found, _ = exchange(post(b""), handler=forever, limits=ServerLimits(answer_s=0.05))
    assert [status for status, _ in found] == [500]


def test_a_handler_refuses_with_a_status_and_a_reason() -> None:
    async def refuses(_request: Request) -> Response:
        raise RequestRefused(422, 'not "that"')

    found, server = exchange(post(b""), handler=refuses)
    assert [(status, json.loads(body)) for status, body in found] == [
        (422, {"errors": ['not "that"']})
    ]
    assert server.stats.handler_failures == 0


def test_a_response_that_http_forbids_is_our_failure_and_cuts_the_connection() -> None:
    async def impossible(_request: Request) -> Response:
        return Response(204, b"a body")

    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b""))
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    assert converse(client, handler=impossible).stats.handler_failures == 1


def test_a_handler_can_reset_the_connection() -> None:
    async def resets(_request: Request) -> Response:
        raise Reset

    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    assert converse(client, handler=resets).stats.handler_failures == 0


def test_a_client_that_does_not_read_its_answer_is_cut() -> None:
    async def large(_request: Request) -> Response:
        return Response(200, b"x" * 20_000_000)

    async def client(server: HttpServer, port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(post(b""))
        while not server.stats.requests:
            await asyncio.sleep(0.001)
        # Only once the connection has been given up does the server stop at once.
        assert await server.stop(5)
        writer.close()

    converse(client, handler=large, limits=ServerLimits(write_s=0.1))


def test_connections_beyond_the_limit_are_refused_and_counted() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        await read_response(reader)
        second, second_writer = await asyncio.open_connection("127.0.0.1", port)
        assert await second.read() == b""
        writer.write(post(b"2"))
        assert await read_response(reader) == (200, b"POST /p  2")
        writer.close()
        second_writer.close()

    server = converse(client, limits=ServerLimits(connections_max=1))
    assert (server.stats.connections, server.stats.connections_refused) == (1, 1)


def test_a_client_that_leaves_in_the_middle_does_no_harm() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"abc")[:-1])
        writer.transport.abort()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        assert (await read_response(reader))[0] == 200
        writer.close()

    converse(client)


def test_stop_finishes_what_has_begun_and_takes_nothing_new() -> None:
    release = asyncio.Event()

    async def held(request: Request) -> Response:
        await release.wait()
        return await echo(request)

    async def client(server: HttpServer, port: int) -> None:
        answering, half_sent, idle = [
            await asyncio.open_connection("127.0.0.1", port) for _ in range(3)
        ]
        answering[1].write(post(b"1") + post(b"never"))
        half_sent[1].write(post(b"2")[:-1])
        while not server.stats.requests:
            await asyncio.sleep(0.001)
        stopping = asyncio.ensure_future(server.stop(5))
        assert await idle[0].read() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        half_sent[1].write(b"2")
        release.set()
        assert responses(await answering[0].read()) == [(200, b"POST /p  1")]
        assert responses(await half_sent[0].read()) == [(200, b"POST /p  2")]
        assert await stopping is True
        for _, writer in (answering, half_sent, idle):
            writer.close()

    converse(client, handler=held)


def test_stop_lets_an_answer_reach_its_client_to_the_last_byte() -> None:
    body = b"x" * 20_000_000
    received = bytearray()

    async def large(_request: Request) -> Response:
        return Response(200, body)

    def read(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
            peer.sendall(post(b"1") + post(b"never"))
            while data := peer.recv(65536):
                received.extend(data)

    async def client(server: HttpServer, port: int) -> None:
        reader = threading.Thread(target=read, args=(port,))
        reader.start()
        while not received:
            await asyncio.sleep(0.001)
        # The answer is on its way; what is left of it is with us, in asyncio and in the kernel.
        assert await server.stop(10)
        readers.append(reader)

    readers: list[threading.Thread] = []
    converse(client, handler=large)
    readers[0].join()
    assert responses(bytes(received)) == [(200, body)]


def test_stop_waits_no_longer_than_it_is_told() -> None:
    async def forever(_request: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def client(server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        while not server.stats.requests:
            await asyncio.sleep(0.001)
        began = asyncio.get_running_loop().time()
        assert await server.stop(0.05) is False
        assert 0.05 <= asyncio.get_running_loop().time() - began < 1
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    converse(client, handler=forever)


def test_stop_answers_what_has_arrived_without_being_looked_at() -> None:
    async def client(server: HttpServer, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.settimeout(5)
            while not server.stats.connections:
                await asyncio.sleep(0.001)
            peer.sendall(post(b"1"))
            assert await server.stop(5)
            assert responses(peer.recv(4096)) == [(200, b"POST /p  1")]

    converse(client)


def test_stop_takes_in_connections_that_still_wait_to_be_accepted() -> None:
    seen = []

    async def note(request: Request) -> Response:
        seen.append(request.body)
        return Response(202)

    async def client(server: HttpServer, port: int) -> None:
        # A program's last act: nothing of it has reached the loop when the stop begins.
        for body in (b"1", b"2", b"3"):
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(post(body))
        assert await server.stop(5)

    converse(client, handler=note)
    assert sorted(seen) == [b"1", b"2", b"3"]


def test_close_can_be_repeated_and_cuts_everything() -> None:
    async def client(server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        await read_response(reader)
        server.close()
        server.close()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    converse(client)


def test_close_works_before_the_start_and_after_the_loop_has_closed() -> None:
    server = HttpServer(echo)
    server.close()

    port = server.bind("127.0.0.1", 0)
    asyncio.run(server.start())
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_port_that_was_bound_is_released_without_a_start() -> None:
    server = HttpServer(echo)
    port = server.bind("127.0.0.1", 0)
    server.close()
    again = HttpServer(echo)
    assert again.bind("127.0.0.1", port) == port
    again.close()


def test_requests_sent_before_the_start_are_answered() -> None:
    async def run() -> None:
        server = HttpServer(echo)
        port = server.bind("127.0.0.1", 0)
        with socket.create_connection(("127.0.0.1", port)) as early:
            early.sendall(post(b"1"))
            await server.start()
            assert await server.stop(5)
            assert responses(early.recv(4096)) == [(200, b"POST /p  1")]

    asyncio.run(run())


def test_a_port_that_is_taken_is_an_error() -> None:
    async def client(server: HttpServer, port: int) -> None:
        with pytest.raises(OSError, match="in use"):
            server.bind("127.0.0.1", port)

    converse(client)


def test_a_unix_socket_that_is_given_is_served_like_a_port(tmp_path: Path) -> None:
    path = str(tmp_path / "http.sock")

    async def client(server: HttpServer, _port: int) -> None:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        bound.bind(path)
        server.take(bound)
        await server.start()
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(post(b"1"))
        assert await read_response(reader) == (200, b"POST /p  1")
        server.close()
        assert await reader.read() == b""
        writer.close()

    converse(client)


def test_ipv6_is_served() -> None:
    async def client(server: HttpServer, _port: int) -> None:
        port = server.bind("::1", 0)
        await server.start()
        reader, writer = await asyncio.open_connection("::1", port)
        writer.write(post(b"1"))
        assert (await read_response(reader))[0] == 200
        writer.close()

    converse(client)


def test_a_response_is_dated() -> None:
    async def client(_server: HttpServer, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(b"1"))
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        (date,) = (line for line in head.split("\r\n") if line.startswith("date: "))
        # Wed, 21 Oct 2015 07:28:00 GMT
        assert len(date) == len("date: ") + 29
        assert date.endswith(" gmt")
        writer.close()

    converse(client)
