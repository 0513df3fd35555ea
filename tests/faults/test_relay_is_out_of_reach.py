"""Whoever shall get a copy of each packet is not there, or is ourselves: delivery goes on."""

from typing import Any

import pytest

PACKETS = [b"orders:1|c"] * 20


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", "packets are not passed on: 127.0.0.1:"),
        ("no..name", "packets are not passed on to no..name: not a host's name"),
    ],
)
def test_our_own_delivery_goes_on_and_a_line_says_why(
    program: Any, intake: Any, host: str, said: str
) -> None:
    env = {"DD_STATSD_FORWARD_HOST": host, "DD_STATSD_FORWARD_PORT": str(program.port)}
    outcome = program.run(program.app("udp", PACKETS), env=env)
    assert (outcome.code, outcome.account) == (7, (20, 20, {}))
    first, last = outcome.log
    assert first.startswith(f"WARN dogstatsd: {said}")
    assert last.startswith("WARN dogstatsd: packets that were not passed on: ")
    assert last.endswith(" 20")
