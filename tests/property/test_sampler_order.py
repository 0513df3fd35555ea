"""Laws about the order of samples."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.sampler import SamplerOptions, TimeSampler

NUMBERS = st.integers(-(2**31), 2**31)
SAMPLES = st.lists(
    st.one_of(
        st.builds(b"count:%d|c".__mod__, NUMBERS),
        st.builds(b"histogram:%d|h|@0.25".__mod__, NUMBERS),
        st.builds(b"sketch:%d|d".__mod__, NUMBERS),
        st.builds(b"sketch:%d|d|@0.5".__mod__, NUMBERS),
        st.builds(b"set:%d|s".__mod__, NUMBERS),
    ),
    max_size=60,
)


def outcome(lines):
    sampler = TimeSampler(SamplerOptions())
    for line in lines:
        sampler.ingest(line, 1000.0)
    flushed = sampler.flush(1010.0, force=False)
    series = {(s.name, s.kind, s.points, s.samples) for s in flushed.series}
    # The running average is left out: its last bits depend on the order, as in the Agent.
    sketches = [
        (p.count, p.minimum, p.maximum, p.total, p.keys, p.counts)
        for sketch in flushed.sketches
        for p in sketch.points
    ]
    return series, sketches


@settings(max_examples=100, deadline=None)
@given(SAMPLES.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_counts_histograms_sketches_and_sets_do_not_depend_on_order(two_orders):
    """Any permutation of samples within one bucket has the same outcome."""
    lines, permuted = two_orders
    assert outcome(lines) == outcome(permuted)
