import shlex
from typing import Any

import pytest

SMALL = {"DD_DOGSTATSD_BUFFER_SIZE": "512"}
LINE = b"orders:1|c\n"


@pytest.mark.parametrize("transport", ["udp", "datagram"])
def test_a_datagram_that_is_too_long_loses_its_last_line_and_what_follows(
    program: Any, intake: Any, transport: str
) -> None:
    # 46 lines of 11 bytes fit into 512; the 47th would be cut in two.
    outcome = program.run(program.app(transport, [LINE * 60]), env=SMALL)
    assert (outcome.code, outcome.err) == (7, [])
    assert outcome.account == (47, 46, {"packet_too_long": 1})


def test_a_line_that_is_too_long_for_a_datagram_is_counted(program: Any, intake: Any) -> None:
    tags = b",".join(b"tag%d:value" % number for number in range(100))
    packets = [b"orders:1|c|#" + tags, b"orders:1|c"]
    outcome = program.run(program.app("datagram", packets), env=SMALL)
    assert outcome.account == (2, 1, {"packet_too_long": 1})


def test_a_packet_of_exactly_the_limit_is_whole(program: Any, intake: Any) -> None:
    packet = b"x:1|c\n" + b"y" * 502 + b":1|c"
    assert len(packet) == 512
    outcome = program.run(program.app("datagram", [packet]), env=SMALL)
    assert outcome.account == (2, 2, {})


def test_a_stream_frame_that_is_too_long_ends_its_connection_alone(
    program: Any, intake: Any
) -> None:
    bad, good = ([LINE * 5, LINE * 60], [LINE * 6])
    both = f"{shlex.join(program.app('stream', bad))}; {shlex.join(program.app('stream', good))}"
    outcome = program.run(["sh", "-c", both], env=SMALL)
    assert (outcome.code, outcome.account) == (7, (12, 11, {"frame_too_long": 1}))
