import asyncio
import ssl
from pathlib import Path
from typing import Any

import certifi
import pytest

from serverless_init.errors import IntakeUnreachable
from serverless_init.wire import ClientRequest, HttpClient, Origin, TlsOptions
from serverless_init.wire.http_client import look_up
from serverless_init.wire.tls import system_trust

HOSTS = ("localhost", "localhost.")
CERTIFICATE = Path(__file__).parents[2] / "certificates" / "localhost.pem"


def on_this_machine(host: str, port: int) -> list[Any]:
    return look_up("127.0.0.1", port)


def post(server: Any, host: str = "localhost") -> ClientRequest:
    return ClientRequest(Origin("https", host, server.port), "POST", "/x", (), b"body")


def test_without_validation_a_self_signed_intake_takes_requests(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient(tls=TlsOptions(skip_validation=True))
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
            client = HttpClient(tls=TlsOptions(skip_validation=True))
            with pytest.raises(IntakeUnreachable) as raised:
                await client.send(post(server, "127.0.0.1"), timeout_s=0.5)
            client.close()
        assert raised.value.phase in ("tls", "timeout")

    asyncio.run(story())


def test_a_large_body_over_tls_arrives_whole(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient(tls=TlsOptions(skip_validation=True))
            origin = Origin("https", "127.0.0.1", server.port)
            body = bytes(range(256)) * 10_000
            await client.send(ClientRequest(origin, "POST", "/", (), body), timeout_s=5)
            client.close()
        assert server.requests[0].body == body

    asyncio.run(story())


@pytest.mark.parametrize("named", ["file", "folder"])
def test_an_intake_whose_certificate_is_configured_takes_requests(
    scripted_server: Any, named: str
) -> None:
    tls = (
        TlsOptions(ca_file=str(CERTIFICATE))
        if named == "file"
        else TlsOptions(ca_folders=(str(CERTIFICATE.parent),))
    )

    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient(tls=tls, lookup=on_this_machine)
            answers = [await client.send(post(server, host), timeout_s=5) for host in HOSTS]
            client.close()
        assert [answer.status for answer in answers] == [202, 202]
        assert [request.headers["host"] for request in server.requests] == [
            f"localhost:{server.port}",
            f"localhost:{server.port}",
        ]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("tls", "why"),
    [
        (TlsOptions(ca_file="/nowhere/ca.pem"), "CA certificates of /nowhere/ca.pem: No such file"),
        (TlsOptions(ca_file=__file__), f"CA certificates of {__file__}: "),
        (TlsOptions(ca_folders=("/nowhere",)), "CA certificates of /nowhere: No such file"),
    ],
)
def test_certificates_that_cannot_be_read_are_named_and_nobody_else_is_trusted(
    scripted_server: Any, tls: TlsOptions, why: str
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            client = HttpClient(tls=tls)
            with pytest.raises(IntakeUnreachable) as raised:
                await client.send(post(server), timeout_s=5)
            client.close()
        assert raised.value.phase == "tls"
        assert why in str(raised.value)

    asyncio.run(story())


def test_a_log_of_secrets_is_written_or_complained_of(scripted_server: Any, tmp_path: Path) -> None:
    async def story() -> None:
        said: list[str] = []
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            for path in (tmp_path / "keys", tmp_path / "none" / "keys"):
                tls = TlsOptions(skip_validation=True, key_log_file=str(path))
                client = HttpClient(tls=tls, complain=said.append)
                await client.send(post(server), timeout_s=5)
                client.close()
        assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in (tmp_path / "keys").read_text()
        where = tmp_path / "none" / "keys"
        assert said == [f"sslkeylogfile {where}: No such file or directory; it is not written"]

    asyncio.run(story())


def test_an_intake_of_tls_1_2_is_taken_or_not_as_configured(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            server.context.maximum_version = ssl.TLSVersion.TLSv1_2
            usual = HttpClient(tls=TlsOptions(skip_validation=True))
            assert (await usual.send(post(server), timeout_s=5)).status == 202
            usual.close()
            strict = HttpClient(tls=TlsOptions(skip_validation=True, is_1_3_only=True))
            with pytest.raises(IntakeUnreachable) as raised:
                await strict.send(post(server), timeout_s=5)
            strict.close()
        assert raised.value.phase == "tls"

    asyncio.run(story())


def test_a_handshake_that_never_ends_ends_at_its_own_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def story() -> None:
        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = HttpClient(tls=TlsOptions(skip_validation=True, handshake_timeout_s=0.1))
            request = ClientRequest(Origin("https", "127.0.0.1", port), "GET", "/")
            with pytest.raises(IntakeUnreachable, match="SSL handshake is taking longer") as raised:
                await client.send(request, timeout_s=5)
            client.close()
        assert raised.value.phase == "tls"

    asyncio.run(story())


def test_the_systems_file_and_folder_are_trusted_or_else_what_is_installed_with_us(
    tmp_path: Path,
) -> None:
    file, indexed, plain = tmp_path / "ca.crt", tmp_path / "indexed", tmp_path / "plain"
    bundle = tmp_path / "ca-bundle.pem"
    for folder in (indexed, plain):
        folder.mkdir()
    for path in (file, bundle, indexed / "0a1b2c3d.0", plain / "ca-certificates.crt"):
        path.touch()
    none = str(tmp_path / "none")
    found = [
        system_trust(str(file), str(indexed), ()),
        system_trust(str(file), str(plain), (str(bundle),)),
        system_trust(none, str(plain), (none, str(bundle))),
        system_trust(none, str(indexed), ()),
        system_trust(none, none, (none,)),
    ]
    assert found == [
        (str(file), str(indexed)),
        (str(file), ""),
        (str(bundle), ""),
        ("", str(indexed)),
        (certifi.where(), ""),
    ]
