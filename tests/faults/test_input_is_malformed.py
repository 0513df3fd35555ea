from typing import Any

# Each kind of line with the reason it is counted for.
LINES = {
    b"nothing": "malformed:no_type",
    b"orders|c": "malformed:no_colon",
    b":1|c": "malformed:empty_name",
    b"orders:|c": "malformed:empty_value",
    b"orders:1|x": "malformed:bad_type",
    b"orders:many|c": "malformed:bad_value",
    b"orders:1|c|@often": "malformed:bad_rate",
    b"orders:1|c|T0": "malformed:bad_timestamp",
    b"orders:nan|g": "non_finite",
    b"\xff\xfe": "malformed:no_type",
}
EACH = 10_000


def test_a_hundred_thousand_malformed_lines_are_counted_and_cost_one_line(
    program: Any, intake: Any
) -> None:
    packet = b"\n".join(line for line in LINES for _ in range(20))
    outcome = program.run(program.app("stream", [packet] * (EACH // 20)))
    assert (outcome.code, outcome.err) == (7, [])
    expected: dict[str, int] = {}
    for reason in LINES.values():
        expected[reason] = expected.get(reason, 0) + EACH
    assert outcome.account == (EACH * len(LINES), 0, expected)
    (line,) = outcome.log
    assert line.startswith("WARN dogstatsd: malformed metric: b'")


def test_malformed_events_and_checks_are_counted_and_cost_a_line_for_each_reason(
    program: Any, intake: Any
) -> None:
    lines = [b"_e{5,4}:title", b"_e{a,b}:title|text", b"_sc|", b"_sc|door|9"]
    outcome = program.run(program.app("stream", lines * 1000))
    accepted, delivered, dropped = outcome.account
    assert (accepted, delivered, sum(dropped.values())) == (4000, 0, 4000)
    assert {reason.rpartition(":")[0] for reason in dropped} == {
        "malformed:event",
        "malformed:service_check",
    }
    assert len(outcome.log) == len(dropped) <= len(lines)


def test_good_lines_between_bad_ones_arrive(program: Any, intake: Any) -> None:
    packet = b"orders:many|c\norders:1|c\n\norders:1|x\r\norders:2|c\r\n"
    outcome = program.run(program.app("udp", [packet] * 10))
    dropped = {"malformed:bad_value": 10, "malformed:bad_type": 10}
    assert outcome.account == (40, 20, dropped)
    (view,) = intake.snapshot().series
    assert (view.metric, round(view.count, 6)) == ("orders", 30)
