import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from serverless_init.errors import IntakeUnreachable
from serverless_init.wire import ClientRequest, HttpClient, Origin

CERTIFICATE = Path(__file__).parents[2] / "certificates" / "localhost.pem"

SEND_ONE = """
import asyncio, sys
from serverless_init.wire import ClientRequest, HttpClient, Origin

async def main():
    client = HttpClient()
    request = ClientRequest(Origin("https", "localhost", int(sys.argv[1])), "POST", "/x")
    answer = await client.send(request, timeout_s=5)
    client.close()
    return answer.status != 202

sys.exit(asyncio.run(main()))
"""


def post(server: Any, host: str = "localhost") -> ClientRequest:
    return ClientRequest(Origin("https", host, server.port), "POST", "/x", (), b"body")


def test_without_validation_a_self_signed_intake_takes_requests(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient(skip_tls_validation=True)
            answers = [await client.send(post(server, "127.0.0.1"), timeout_s=5) for _ in range(3)]
            client.close()
        assert [answer.status for answer in answers] == [202, 202, 202]
        assert (server.connections, server.requests[2].body) == (1, b"body")

    asyncio.run(story())


def test_a_certificate_that_nobody_vouches_for_is_a_failure_of_tls(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient()
            with pytest.raises(IntakeUnreachable, match="certificate verify failed") as raised:
                await client.send(post(server, "127.0.0.1"), timeout_s=5)
            client.close()
        assert raised.value.phase == "tls"
        assert server.requests == []

    asyncio.run(story())


def test_tls_to_a_server_without_it_is_a_failure_of_tls(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            client = HttpClient(skip_tls_validation=True)
            with pytest.raises(IntakeUnreachable) as raised:
                await client.send(post(server, "127.0.0.1"), timeout_s=0.5)
            client.close()
        assert raised.value.phase in ("tls", "timeout")

    asyncio.run(story())


def test_a_large_body_over_tls_arrives_whole(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient(skip_tls_validation=True)
            origin = Origin("https", "127.0.0.1", server.port)
            body = bytes(range(256)) * 10_000
            await client.send(ClientRequest(origin, "POST", "/", (), body), timeout_s=5)
            client.close()
        assert server.requests[0].body == body

    asyncio.run(story())


def test_an_intake_whose_certificate_is_in_the_bundle_takes_requests(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            environ = os.environ | {"SSL_CERT_FILE": str(CERTIFICATE)}
            command = (sys.executable, "-W", "error", "-c", SEND_ONE, str(server.port))
            process = await asyncio.create_subprocess_exec(*command, env=environ)
            assert await asyncio.wait_for(process.wait(), 20) == 0
        assert [request.target for request in server.requests] == ["/x"]

    asyncio.run(story())
