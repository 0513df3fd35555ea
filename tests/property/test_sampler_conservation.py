"""Laws about flushing: sums are conserved, timestamps are never given twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.sampler import SamplerOptions, TimeSampler

# Steps of the clock in tenths of a second, mostly forward, and what happens then.
STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 60), st.integers(-300, 300)),
        st.one_of(st.integers(1, 100), st.sampled_from(["flush", "force"])),
    ),
    max_size=60,
)


def consume(flushed, sums, stamps):
    """Add up value times interval, and collect timestamps, by name."""
    for serie in flushed.series:
        for second, value in serie.points:
            sums[serie.name] = sums.get(serie.name, 0) + round(value * serie.interval_s)
            stamps.setdefault(serie.name, []).append(second)
        assert list(serie.points) == sorted(serie.points)
    for sketch in flushed.sketches:
        for point in sketch.points:
            sums[b"d"] = sums.get(b"d", 0) + round(point.total)
            stamps.setdefault(b"d", []).append(point.timestamp)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_sums_are_conserved_whatever_the_flush_instants(steps):
    """The sum of value * interval equals the sum of the inputs, with no timestamp used twice."""
    sampler = TimeSampler(SamplerOptions())
    sums, stamps = {}, {}
    now = 10_000.0
    total = 0
    for tenths, action in steps:
        now = max(0.0, now + tenths / 10)
        if isinstance(action, int):
            sampler.ingest(b"c:%d|c\nd:%d|d" % (action, action), now)
            total += action
        else:
            consume(sampler.flush(now, force=action == "force"), sums, stamps)
    consume(sampler.flush(now, force=True), sums, stamps)
    assert (sums.get(b"c", 0), sums.get(b"d", 0)) == (total, total)
    for seconds in stamps.values():
        assert len(seconds) == len(set(seconds))
    assert sampler.held_samples() == 0
    assert sampler.stats.samples_flushed == sampler.stats.samples_accepted
