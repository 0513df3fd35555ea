"""What the official protobuf runtime reads of our trace payloads is what went in."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serverless_init.model import Span, SpanEvent, SpanLink, TraceChunk, TracerPayload
from serverless_init.traces.encode import PAYLOAD_BYTES_MAX, AgentPayload, TraceEncoder

FRAME = AgentPayload(
    hostname="h",
    env="prod",
    agent_version="7.80.0",
    target_tps=10.0,
    errors_tps=5.0,
    is_rare_enabled=True,
)

TEXT = st.text(max_size=8)
IDS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 127, 128, 2**56 - 1, 2**56, 2**63])
TIMES = st.integers(0, 2**63 - 1)
TAGS = st.dictionaries(TEXT, TEXT | st.text(min_size=100, max_size=130), max_size=3)
NUMBERS = st.floats(allow_nan=False)
SCALARS = TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | NUMBERS
LINKS = st.builds(SpanLink, IDS, IDS, IDS, TAGS, TEXT, st.integers(0, 2**32 - 1))
EVENTS = st.builds(
    SpanEvent,
    IDS,
    TEXT,
    st.dictionaries(TEXT, SCALARS | st.lists(SCALARS, max_size=3).map(tuple), max_size=3),
)
SPANS = st.builds(
    Span,
    *[TEXT, TEXT, TEXT, IDS, IDS, IDS, TIMES, TIMES, st.integers(-(2**31), 2**31 - 1)],
    meta=TAGS,
    metrics=st.dictionaries(TEXT, NUMBERS, max_size=3),
    type=TEXT,
    meta_struct=st.none() | st.dictionaries(TEXT, st.binary(max_size=5), min_size=1, max_size=2),
    links=st.none() | st.lists(LINKS, min_size=1, max_size=2),
    events=st.none() | st.lists(EVENTS, min_size=1, max_size=2),
)
CHUNKS = st.builds(
    TraceChunk,
    st.lists(SPANS, max_size=3),
    st.integers(-128, 2),
    TEXT,
    TAGS,
    st.booleans(),
)
PAYLOADS = st.builds(
    TracerPayload,
    *[TEXT] * 5,
    chunks=st.lists(CHUNKS, min_size=1, max_size=3),
    tags=TAGS,
    env=TEXT,
    hostname=TEXT,
    app_version=TEXT,
)


def of_attribute(wire):
    values = {0: "string_value", 1: "bool_value", 2: "int_value", 3: "double_value"}
    if wire.type == 4:
        return tuple(map(of_attribute, wire.array_value.values))
    return getattr(wire, values[wire.type])


def body_of(parts):
    return b"".join(part.content for part in parts) + FRAME.end


def of_map(entries):
    return {entry.key: entry.value for entry in entries}


def of_span(wire):
    links = [
        SpanLink(
            e.trace_id, e.trace_id_high, e.span_id, of_map(e.attributes), e.tracestate, e.flags
        )
        for e in wire.links
    ]
    events = [
        SpanEvent(
            e.time_unix_nano,
            e.name,
            {entry.key: of_attribute(entry.value) for entry in e.attributes},
        )
        for e in wire.events
    ]
    return Span(
        *[wire.service, wire.name, wire.resource, wire.trace_id, wire.span_id, wire.parent_id],
        *[wire.start, wire.duration, wire.error, of_map(wire.meta), of_map(wire.metrics)],
        wire.type,
        of_map(wire.meta_struct) or None,
        links or None,
        events or None,
    )


def of_payload(wire):
    chunks = [
        TraceChunk(
            list(map(of_span, c.spans)), c.priority, c.origin, of_map(c.tags), c.dropped_trace
        )
        for c in wire.chunks
    ]
    return TracerPayload(
        *[wire.container_id, wire.language_name, wire.language_version, wire.tracer_version],
        *[wire.runtime_id, chunks, of_map(wire.tags), wire.env, wire.hostname, wire.app_version],
    )


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PAYLOADS, min_size=1, max_size=3))
def test_a_payload_is_read_as_it_was_written(trace_messages, payloads):
    """Any payload passes through encoder and official decoder unchanged, also from memory."""
    encoder = TraceEncoder()
    for _ in range(2):
        parts = [part for payload in payloads for part in encoder.encode(payload)]
        read = trace_messages["AgentPayload"].FromString(body_of(parts))
        assert list(map(of_payload, read.tracer_payloads)) == payloads
        assert sum(part.spans for part in parts) == sum(
            len(chunk.spans) for payload in payloads for chunk in payload.chunks
        )
        assert (read.hostname, read.env, read.agent_version) == ("h", "prod", "7.80.0")
        assert (read.target_tps, read.error_tps, read.rare_sampler_enabled) == (10.0, 5.0, True)


def test_a_large_payload_is_cut_between_chunks(trace_messages):
    chunks = [TraceChunk([Span(resource="r" * 1_000_000)], origin=str(n)) for n in range(5)]
    huge = TraceChunk([Span(resource="r" * PAYLOAD_BYTES_MAX)], origin="5")
    payload = TracerPayload(language_name="python", env="prod", chunks=[*chunks, huge])

    parts = list(TraceEncoder().encode(payload))

    assert [part.spans for part in parts] == [3, 2, 1]
    assert all(len(part.content) < PAYLOAD_BYTES_MAX for part in parts[:2])
    read = trace_messages["AgentPayload"].FromString(body_of(parts)).tracer_payloads
    assert [(p.env, p.language_name) for p in read] == [("prod", "python")] * 3
    assert [chunk.origin for p in read for chunk in p.chunks] == list("012345")


def test_a_payload_without_chunks_is_not_sent():
    assert list(TraceEncoder().encode(TracerPayload(env="prod"))) == []
