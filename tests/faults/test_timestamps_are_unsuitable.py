"""A timestamp on what cannot have one, or one that is no point of this world."""

from typing import Any


def test_types_that_cannot_have_one_are_counted_and_cost_one_line(
    program: Any, intake: Any
) -> None:
    lines = [b"x:1:2|%b|T1658328888" % kind for kind in (b"h", b"ms", b"d", b"s")]
    outcome = program.run(program.app("stream", lines * 100))
    assert outcome.account == (700, 0, {"unsupported_type": 700})
    (line,) = outcome.log
    assert line == (
        "WARN dogstatsd: only gauges and counters can have a timestamp, b'x' is a histogram: "
        "dropped"
    )


def test_a_time_of_the_far_future_is_passed_on(program: Any, intake: Any) -> None:
    outcome = program.run(program.app("udp", [b"x:1|g|T9223372036854775807"]))
    assert outcome.account == (1, 1, {})
    assert intake.points("x") == ((9223372036854775807, 1.0),)
