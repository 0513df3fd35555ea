"""A last line without line feed may have been cut on its way; spec/dogstatsd.md 1.2 and 11.2."""

from typing import Any

import pytest

PACKET = b"foo:1|c\nbar:1|c\r\nbaz:1|c\r\nquz:1|c\nhax:1|c\r"


@pytest.mark.parametrize(
    ("transport", "required"), [("udp", "udp"), ("datagram", "uds"), ("stream", "uds,udp")]
)
def test_an_unterminated_line_is_dropped_where_the_end_is_required(
    program: Any, intake: Any, transport: str, required: str
) -> None:
    env = {"DD_DOGSTATSD_EOL_REQUIRED": required}
    outcome = program.run(program.app(transport, [PACKET, b"x:1|c", b"y:1|c\n"]), env=env)
    assert outcome.account == (7, 5, {"unterminated": 2})
    (line,) = outcome.log
    assert line.startswith("WARN dogstatsd: dropped: unterminated (")


@pytest.mark.parametrize("required", ["", "uds named_pipe"])
def test_elsewhere_it_is_a_line_like_any_other(program: Any, intake: Any, required: str) -> None:
    env = {"DD_DOGSTATSD_EOL_REQUIRED": required}
    outcome = program.run(program.app("udp", [PACKET]), env=env)
    assert outcome.account == (5, 5, {})


def test_a_transport_that_does_not_exist_is_named_and_the_others_count(
    program: Any, intake: Any
) -> None:
    env = {"DD_DOGSTATSD_EOL_REQUIRED": "tcp udp"}
    outcome = program.run(program.app("udp", [PACKET]), env=env)
    assert outcome.account == (5, 4, {"unterminated": 1})
    assert outcome.log == [
        "WARN dogstatsd: dogstatsd_eol_required: 'tcp' is none of udp, uds, named_pipe",
        "WARN dogstatsd: dropped: unterminated (1 so far)",
    ]


def test_a_packet_that_is_too_long_is_counted_once(program: Any, intake: Any) -> None:
    env = {"DD_DOGSTATSD_EOL_REQUIRED": "uds", "DD_DOGSTATSD_BUFFER_SIZE": "512"}
    outcome = program.run(program.app("datagram", [b"orders:1|c\n" * 60]), env=env)
    assert outcome.account == (47, 46, {"packet_too_long": 1})
