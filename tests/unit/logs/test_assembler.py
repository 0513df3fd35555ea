"""The assembler: what is held and for how long, what is too large, what is counted."""

import json

import pytest

from serverless_init.logs import Assembler, AssemblerOptions, LogsStats, Rules, compile_rules
from serverless_init.logs.framer import MARK
from serverless_init.model import LogMessage, LogSource

NOW = 1_700_000_000.0
M = MARK.decode()
SOURCE = LogSource("stdout", "shop", "python", ("env:prod",))


def assembler(stream: str = "stdout", rules: Rules | None = None, **options: object) -> Assembler:
    source = LogSource(stream, "shop", "python", ("env:prod",))
    chosen = AssemblerOptions(**options)  # type: ignore[arg-type]
    return Assembler(source, chosen, rules=rules) if rules else Assembler(source, chosen)


def texts(messages: list[LogMessage]) -> list[str]:
    return [message.text.decode() for message in messages]


def rules(*given: str) -> Rules:
    compiled, problems = compile_rules(given)
    assert problems == []
    return compiled


def test_a_message_has_the_values_of_its_source_and_of_its_first_line() -> None:
    under_test = assembler()
    under_test.feed(b"ERROR it failed\n", NOW)
    under_test.feed(b"  because\n", NOW + 0.5)
    assert under_test.end(NOW + 1) == [
        LogMessage(
            text=b"ERROR it failed\n  because",
            status="error",
            timestamp_ms=1_700_000_000_000,
            source=SOURCE,
            tags=("multiline:auto_multiline",),
            lines=2,
        )
    ]


def test_the_text_is_sent_as_it_is() -> None:
    line = b'{"msg": "x\\u00e9",  "dd": {"trace_id": "1"}, "level": "warn"}'
    (message,) = assembler().feed(line + b"\r\n", NOW)
    assert message == LogMessage(line, "warn", 1_700_000_000_000, SOURCE)


def test_what_says_nothing_is_as_severe_as_its_stream() -> None:
    for stream, status in (("stdout", "info"), ("stderr", "error"), ("/var/log/a.log", "info")):
        under_test = assembler(stream)
        assert [m.status for m in under_test.feed(b"x\ny\n", NOW)] == [status]


def test_the_stream_decides_alone_where_that_is_asked_for() -> None:
    under_test = assembler("stderr", detect_status=False)
    messages = under_test.feed(b'{"level":"info"}\nINFO x\n  y\nDEBUG z\n', NOW)
    assert [m.status for m in messages] == ["error", "error"]
    assert under_test.end(NOW)[0].status == "error"


def test_a_line_waits_for_the_next_one_or_for_its_time() -> None:
    under_test = assembler(timeout_s=1.0)
    assert under_test.due_at() is None
    assert under_test.feed(b"one\n", NOW) == []
    assert (under_test.held, under_test.due_at()) == (1, NOW + 1)
    assert under_test.due(NOW + 0.999) == []
    assert texts(under_test.due(NOW + 1)) == ["one"]
    assert (under_test.held, under_test.due_at()) == (0, None)


def test_a_message_that_grows_without_a_pause_ends_too() -> None:
    under_test = assembler(timeout_s=1.0)
    under_test.feed(b"one\n", NOW)
    for tenths in range(1, 48):
        under_test.feed(b"  x\n", NOW + tenths / 10)
    assert under_test.due_at() == NOW + 5
    assert under_test.due(NOW + 4.9) == []
    (message,) = under_test.due(NOW + 5)
    assert message.lines == 48


def test_a_clock_set_back_keeps_nothing_waiting() -> None:
    under_test = assembler()
    under_test.feed(b"one\n", NOW)
    assert texts(under_test.due(NOW - 3600)) == ["one"]


def test_a_last_line_without_its_end_is_sent_at_the_end() -> None:
    under_test = assembler()
    assert under_test.feed(b"one\ntw", NOW) == []
    assert texts(under_test.feed(b"o", NOW)) == []
    assert texts(under_test.end(NOW)) == ["one", "two"]
    assert texts(under_test.end(NOW)) == []


def test_blank_lines_are_no_messages() -> None:
    under_test = assembler()
    assert under_test.feed(b"\n  \n\t\r\n", NOW) + under_test.end(NOW) == []
    assert (under_test.stats.lines_accepted, under_test.stats.lines_blank) == (0, 3)


def test_blank_lines_inside_a_message_stay_and_those_behind_it_do_not() -> None:
    under_test = assembler()
    messages = under_test.feed(b"a\n\n  b\n \n\nc\n", NOW)
    assert texts(messages) == ["a\n\n  b"]
    assert messages[0].lines == 2


def test_many_blank_lines_end_a_message() -> None:
    under_test = assembler()
    assert texts(under_test.feed(b"a\n" + b"\n" * 51 + b"  b\n", NOW)) == ["a"]


def test_a_message_that_becomes_too_large_is_cut_between_lines_and_says_so() -> None:
    under_test = assembler(message_bytes_max=20)
    messages = under_test.feed(b"ERROR x\n  0123456789\n  abcdefghij\n  z\nnext\n", NOW)
    assert [(m.text.decode(), m.status, m.tags) for m in messages] == [
        (
            f"ERROR x\n  0123456789{M}",
            "error",
            ("multiline:auto_multiline", "truncated:auto_multiline"),
        ),
        (
            f"{M}  abcdefghij\n  z",
            "error",
            ("multiline:auto_multiline", "truncated:auto_multiline"),
        ),
    ]
    assert under_test.held == 1


def test_a_message_of_very_many_lines_is_cut_too() -> None:
    under_test = assembler()
    messages = under_test.feed(b"x\n" + b" y\n" * 5000 + b"z\n", NOW)
    assert [m.lines for m in messages] == [5000, 1]


def test_a_line_that_is_too_long_is_as_severe_in_all_its_pieces() -> None:
    under_test = assembler(message_bytes_max=20)
    messages = under_test.feed(b"one\nWARN 0123456789012345678901234567890123456789\n  two\n", NOW)
    messages += under_test.end(NOW)
    assert [(m.text.decode(), m.status, m.tags, m.lines) for m in messages] == [
        ("one", "info", (), 1),
        (f"WARN 012345678901234{M}", "warn", ("truncated:single_line",), 1),
        (f"{M}56789012345678901234{M}", "warn", ("truncated:single_line",), 1),
        (f"{M}56789", "warn", ("truncated:single_line",), 1),
        ("  two", "info", (), 1),
    ]
    assert under_test.stats.lines_cut == 3
    assert under_test.stats.lines_accepted == 5


def test_tags_for_what_was_joined_or_cut_can_be_left_out() -> None:
    under_test = assembler(message_bytes_max=20, tag_multi_line=False, tag_truncated=False)
    messages = under_test.feed(b"a\n b\n" + b"x" * 50 + b"\n", NOW)
    assert [m.tags for m in messages] == [()] * 4


def test_every_line_is_a_message_where_joining_is_off() -> None:
    under_test = assembler(auto_multi_line=False)
    messages = under_test.feed(b"ERROR x\n  y\n\n  z\n", NOW)
    assert [(m.text, m.status) for m in messages] == [
        (b"ERROR x", "error"),
        (b"  y", "info"),
        (b"  z", "info"),
    ]
    assert under_test.held == 0


def test_only_what_is_recognized_is_joined_where_timestamps_do_not_join() -> None:
    under_test = assembler(datetime_detection=False)
    data = b"2024-05-15 14:04:02 x\nSELECT *\n2024-05-15 14:04:03 y\n  z\nCaused by: a\n"
    assert texts(under_test.feed(data, NOW) + under_test.end(NOW)) == [
        "2024-05-15 14:04:02 x",
        "SELECT *",
        "2024-05-15 14:04:03 y\n  z\nCaused by: a",
    ]


def test_a_multi_line_rule_takes_the_place_of_what_is_recognized() -> None:
    begins = '{"name":"n","type":"multi_line","pattern":"-- |=="}'
    under_test = assembler(rules=rules(begins))
    data = b"x\n  y\n-- a\n2024-05-15 14:04:02 ERROR b\n\nc --\n== d\n"
    messages = under_test.feed(data, NOW) + under_test.end(NOW)
    assert texts(messages) == ["x\n  y", "-- a\n2024-05-15 14:04:02 ERROR b\n\nc --", "== d"]
    assert [m.tags for m in messages] == [("multiline:multiline_regex",)] * 2 + [()]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ('{"name":"n","type":"exclude_at_match","pattern":"health"}', ["a", "b 1-2-3"]),
        ('{"name":"n","type":"include_at_match","pattern":"^[ab]"}', ["a", "b 1-2-3"]),
        (
            '{"name":"n","type":"mask_sequences","pattern":"\\\\d-","replace_placeholder":"#"}',
            ["a", "health", "b ##3"],
        ),
    ],
)
def test_rules_see_every_message(rule: str, kept: list[str]) -> None:
    under_test = assembler(rules=rules(rule))
    messages = under_test.feed(b"a\nhealth\nb 1-2-3\n", NOW) + under_test.end(NOW)
    assert texts(messages) == kept
    assert under_test.stats.dropped == ({"excluded": 1} if len(kept) == 2 else {})
    assert under_test.stats.messages == len(kept)


def test_a_rule_sees_a_message_of_several_lines_at_once() -> None:
    mask = {"name": "n", "type": "mask_sequences", "pattern": "key:\\n  \\w+"}
    under_test = assembler(rules=rules(json.dumps(mask | {"replace_placeholder": "*"})))
    under_test.feed(b"key:\n  secret\n", NOW)
    assert texts(under_test.end(NOW)) == ["*"]


def test_what_was_cut_can_be_excluded() -> None:
    rule = '{"name":"n","type":"exclude_truncated"}'
    under_test = assembler(rules=rules(rule), message_bytes_max=20)
    data = b"a\n" + b"x" * 50 + b"\nb\n  0123456789\n  0123456789\n"
    assert texts(under_test.feed(data, NOW) + under_test.end(NOW)) == ["a"]
    assert under_test.stats.dropped == {"excluded": 3 + 3}


def test_assemblers_may_share_their_counters() -> None:
    stats = LogsStats()
    for _ in range(2):
        under_test = Assembler(SOURCE, AssemblerOptions(), stats=stats)
        under_test.feed(b"a\n  b\nc\n", NOW)
        under_test.end(NOW)
    assert stats == LogsStats(lines_accepted=6, messages=4, messages_joined=2)


HEADS = (b"", b"panic: x\n", b"a.rb:1:in `f': x\n", b"/a.js:1\n", b"ERROR\n")
UNITS = (
    *(
        b".",
        b"a.",
        b"a(",
        b"a.(",
        b":1",
        b"a:1:in `'",
        b"1",
        b"1-",
        b"0x0",
        b"A ",
        b"Error",
        b"/.js",
    ),
    *(b" ", b"\t", b"|  ", b"{", b'{"', b'"level"', b"[", b"-", b"=", b"level=", b"\x1b[", b"\\"),
)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("unit", UNITS)
def test_no_long_line_takes_more_than_its_length(head: bytes, unit: bytes) -> None:
    """A pattern for calls in Go's traces took most of a minute for 100,000 dots."""
    under_test = assembler()
    line = unit * (200_000 // len(unit)) + b"x"
    under_test.feed(head + line + b"\n" + line + b"\n", NOW)
    assert sum(message.lines for message in under_test.end(NOW)) <= 3
