"""Laws about how packets are cut into lines."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.sampler import Malformed, SamplerOptions, TimeSampler, parse_metric

NAMES = st.sampled_from([b"a", b"b", b"a|c", b"", b"_e{", b"_sc", b"x y"])
VALUES = st.sampled_from(
    b"1/2.5/-3/1:2/:1:// 1/1 /nan/inf/1e999/0x1p1/-nan/1_0/_1/x/5\t".split(b"/")
)
TAILS = st.sampled_from(
    b"|c/|g/|h/|ms/|d/|s/|//|c|#a,b/|c|#b,a/|g|@0.5/|c|@x/|c|@0/|h|@2/|c|T5/|c|T1234567/|g|Tx/|c|c"
    b"/|d|@0.1".split(b"/")
)
CARRIAGE_RETURN = st.sampled_from([b"", b"\r"])
GRAMMATICAL = st.builds(
    lambda name, value, tail, end: name + b":" + value + tail + end,
    NAMES,
    VALUES,
    TAILS,
    CARRIAGE_RETURN,
)
LINES = st.one_of(GRAMMATICAL, GRAMMATICAL, st.binary(max_size=20))


def outcome(sampler):
    """Everything there is to see of a sampler at its end."""
    flushed = sampler.flush(1010.0, force=True)
    timestamped = list(sampler.take_timestamped())
    stats = sampler.stats
    refused = stats.refused_names.top(1000)
    counters = stats.samples_accepted, stats.samples_flushed, stats.samples_timestamped
    excerpts = stats.malformed_excerpt, stats.unsupported_excerpt
    seen = counters, stats.dropped, refused, excerpts
    return list(flushed.series), list(flushed.sketches), timestamped, seen


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES), st.lists(LINES))
def test_two_packets_are_worth_their_concatenation(first, second):
    """ingest(a + newline + b) equals ingest(a), then ingest(b)."""
    a, b = b"\n".join(first), b"\n".join(second)
    together, apart = TimeSampler(SamplerOptions()), TimeSampler(SamplerOptions())
    rare = list(together.ingest(a + b"\n" + b, 1005.0))
    assert rare == [*apart.ingest(a, 1005.0), *apart.ingest(b, 1005.0)]
    assert outcome(together) == outcome(apart)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES.filter(lambda line: b"\n" not in line), max_size=40))
def test_the_short_way_refuses_what_the_reference_refuses(lines):
    """Whatever was seen before, a line is malformed exactly when `parse_metric` says so."""
    sampler = TimeSampler(SamplerOptions())
    for _ in range(2):
        sampler.ingest(b"\n".join(lines), 1005.0)
    expected = {}
    accepted = 0
    for line in (line.removesuffix(b"\r") for line in lines * 2):
        if line and not line.startswith((b"_e{", b"_sc")):
            sample = parse_metric(line)
            if isinstance(sample, Malformed):
                accepted += 1
                reason = f"malformed:{sample}"
                expected[reason] = expected.get(reason, 0) + 1
            else:
                accepted += len(sample.values) or 1
    dropped = sampler.stats.dropped
    assert {r: n for r, n in dropped.items() if r.startswith("malformed:")} == expected
    assert sampler.stats.samples_accepted == accepted


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(LINES, st.binary()), max_size=30), st.booleans())
def test_arbitrary_bytes_never_raise_and_always_balance(packets, force):
    """accepted = flushed + dropped + held after every step, and at the end nothing is held."""
    sampler = TimeSampler(SamplerOptions(contexts_max=5))
    stats = sampler.stats

    def balance():
        passed = stats.samples_flushed + sum(stats.dropped.values())
        return stats.samples_accepted - passed - sampler.held_samples()

    for second, packet in enumerate(packets, 1000):
        sampler.ingest(packet, float(second))
        assert balance() == 0
        if second % 3 == 0:
            sampler.take_timestamped()
            assert balance() == 0
        if second % 7 == 0:
            flushed = sampler.flush(float(second), force=force)
            for _ in flushed.series:
                assert balance() == 0
            list(flushed.sketches)
    list(outcome(sampler))
    assert balance() == 0
    assert sampler.held_samples() == 0
