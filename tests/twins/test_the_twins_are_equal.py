"""The compiled sampler does what the Python one does, to the last bit and the last counter."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.sampler import EnrichmentRules, NameFilter, SamplerOptions
from serverless_init.sampler._fast import TimeSampler as CompiledSampler
from serverless_init.sampler.time_sampler import TimeSampler as PythonSampler

NAMES = st.sampled_from([b"a", b"b", b"c", b"d", b"unwanted", b"a|c", b"", b"_e{", b"_sc", b"x y"])
DECIMALS = st.from_regex(rb"\A[+-]?[0-9]{0,17}(\.[0-9]{0,17})?\Z")
FLOATS = st.floats().map(lambda number: repr(number).encode())
ODD_VALUES = st.sampled_from(
    b"1:2/:1:/1::2// 1/1 /nan/inf/-inf/1e999/1e308/0x1p1/-nan/1_0/_1/x/5\t/-0/.5/5./.".split(b"/")
)
PACKED = st.lists(st.one_of(DECIMALS, FLOATS), min_size=2, max_size=70).map(b":".join)
VALUES = st.one_of(DECIMALS, FLOATS, ODD_VALUES, PACKED)
TAILS = st.sampled_from(
    b"|c/|g/|h/|ms/|d/|s/|//|c|#a,b/|c|#b,a/|g|@0.5/|c|@x/|c|@0/|h|@2/|h|@0.3/|c|T5/|c|T1234567/"
    b"|g|Tx/|c|c/|d|@0.1/|d|@1e-300/|ms|#a/|d|c:in-7/|s|#a".split(b"/")
)
LINES = st.one_of(
    st.builds(
        lambda name, value, tail, end: name + b":" + value + tail + end,
        NAMES,
        VALUES,
        TAILS,
        st.sampled_from([b"", b"\r"]),
    ),
    st.binary(max_size=20),
)
# A clock that mostly goes forward; what came in the packet, or a flush.
STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 12), st.integers(-400, 400)),
        st.one_of(
            st.lists(LINES, max_size=30).map(b"\n".join),
            st.binary(),
            st.sampled_from(["flush", "force"]),
        ),
    ),
    max_size=12,
)
OPTIONS = [
    SamplerOptions(statistics=True),
    SamplerOptions(contexts_max=3, timestamps=False, client_origin=True),
    SamplerOptions(
        enrichment=EnrichmentRules(copy_prefix=b"copy.", names=NameFilter([b"unwanted"]))
    ),
]


def seen(sampler):
    """Everything that can be seen of a sampler between two steps."""
    stats = sampler.stats
    return (
        (stats.samples_accepted, stats.samples_flushed, stats.samples_timestamped),
        stats.dropped,
        (stats.malformed_excerpt, stats.unsupported_excerpt, stats.refused_names.top(1000)),
        (sampler.held_samples(), sampler.contexts_held(), sampler.crowding()),
        list(sampler.take_timestamped()),
        sampler.statistics.as_json() if sampler.statistics else None,
    )


def outcomes(sampler, steps):
    """What each step gives and leaves behind, written out, so that -0.0 is not 0.0."""
    now = 10_000.0
    for seconds, what in [*steps, (0, "force")]:
        now = max(0.0, now + seconds)
        if isinstance(what, bytes):
            given_back = list(sampler.ingest(what, now))
        else:
            flushed = sampler.flush(now, force=what == "force")
            given_back = [*flushed.series, *flushed.sketches]
        yield repr((given_back, seen(sampler)))


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "crowded", "copying"])
@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_packets_and_flushes_have_equal_outcomes(options, steps):
    """For all packets and flushes, every output and every counter of the twins are equal."""
    compiled, python = CompiledSampler(options), PythonSampler(options)
    assert list(outcomes(compiled, steps)) == list(outcomes(python, steps))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=1100))
def test_distributions_have_equal_bins(numbers):
    """For all values, near each other and far apart, both twins fill the same bins."""
    lines = b"\n".join(b"d:%s|d" % repr(number).encode() for number in numbers)
    steps = [(0, lines), (0, lines.replace(b"|d", b"|d|@0.7")), (0, lines)]
    assert list(outcomes(CompiledSampler(OPTIONS[0]), steps)) == list(
        outcomes(PythonSampler(OPTIONS[0]), steps)
    )


@settings(max_examples=300, deadline=None)
@given(DECIMALS)
def test_a_decimal_is_the_same_double(text):
    """For all decimals, what the twin reads by itself is what `float` reads, bit for bit."""
    sampler = CompiledSampler(SamplerOptions())
    sampler.ingest(b"g:1|g", 5.0)
    sampler.ingest(b"g:" + text + b"|g", 5.0)
    (serie,) = sampler.flush(10.0, force=True).series
    ((_, value),) = serie.points
    expected = float(text) if any(digit in text for digit in b"0123456789") else 1.0
    assert struct.pack("d", value) == struct.pack("d", expected)


@pytest.mark.parametrize("line", [b"g:1|g|#a", b"h:1|h", b"d:1|d", b"s:1|s"])
def test_a_text_whose_context_was_forgotten_is_looked_up_again(line):
    steps = [(0, line), (0, line), (30, "flush"), (30, "flush"), (1, line), (0, line)]
    sampler = CompiledSampler(SamplerOptions())
    assert list(outcomes(sampler, steps)) == list(outcomes(PythonSampler(SamplerOptions()), steps))
    assert sampler.contexts_held() == 1
