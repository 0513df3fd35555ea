"""The compiled way of a span does what the Python one does, to the last byte."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serverless_init.model import Span, SpanEvent, SpanLink, TraceChunk
from serverless_init.traces._fast import ChunkEncoder as CompiledEncoder
from serverless_init.traces.encode_chunk import ChunkEncoder as PythonEncoder

LONE_SURROGATES = st.sampled_from(["\ud800", "a\udfffb"])
TEXT = st.text(max_size=8) | st.text(min_size=120, max_size=140) | LONE_SURROGATES
EDGES = [0, 1, 127, 128, 2**14, 2**56 - 1, 2**56, 2**63 - 1, 2**63, 2**64 - 1]
IDS = st.integers(0, 2**64 - 1) | st.sampled_from(EDGES)
TIMES = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(EDGES[:-2])
TAGS = st.dictionaries(TEXT, TEXT, max_size=4)
NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.sampled_from([0.0, -0.0, 1, True])
LINKS = st.builds(SpanLink, IDS, IDS, IDS, TAGS, TEXT, st.integers(0, 2**32 - 1))
EVENTS = st.builds(SpanEvent, IDS, TEXT, st.dictionaries(TEXT, TEXT | st.booleans(), max_size=2))
SPANS = st.builds(
    Span,
    *[TEXT, TEXT, TEXT, IDS, IDS, IDS, TIMES, TIMES, st.integers(-(2**31), 2**31 - 1)],
    meta=TAGS,
    metrics=st.dictionaries(TEXT, NUMBERS, max_size=3),
    type=TEXT,
    meta_struct=st.none() | st.dictionaries(TEXT, st.binary(max_size=5), max_size=2),
    links=st.none() | st.lists(LINKS, max_size=2),
    events=st.none() | st.lists(EVENTS, max_size=2),
)
PRIORITIES = st.integers(-128, 127)
CHUNKS = st.builds(TraceChunk, st.lists(SPANS, max_size=3), PRIORITIES, TEXT, TAGS, st.booleans())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CHUNKS, min_size=1, max_size=3))
def test_chunks_have_equal_bytes(chunks):
    """For all chunks, one after the other, both twins write the same bytes."""
    compiled, python = CompiledEncoder(), PythonEncoder()
    for chunk in [*chunks, *chunks]:
        assert compiled.encode(chunk) == python.encode(chunk)


def test_long_and_empty_chunks_follow_each_other():
    compiled, python = CompiledEncoder(), PythonEncoder()
    many = [Span("s", "n", "r", 1, number, meta={"k": "v" * 2000}) for number in range(1, 200)]
    for chunk in (TraceChunk([]), TraceChunk(many), TraceChunk([], 0), TraceChunk(many[:1])):
        assert compiled.encode(chunk) == python.encode(chunk)


@pytest.mark.parametrize(
    "wrong", [{"trace_id": "1"}, {"meta": {"k": 1}}, {"metrics": {"k": "v"}}, {"service": None}]
)
def test_what_is_no_span_is_an_error_and_not_a_crash(wrong):
    encoder = CompiledEncoder()
    with pytest.raises(TypeError):
        encoder.encode(TraceChunk([Span(**wrong)]))
    right = TraceChunk([Span("s", "n", "r", 1, 2)])
    assert encoder.encode(right) == PythonEncoder().encode(right)
