"""Requests through a proxy: real sockets, a real tunnel, TLS inside it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from serverless_init.errors import IntakeUnreachable
from serverless_init.wire import (
    ClientRequest,
    HttpClient,
    Origin,
    Proxy,
    ProxyRules,
    TlsOptions,
)
from serverless_init.wire.http_client import look_up

CERTIFICATES = Path(__file__).parents[2] / "certificates"
TRUSTING = TlsOptions(ca_file=str(CERTIFICATES / "localhost.pem"))


class TunnelProxy:
    """A proxy that opens a tunnel to `port` for every CONNECT, or says `answer` instead."""

    def __init__(self, port: int, answer: bytes) -> None:
        self.heads: list[str] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self._port = port
        self._answer = answer

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if self._answer:
                writer.write(self._answer)
                await writer.drain()
                return
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def tunnel_proxy(
    target: int, *, answer: bytes = b"", tls: bool = False
) -> AsyncIterator[tuple[TunnelProxy, Proxy]]:
    proxy = TunnelProxy(target, answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "localhost.pem", CERTIFICATES / "localhost.key")
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0, ssl=context if tls else None)
    port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, Proxy(Origin("https" if tls else "http", "localhost", port), "Basic c2VjcmV0")
    finally:
        server.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
        await asyncio.sleep(0)


def everywhere_here(host: str, port: int) -> list[Any]:
    return look_up("127.0.0.1", port)


def client(rules: ProxyRules) -> HttpClient:
    return HttpClient(tls=TRUSTING, proxies=rules, lookup=everywhere_here)


@pytest.mark.parametrize("proxy_tls", [False, True])
def test_https_goes_through_a_tunnel_that_is_kept(scripted_server: Any, proxy_tls: bool) -> None:
    body = bytes(range(256)) * 2000

    async def story() -> None:
        async with (
            scripted_server(scripted_server.answer(), tls=True) as server,
            tunnel_proxy(server.port, tls=proxy_tls) as (seen, proxy),
        ):
            http = client(ProxyRules(https=proxy))
            origin = Origin("https", "intake.test.", server.port)
            request = ClientRequest(origin, "POST", "/x", (), body)
            answers = [await http.send(request, timeout_s=5) for _ in range(2)]
            http.close()
        assert [answer.status for answer in answers] == [202, 202]
        assert [request.body for request in server.requests] == [body, body]
        assert seen.heads == [
            f"CONNECT intake.test:{server.port} HTTP/1.1\r\nHost: intake.test:{server.port}\r\n"
            "Proxy-Authorization: Basic c2VjcmV0\r\n\r\n"
        ]
        assert http.stats.connections_opened == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "answers 407 to CONNECT intake.test:443"),
        (b"HTTP/1.1 100 Continue\r\n\r\nnonsense\r\n\r\n", "broken reply: "),
        (b"SSH-2.0-proxy\r\n\r\n", "broken reply: illegal status line"),
        (b"HTTP/1.1 200", "closed before it answered"),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_a_failure_of_the_proxy(answer: bytes, why: str) -> None:
    async def story() -> None:
        async with tunnel_proxy(0, answer=answer) as (_, proxy):
            http = client(ProxyRules(https=proxy))
            request = ClientRequest(Origin("https", "intake.test", 443), "POST", "/")
            with pytest.raises(IntakeUnreachable) as raised:
                await http.send(request, timeout_s=5)
            http.close()
        assert raised.value.phase == "proxy"
        assert str(raised.value).startswith(f"proxy: http://localhost:{proxy.origin.port} {why}")
        assert "c2VjcmV0" not in str(raised.value)

    asyncio.run(story())


def test_a_certificate_of_another_name_behind_the_tunnel_is_refused(scripted_server: Any) -> None:
    async def story() -> None:
        async with (
            scripted_server(scripted_server.answer(), tls=True) as server,
            tunnel_proxy(server.port) as (_, proxy),
        ):
            http = client(ProxyRules(https=proxy))
            request = ClientRequest(Origin("https", "other.test", server.port), "POST", "/")
            with pytest.raises(IntakeUnreachable, match=r"not valid for 'other\.test'") as raised:
                await http.send(request, timeout_s=5)
            http.close()
        assert raised.value.phase == "tls"
        assert server.requests == []

    asyncio.run(story())


def test_a_proxy_that_never_answers_costs_the_requests_time_only(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            proxy = Proxy(Origin("http", "localhost", server.port))
            http = client(ProxyRules(https=proxy))
            request = ClientRequest(Origin("https", "intake.test", 443), "POST", "/")
            with pytest.raises(IntakeUnreachable, match="came as far as proxy"):
                await http.send(request, timeout_s=0.2)
            http.close()

    asyncio.run(story())


def test_http_goes_to_the_proxy_with_the_whole_url(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            proxy = Proxy(Origin("http", "localhost", server.port), "Basic c2VjcmV0")
            http = client(ProxyRules(http=proxy))
            origin = Origin("http", "intake.test", 8080)
            answer = await http.send(ClientRequest(origin, "POST", "/x?y", (), b"b"), timeout_s=5)
            http.close()
        (request,) = server.requests
        assert answer.status == 202
        assert (request.target, request.body) == ("http://intake.test:8080/x?y", b"b")
        assert request.headers["host"] == "intake.test:8080"
        assert request.headers["proxy-authorization"] == "Basic c2VjcmV0"

    asyncio.run(story())


def test_what_goes_without_a_proxy_says_nothing_to_one(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            proxy = Proxy(Origin("http", "localhost", 9), "Basic c2VjcmV0")
            http = client(ProxyRules(http=proxy, direct=("intake.test",)))
            origin = Origin("http", "intake.test", server.port)
            await http.send(ClientRequest(origin, "POST", "/x"), timeout_s=5)
            http.close()
        assert server.requests[0].target == "/x"
        assert "proxy-authorization" not in server.requests[0].headers

    asyncio.run(story())


def test_a_connection_is_not_used_beyond_its_age(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            http = HttpClient(age_s_max=0.05)
            request = ClientRequest(Origin("http", server.host, server.port), "POST", "/")
            await http.send(request, timeout_s=5)
            await http.send(request, timeout_s=5)
            await asyncio.sleep(0.06)
            await http.send(request, timeout_s=5)
            http.close()
        assert [request.connection for request in server.requests] == [1, 1, 2]

    asyncio.run(story())
