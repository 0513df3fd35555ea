"""The compiled decoder of traces reads what the Python one reads, and refuses what it refuses."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.errors import Undecodable
from serverless_init.traces._fast import decode_v04 as compiled
from serverless_init.traces.decode import decode_v04 as python

TEXT = st.sampled_from(["", "a", "web", "é", "\U0001f600", "x" * 31, "y" * 129]) | st.text()
WHOLE = st.integers(-(2**63), 2**64 - 1) | st.sampled_from(
    [0, -1, -32, -33, 127, 128, 255, 256, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63]
)
NUMBERS = WHOLE | st.floats() | st.sampled_from([0.0, -0.0])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT | st.binary(max_size=5)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
LINKS = st.lists(st.dictionaries(st.sampled_from(["trace_id", "flags", "attributes"]), TREES))
EVENTS = st.lists(st.dictionaries(st.sampled_from(["time_unix_nano", "name"]), TREES))


def fields(other):
    """Spans whose fields have their type, or are `other`."""
    return st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(["service", "name", "resource", "type"], TEXT | other),
            **dict.fromkeys(["trace_id", "span_id", "parent_id"], WHOLE | other),
            "start": st.integers(-(2**63), 2**63 - 1) | other,
            "duration": st.integers(0, 2**40) | other,
            "error": st.sampled_from([0, 1, -1]) | other,
            "meta": st.dictionaries(TEXT, TEXT, max_size=12) | other,
            "metrics": st.dictionaries(TEXT, NUMBERS, max_size=7) | other,
            "meta_struct": st.dictionaries(TEXT, st.binary(), max_size=2) | other,
            "span_links": LINKS | other,
            "span_events": EVENTS | other,
            "_unknown": TREES,
        },
    )


def requests(spans):
    return st.lists(st.lists(spans, max_size=4), max_size=3)


LIKELY = requests(fields(st.none()))
ODD = requests(fields(st.none() | TREES) | TREES)


def outcome(decode, body):
    """Values written out, so that 1 is not 1.0 and -0.0 is not 0.0; or why there are none."""
    try:
        return repr(decode(body))
    except Undecodable as refused:
        return f"refused: {refused}"


def assert_alike(body):
    assert outcome(compiled, body) == outcome(python, body)


@settings(max_examples=150, deadline=None)
@given(LIKELY | ODD)
def test_any_spans_are_read_alike(tree):
    """For all requests, of the right types and of others, both twins have equal outcomes."""
    body = msgpack.packb(tree)
    assert_alike(body)
    assert_alike(body)


@settings(max_examples=100, deadline=None)
@given(st.floats(width=32))
def test_single_floats_are_read_alike(number):
    """For all floats of 32 bits, as number tags and elsewhere."""
    for fields in ({"metrics": {"k": number}}, {"start": number}, {"meta": {"k": number}}):
        assert_alike(msgpack.packb([[fields]], use_single_float=True))


@settings(max_examples=150, deadline=None)
@given(LIKELY, st.data())
def test_damaged_requests_are_read_alike(tree, data):
    """For all requests with a byte changed, inserted or lost, and all cut ones, likewise."""
    body = msgpack.packb(tree)
    at = data.draw(st.integers(0, len(body)))
    for damaged in (
        body[:at],
        body[:at] + body[at + 1 :],
        body[:at] + data.draw(st.binary(max_size=3)) + body[at:],
        body[:at] + data.draw(st.binary(min_size=1, max_size=1)) + body[at + 1 :],
    ):
        assert_alike(damaged)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_alike(noise):
    """For all bytes, alone and as a span, likewise."""
    assert_alike(noise)
    assert_alike(b"\x91\x91" + noise)


HUGE = [
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
]
PLACES = [
    b"",
    b"\x91",
    b"\x91\x91",
    b"\x91\x91\x81\xa4meta",
    b"\x91\x91\x81\xa4meta\x81",
    b"\x91\x91\x81\xa4meta\x81\xa1k",
    b"\x91\x91\x81\xa7metrics\x81\xa1k",
    b"\x91\x91\x81\xabmeta_struct\x81\xa1k",
    b"\x91\x91\x81\xaaspan_links",
    b"\x91\x91\x81\xa4name",
    b"\x91\x91\x81\xa5other",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("huge", HUGE)
def test_a_length_beyond_the_end_is_refused_alike(place, huge):
    assert outcome(compiled, place + huge).startswith("refused: ")
    assert_alike(place + huge)


@pytest.mark.parametrize("first", range(256))
def test_every_type_in_every_place_is_read_alike(first):
    for place in PLACES:
        for rest in (b"", b"\x00" * 17, b"\xa1a" * 20, b"\xff" * 9):
            assert_alike(place + bytes((first,)) + rest)


@pytest.mark.parametrize("depth", [10, 32, 33, 34, 99, 100, 101, 5000, 200_000])
@pytest.mark.parametrize("name", [b"\xa5other", b"\xabspan_events"])
def test_nesting_is_read_alike(name, depth):
    assert_alike(b"\x91\x91\x81" + name + b"\x91" * depth + b"\x90")
    assert_alike(b"\x91\x91\x81" + name + b"\x81\xa1k" * depth + b"\xc0")


def test_text_is_what_was_sent_also_when_its_place_is_taken():
    texts = [f"text {number}" for number in range(5000)]
    body = msgpack.packb(
        [[{"meta": dict.fromkeys(texts[at : at + 50], "v")} for at in range(0, 5000, 50)]]
    )
    for _ in range(2):
        ((chunk),) = compiled(body)
        assert [key for span in chunk.spans for key in span.meta] == texts


def test_more_spans_than_bytes_allow_are_refused_alike():
    assert_alike(b"\x91\xdc\xff\xff" + b"\x80" * 65_535)
    assert outcome(compiled, b"\x91\xdc\xff\xff" + b"\x80" * 65_535).startswith(
        "refused: more than"
    )
