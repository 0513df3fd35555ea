import socket
from typing import Any

import pytest

ORDERS = [b"orders:1|c"] * 5


@pytest.mark.parametrize("transport", ["datagram", "stream"])
def test_a_taken_port_costs_one_line_and_the_other_sockets_work(
    program: Any, intake: Any, transport: str
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", program.port))
        outcome = program.run(program.app(transport, ORDERS))
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    assert outcome.log == [
        f"WARN dogstatsd: UDP port {program.port}: Address already in use; "
        "nothing is received there"
    ]
    assert outcome.account == (5, 5, {})


def test_what_is_sent_to_the_taken_port_is_not_ours(program: Any, intake: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", program.port))
        outcome = program.run(program.app("udp", ORDERS))
        assert other.recv(100) == b"orders:1|c"
    assert outcome.code == 7
    assert outcome.account == (0, 0, {})
