"""The real program, and an intake that it cannot reach: said, counted, and ended in time."""

import asyncio
import socket
from typing import Any

import pytest

ORDERS = [b"orders:1|c"] * 5
LATE = "WARN forwarder: out of time with 5 samples not delivered to http"
# The flush timeout of a second, and what starting and ending take on a busy machine.
WITHIN_S = 4.0


@pytest.fixture(autouse=True)
def _in_a_second(program: Any) -> None:
    program.environ["DD_SERVERLESS_FLUSH_TIMEOUT"] = "1"


def test_a_connection_that_is_refused(program: Any) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        program.deliver_to(url)
        outcome = program.run(program.app("udp", ORDERS))
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    line, late = outcome.log
    assert line.startswith(f"WARN forwarder: cannot deliver to {url}/api/v2/series, retrying: ")
    assert "Connect call failed" in line
    assert late.startswith(LATE)
    assert outcome.account == (5, 0, {"deadline": 5})
    assert outcome.took_s < WITHIN_S


def test_a_connection_that_is_never_answered(program: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        program.deliver_to(f"http://127.0.0.1:{silent.getsockname()[1]}")
        outcome = program.run(program.app("udp", ORDERS))
    assert outcome.code == 7
    (late,) = outcome.log
    assert late.startswith(LATE)
    assert outcome.account == (5, 0, {"unconfirmed": 5})
    assert outcome.took_s < WITHIN_S


def test_a_name_that_does_not_resolve(program: Any) -> None:
    program.deliver_to("http://intake.invalid")
    outcome = program.run(program.app("udp", ORDERS))
    assert outcome.code == 7
    # A resolver that answers gives a line of its own; one that hangs until the end does not.
    *said, late = outcome.log
    assert late.startswith(LATE)
    assert len(said) <= 1
    assert all("retrying: dns: intake.invalid: " in line for line in said)
    assert outcome.account == (5, 0, {"deadline": 5})
    assert outcome.took_s < WITHIN_S


def test_a_certificate_that_nobody_knows(program: Any, scripted_server: Any) -> None:
    server = scripted_server(scripted_server.answer(), tls=True)
    outcome = asyncio.run(_run_against(program, server, "https"))
    assert outcome.code == 7
    line, late = outcome.log
    assert "retrying: tls: " in line
    assert "certificate verify failed: self-signed certificate" in line
    assert late.startswith(LATE)
    assert outcome.account == (5, 0, {"deadline": 5})


def test_an_answer_that_is_garbage(program: Any, scripted_server: Any) -> None:
    garbage = scripted_server.raw(b"\x16\x03\x01 what?\r\n\r\n")
    outcome = asyncio.run(_run_against(program, scripted_server(garbage)))
    assert outcome.code == 7
    line, late = outcome.log
    assert "cannot deliver to " in line
    assert late.startswith(LATE)
    assert outcome.account == (5, 0, {"deadline": 5})


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "refuses the API key ending in cdef (403): check DD_API_KEY"),
        (413, "a payload is dropped: status 413: too much"),
    ],
)
def test_an_answer_that_refuses(program: Any, scripted_server: Any, status: int, said: str) -> None:
    server = scripted_server(scripted_server.answer(status, b"too much"))
    outcome = asyncio.run(_run_against(program, server))
    assert outcome.code == 7
    (line,) = outcome.log
    assert said in line
    assert outcome.account == (5, 0, {f"refused_{status}": 5})
    assert outcome.receipt["late"] == []
    assert len(server.requests) == 1


async def _run_against(program: Any, server: Any, scheme: str = "http") -> Any:
    async with server:
        program.deliver_to(f"{scheme}://{server.host}:{server.port}")
        return await asyncio.to_thread(program.run, program.app("udp", ORDERS))
