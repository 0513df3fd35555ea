"""Bytes to messages: nothing depends on how bytes are cut, nothing is lost, nothing is broken."""

import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.logs import (
    Assembler,
    AssemblerOptions,
    Batch,
    Batcher,
    BatchOptions,
    LogsStats,
    compile_rules,
)
from serverless_init.logs.framer import MARK, Framer, Piece
from serverless_init.logs.headline import HeadlineReader, headline
from serverless_init.model import LogMessage, LogSource

NOW = 1_700_000_000.0

# Line ends in all their forms, characters of all lengths, and bytes that are none.
raw = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"a", b"b ", "é".encode(), "€".encode(), "𝄞".encode()])
    | st.binary(max_size=3)
).map(b"".join)

# What the joiner tells apart.
BEGINNINGS = (
    *(b"2024-05-15 14:04:02 INFO ", b"2024-05-15 14:04:02 ", b"ERROR ", b"INFO: ", b"<3>"),
    *(b"", b" ", b"  ", b"\t", b"\x1b[31m", b"hello ", b'{"level":"warn"}', b"{", b"}"),
    *(b"Traceback (most recent call last):", b"ValueError: ", b"Caused by: ", b"/app/x.js:1"),
    *(b"panic: ", b"goroutine 1 [", b"main.f(", b"a.rb:1:in `f': "),
    b'127.0.0.1 - - [15/May/2024:14:04:02 +0000] "GET ',
)
log_lines = st.builds(
    bytes.__add__,
    st.sampled_from(BEGINNINGS),
    st.sampled_from([b"", b"x", b"y" * 30, b"at f (x)", "é€𝄞".encode() * 5, b"\xff\x80"]),
)
programs = st.lists(log_lines, max_size=40).map(lambda lines: b"\n".join([*lines, b""]))
limits = st.integers(20, 200)
EXCLUDE = '{"name":"e","type":"exclude_at_match","pattern":"hello"}'
EXCLUDE_CUT = '{"name":"t","type":"exclude_truncated"}'
RULES, _ = compile_rules([EXCLUDE, EXCLUDE_CUT])


@st.composite
def cut(draw: st.DrawFn, source: st.SearchStrategy[bytes]) -> tuple[bytes, list[bytes]]:
    """Some bytes, whole and in portions."""
    data = draw(source)
    at = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return data, [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


def framed(portions: list[bytes], limit: int) -> list[bytes]:
    framer = Framer(limit)
    out = [line for portion in portions for line in framer.feed(portion)]
    return out + framer.end()


def assembled(portions: list[bytes], options: AssemblerOptions) -> list[LogMessage]:
    assembler = Assembler(LogSource("stdout"), options)
    out = [message for portion in portions for message in assembler.feed(portion, NOW)]
    return out + assembler.end(NOW)


@settings(max_examples=300, deadline=None)
@given(cut(raw), st.integers(4, 12))
def test_lines_are_the_same_however_their_bytes_are_cut(
    data: tuple[bytes, list[bytes]], limit: int
) -> None:
    """frame(a + b) = frame(a), frame(b)."""
    whole, portions = data
    assert framed(portions, limit) == framed([whole], limit)


@settings(max_examples=200, deadline=None)
@given(raw, st.integers(4, 12))
def test_the_pieces_of_a_line_make_the_line(data: bytes, limit: int) -> None:
    """With their marks taken off and joined, pieces are what a program without a limit reads."""
    unlimited = framed([data], 1_000_000)
    rejoined: list[bytes] = []
    for line in framed([data], limit):
        inner = line.removeprefix(MARK).removesuffix(MARK)
        assert len(inner) <= limit
        if isinstance(line, Piece) and line.goes_on:
            rejoined[-1] += inner
        else:
            rejoined.append(inner)
    assert rejoined == unlimited


@settings(max_examples=200, deadline=None)
@given(st.text(), st.integers(4, 12))
def test_no_cut_breaks_a_character(text: str, limit: int) -> None:
    """Every piece of valid UTF-8 is valid UTF-8."""
    for line in framed([text.encode()], limit):
        line.decode()


@settings(max_examples=200, deadline=None)
@given(cut(programs), limits, st.booleans())
def test_messages_are_the_same_however_their_bytes_are_cut(
    data: tuple[bytes, list[bytes]], limit: int, auto: bool
) -> None:
    """assemble(a + b) = assemble(a), assemble(b)."""
    whole, portions = data
    options = AssemblerOptions(message_bytes_max=limit, auto_multi_line=auto)
    assert assembled(portions, options) == assembled([whole], options)


@settings(max_examples=200, deadline=None)
@given(programs, st.booleans(), st.booleans())
def test_every_line_is_in_a_message_once_and_in_order(
    data: bytes, auto: bool, by_time: bool
) -> None:
    """Without rules and limits, the lines of the messages are the lines of the program."""
    options = AssemblerOptions(auto_multi_line=auto, datetime_detection=by_time)
    messages = assembled([data], options)
    inside = [line for message in messages for line in message.text.split(b"\n") if line.strip()]
    assert inside == [line for line in data.split(b"\n") if line.strip()]


Step = tuple[str, bytes | float]
steps = st.lists(
    st.tuples(st.just("feed"), programs | raw)
    | st.tuples(st.just("due"), st.floats(0, 3))
    | st.tuples(st.just("end"), st.just(b"")),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(steps, limits, st.booleans())
def test_lines_balance_after_every_step(given_steps: list[Step], limit: int, ruled: bool) -> None:
    """accepted = in messages + dropped + held, at every instant; held is 0 after an end."""
    options = AssemblerOptions(message_bytes_max=limit)
    stats = LogsStats()
    source = LogSource("stdout")
    assembler = (
        Assembler(source, options, stats=stats, rules=RULES)
        if ruled
        else Assembler(source, options, stats=stats)
    )
    now, passed_on, messages = NOW, 0, 0
    for name, argument in given_steps:
        if isinstance(argument, bytes):
            out = assembler.feed(argument, now) if name == "feed" else assembler.end(now)
        else:
            now += argument
            out = assembler.due(now)
            due_at = assembler.due_at()
            assert due_at is None or due_at > now
        passed_on += sum(message.lines for message in out)
        messages += len(out)
        dropped = sum(stats.dropped.values())
        assert stats.lines_accepted == passed_on + dropped + assembler.held
        assert stats.messages == messages
        assert assembler.held == 0 or name != "end"


@settings(max_examples=200, deadline=None)
@given(programs, limits)
def test_no_message_is_longer_than_the_limit(data: bytes, limit: int) -> None:
    """Without its marks, a message is within the limit."""
    for message in assembled([data], AssemblerOptions(message_bytes_max=limit)):
        assert len(message.text.removeprefix(MARK).removesuffix(MARK)) <= limit


@settings(max_examples=200, deadline=None)
@given(st.lists(log_lines | st.binary(min_size=1, max_size=60), max_size=40))
def test_a_reader_of_headlines_says_the_same_whatever_it_has_read_before(
    lines: list[bytes],
) -> None:
    """Memory changes no severity, and no kind but to tell prose from what is unknown."""
    reader = HeadlineReader()
    for line in filter(bytes.strip, lines):
        kind, severity = headline(line)
        found = reader.read(line)
        assert (max(found[0], 1), found[1]) == (kind, severity)


messages = st.builds(
    LogMessage,
    text=st.binary(max_size=60),
    status=st.sampled_from(["info", "error"]),
    timestamp_ms=st.integers(0, 3),
    source=st.sampled_from([LogSource("stdout", "a", "b", ("c:d",)), LogSource("stderr")]),
    tags=st.sampled_from([(), ("truncated:single_line",)]),
    lines=st.integers(1, 5),
    attributes=st.just(()),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, max_size=40), st.integers(1, 10), st.integers(150, 1000))
def test_batches_are_within_their_limits_and_hold_every_message_once(
    given_messages: list[LogMessage], messages_max: int, bytes_max: int
) -> None:
    """join(batches) = messages, without exactly those too large for any batch."""
    batcher = Batcher(BatchOptions(messages_max=messages_max, bytes_max=bytes_max))
    batches: list[Batch] = []
    read = sent = dropped = 0
    kept: list[LogMessage] = []
    for message in given_messages:
        batches += batcher.add(message, NOW)
        read += message.lines
        if sum(batcher.stats.dropped.values()) == dropped:
            kept.append(message)
        dropped = sum(batcher.stats.dropped.values())
        sent = sum(batch.lines for batch in batches)
        assert read == sent + dropped + batcher.held
    batches += batcher.flush()
    assert batcher.held == 0

    encoded = encoder()
    assert kept == [m for m in given_messages if len(encoded(m)) <= bytes_max]
    for batch in batches:
        assert 1 <= len(batch.items) <= messages_max
        assert batch.size == sum(map(len, batch.items)) <= bytes_max
    found = [json.loads(item) for batch in batches for item in batch.items]
    assert [(m["message"], m["status"], m["timestamp"]) for m in found] == [
        (m.text.decode("utf-8", "replace"), m.status, m.timestamp_ms) for m in kept
    ]
    assert [m["ddtags"] for m in found] == [",".join(m.source.tags + m.tags) for m in kept]


def encoder() -> Callable[[LogMessage], bytes]:
    """The same object by the standard library alone."""

    def encode(message: LogMessage) -> bytes:
        service = {"service": message.source.service} if message.source.service else {}
        value = {
            "message": message.text.decode("utf-8", "replace"),
            "status": message.status,
            "timestamp": message.timestamp_ms,
            "hostname": "",
            **service,
            "ddsource": message.source.source,
            "ddtags": ",".join(message.source.tags + message.tags),
        }
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    return encode
