import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from serverless_init.errors import IntakeUnreachable
from serverless_init.wire import ClientRequest, ClientResponse, HttpClient, Origin, Progress


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


def post(server: Any, body: bytes = b"body", target: str = "/x", host: str = "") -> ClientRequest:
    origin = Origin("http", host or server.host, server.port)
    return ClientRequest(origin, "POST", target, (("DD-Api-Key", "k"),), body)


async def failure(client: HttpClient, request: ClientRequest, timeout_s: float = 5.0) -> str:
    with pytest.raises(IntakeUnreachable) as raised:
        await client.send(request, timeout_s=timeout_s)
    return f"{raised.value.phase}|{raised.value}"


def test_a_request_arrives_as_it_was_made(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(202, b"ok")) as server:
            client = HttpClient()
            answer = await client.send(post(server, b"\x00\xff"), timeout_s=5)
            client.close()
        assert answer == ClientResponse(202, b"ok")
        (received,) = server.requests
        assert (received.method, received.target, received.body) == ("POST", "/x", b"\x00\xff")
        assert received.headers == {
            "host": f"127.0.0.1:{server.port}",
            "dd-api-key": "k",
            "content-length": "2",
        }

    run(story())


def test_requests_one_after_the_other_use_one_connection(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            client = HttpClient()
            for _ in range(20):
                await client.send(post(server), timeout_s=5)
            client.close()
        assert (server.connections, client.stats.connections_opened) == (1, 1)

    run(story())


def test_no_more_idle_connections_are_kept_than_allowed(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(after_s=0.05)) as server:
            client = HttpClient(idle_connections_max=2)
            for _ in range(2):
                sends = (client.send(post(server), timeout_s=5) for _ in range(5))
                await asyncio.gather(*sends)
            client.close()
        assert client.stats.connections_opened == 8

    run(story())


def test_the_connection_that_was_used_last_is_used_next(scripted_server: Any) -> None:
    async def story() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        held = [scripted_server.answer_when(event) for event in (first, second)]
        async with scripted_server(*held, scripted_server.answer()) as server:
            client = HttpClient()
            sends = [
                asyncio.create_task(client.send(post(server, body), timeout_s=5), name="send")
                for body in (b"1", b"2")
            ]
            await server.received(2)
            of_body = {b"1": sends[0], b"2": sends[1]}
            first.set()
            await of_body[server.requests[0].body]
            second.set()
            await of_body[server.requests[1].body]
            await client.send(post(server), timeout_s=5)
            client.close()
        assert server.requests[2].connection == server.requests[1].connection

    run(story())


def test_a_connection_that_was_idle_for_too_long_is_not_used(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            client = HttpClient(idle_s_max=0.05)
            for pause_s in (0.0, 0.1, 0.0):
                await client.send(post(server), timeout_s=5)
                await asyncio.sleep(pause_s)
            client.close()
        assert [request.connection for request in server.requests] == [1, 1, 2]

    run(story())


def test_a_connection_that_has_become_too_old_ends_after_what_is_under_way_on_it(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        grown_old = asyncio.Event()
        held = scripted_server.answer_when(grown_old)
        async with scripted_server(held, scripted_server.answer()) as server:
            client = HttpClient(age_s_max=0.05)
            under_way = asyncio.create_task(client.send(post(server), timeout_s=5), name="send")
            await server.received(1)
            asyncio.get_running_loop().call_later(0.1, grown_old.set)
            assert (await under_way).status == 202
            await client.send(post(server), timeout_s=5)
            client.close()
        assert [request.connection for request in server.requests] == [1, 2]

    run(story())


def test_a_connection_that_the_server_closed_while_idle_is_not_used(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(closes=True)) as server:
            client = HttpClient()
            for _ in range(3):
                await client.send(post(server), timeout_s=5)
                await asyncio.sleep(0.02)
            client.close()
        assert (server.connections, client.stats.requests_resent) == (3, 0)

    run(story())


@pytest.mark.parametrize("end", ["hang_up", "reset"])
def test_a_kept_connection_that_breaks_unanswered_is_replaced_once(
    scripted_server: Any, end: str
) -> None:
    async def story() -> None:
        ok, broken = scripted_server.answer(), getattr(scripted_server, end)()
        async with scripted_server(ok, broken, ok) as server:
            client = HttpClient()
            await client.send(post(server, b"1"), timeout_s=5)
            answer = await client.send(post(server, b"2"), timeout_s=5)
            client.close()
        assert answer.status == 202
        assert [(r.body, r.connection) for r in server.requests] == [
            (b"1", 1),
            (b"2", 1),
            (b"2", 2),
        ]
        assert client.stats.requests_resent == 1

    run(story())


def test_a_new_connection_that_breaks_unanswered_is_a_failure(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang_up()) as server:
            client = HttpClient()
            assert (
                await failure(client, post(server)) == "read|read: closed before the answer's end"
            )
        assert len(server.requests) == 1

    run(story())


def test_a_kept_connection_that_breaks_within_the_answer_is_a_failure(scripted_server: Any) -> None:
    async def story() -> None:
        half = scripted_server.raw(b"HTTP/1.1 202 A\r\nContent-Le")
        async with scripted_server(scripted_server.answer(), half) as server:
            client = HttpClient()
            await client.send(post(server), timeout_s=5)
            assert (await failure(client, post(server))).startswith("read|")
        assert len(server.requests) == 2

    run(story())


def test_a_reply_that_is_not_http_is_a_failure_to_read(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.raw(b"SSH-2.0-Open\r\n\r\n")) as server:
            assert (await failure(HttpClient(), post(server))).startswith(
                "read|read: broken reply: "
            )

    run(story())


def test_a_server_that_never_answers_costs_the_timeout_and_the_text_says_where(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            assert (
                await failure(HttpClient(), post(server), 0.1)
                == "timeout|timeout: no answer within 0.1 s, came as far as read"
            )

    run(story())


def test_a_body_that_the_server_does_not_read_leaves_the_request_in_writing(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang_unread()) as server:
            progress = Progress()
            request = post(server, bytes(40_000_000))
            with pytest.raises(IntakeUnreachable):
                await HttpClient().send(request, timeout_s=0.3, progress=progress)
        assert progress.phase == "write"

    run(story())


def test_an_answer_to_a_body_that_is_still_being_written_is_seen(scripted_server: Any) -> None:
    async def story() -> None:
        early, ok = scripted_server.answer_early(413), scripted_server.answer()
        async with scripted_server(early, ok) as server:
            client = HttpClient()
            answer = await client.send(post(server, bytes(20_000_000)), timeout_s=5)
            assert answer == ClientResponse(413, b"big")
            assert (await client.send(post(server), timeout_s=5)).status == 202
            client.close()
        assert server.connections == 2

    run(story())


def test_the_first_thousand_bytes_of_a_body_are_kept(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(400, b"e" * 60_000)) as server:
            client = HttpClient()
            for _ in range(2):
                answer = await client.send(post(server), timeout_s=5)
                assert answer == ClientResponse(400, b"e" * 1000)
            client.close()
        assert server.connections == 1

    run(story())


def test_an_endless_body_is_cut_and_its_status_counts(scripted_server: Any) -> None:
    async def story() -> None:
        endless = scripted_server.raw(b"HTTP/1.1 202 A\r\n\r\n" + bytes(500_000), hangs=True)
        async with scripted_server(endless) as server:
            answer = await HttpClient().send(post(server), timeout_s=5)
        assert answer == ClientResponse(202, bytes(1000))

    run(story())


def test_a_head_without_end_is_refused(scripted_server: Any) -> None:
    async def story() -> None:
        long = scripted_server.raw(b"HTTP/1.1 202 A\r\nX: " + b"y" * 100_000)
        async with scripted_server(long) as server:
            assert (await failure(HttpClient(), post(server))).startswith("read|")

    run(story())


def test_informational_answers_are_passed_over(scripted_server: Any) -> None:
    async def story() -> None:
        raw = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 202 A\r\nContent-Length: 0\r\n\r\n"
        async with scripted_server(scripted_server.raw(raw)) as server:
            answer = await HttpClient().send(post(server), timeout_s=5)
        assert answer.status == 202

    run(story())


def test_bytes_after_the_answer_end_the_connection(scripted_server: Any) -> None:
    async def story() -> None:
        answer = b"HTTP/1.1 202 A\r\nContent-Length: 0\r\n\r\n"
        double = scripted_server.raw(answer + b"HTTP/1.1 500 B\r\nContent-Length: 0\r\n\r\n")
        async with scripted_server(double) as server:
            client = HttpClient()
            for _ in range(2):
                assert (await client.send(post(server), timeout_s=5)).status == 202
        assert server.connections == 2

    run(story())


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_origin_is_followed_once(scripted_server: Any, status: int) -> None:
    async def story() -> None:
        there = scripted_server.answer(status, headers="Location: /there?a=1\r\n")
        async with scripted_server(there, there, scripted_server.answer()) as server:
            client = HttpClient()
            answer = await client.send(post(server, b"b"), timeout_s=5)
            client.close()
        assert answer.status == status
        assert [(r.method, r.target, r.body) for r in server.requests] == [
            ("POST", "/x", b"b"),
            ("POST", "/there?a=1", b"b"),
        ]

    run(story())


def test_a_redirect_to_the_full_url_of_the_origin_is_followed(scripted_server: Any) -> None:
    async def story() -> None:
        full = scripted_server.answer(308, headers="Location: HTTP://127.0.0.1:{port}/y\r\n")
        async with scripted_server(full, scripted_server.answer()) as server:
            client = HttpClient()
            assert (await client.send(post(server), timeout_s=5)).status == 202
            client.close()
        assert [r.target for r in server.requests] == ["/x", "/y"]

    run(story())


@pytest.mark.parametrize(
    ("status", "location"),
    [
        (302, "/there"),
        (303, "/there"),
        (308, "//127.0.0.2/there"),
        (308, "http://127.0.0.2/there"),
        (308, "https://127.0.0.1/there"),
        (308, ""),
    ],
)
def test_other_redirects_are_answers(scripted_server: Any, status: int, location: str) -> None:
    async def story() -> None:
        headers = f"Location: {location}\r\n"
        async with scripted_server(scripted_server.answer(status, b"", headers=headers)) as server:
            client = HttpClient()
            answer = await client.send(post(server), timeout_s=5)
            client.close()
        assert answer == ClientResponse(status, b"", location)
        assert len(server.requests) == 1

    run(story())


def test_a_closed_port_is_a_failure_to_connect() -> None:
    async def story() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            request = ClientRequest(Origin("http", "127.0.0.1", port), "POST", "/")
            said = await failure(HttpClient(), request)
        assert said.startswith(f"connect|connect: 127.0.0.1 port {port}: [Errno 111]")

    run(story())


def test_the_next_address_is_tried_when_one_does_not_answer(scripted_server: Any) -> None:
    def lookup(host: str, port: int) -> list[Any]:
        inet = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*inet, ("127.0.0.1", 1)), (*inet, ("127.0.0.1", port))]

    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            client = HttpClient(lookup=lookup)
            answer = await client.send(post(server, host="intake.test"), timeout_s=5)
            client.close()
        assert answer.status == 202

    run(story())


def test_an_address_that_swallows_packets_uses_up_its_share_of_the_time_only(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            inet = (socket.AF_INET, socket.SOCK_STREAM, 6, "")

            def lookup(host: str, port: int) -> list[Any]:
                return [(*inet, full.getsockname()), (*inet, ("127.0.0.1", port))]

            async with scripted_server(scripted_server.answer()) as server:
                client = HttpClient(lookup=lookup)
                answer = await client.send(post(server, host="intake.test"), timeout_s=0.6)
                client.close()
            for filler in fillers:
                filler.close()
        assert answer.status == 202

    run(story())


def test_an_ipv6_address_is_connected_to_and_named_in_brackets(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), host="::1") as server:
            client = HttpClient()
            await client.send(post(server), timeout_s=5)
            client.close()
        assert server.requests[0].headers["host"] == f"[::1]:{server.port}"

    run(story())


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_looked_up_is_a_failure_of_dns(error: Exception) -> None:
    def lookup(host: str, port: int) -> list[Any]:
        raise error

    async def story() -> None:
        request = ClientRequest(Origin("http", "intake.test", 80), "POST", "/")
        said = await failure(HttpClient(lookup=lookup), request)
        assert said == f"dns|dns: intake.test: {error}"

    run(story())


def test_requests_at_the_same_time_share_one_name_lookup_and_its_hanging_does_not_hold_exit() -> (
    None
):
    calls: list[str] = []
    released = threading.Event()

    def lookup(host: str, port: int) -> list[Any]:
        calls.append(host)
        released.wait(10)
        return []

    async def story() -> None:
        client = HttpClient(lookup=lookup)
        request = ClientRequest(Origin("http", "intake.test", 80), "POST", "/")
        said = await asyncio.gather(*(failure(client, request, 0.1) for _ in range(5)))
        assert set(said) == {"timeout|timeout: no answer within 0.1 s, came as far as dns"}

    run(story())
    released.set()
    assert calls == ["intake.test"]


def test_a_request_that_http_cannot_carry_is_not_sent_and_its_key_is_not_quoted(
    scripted_server: Any,
) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            origin = Origin("http", server.host, server.port)
            request = ClientRequest(origin, "POST", "/", (("DD-Api-Key", "secret\n"),))
            said = await failure(HttpClient(), request)
        assert said.startswith("invalid_request|")
        assert "secret" not in said
        assert server.requests == []

    run(story())


def test_a_cancelled_request_closes_its_connection(scripted_server: Any) -> None:
    async def story() -> None:
        hang, ok = scripted_server.hang(), scripted_server.answer()
        async with scripted_server(hang, ok) as server:
            client = HttpClient()
            progress = Progress()
            sending = asyncio.create_task(
                client.send(post(server), timeout_s=5, progress=progress), name="send"
            )
            await server.received(1)
            assert progress.phase == "read"
            sending.cancel()
            await asyncio.wait([sending])
            assert (await client.send(post(server), timeout_s=5)).status == 202
            client.close()
        assert server.connections == 2

    run(story())
