"""Laws of sketches that are made of buckets."""

from hypothesis import given
from hypothesis import strategies as st

from serverless_init.otlp.buckets import SketchBuilder
from serverless_init.otlp.deltas import Deltas
from serverless_init.otlp.values import ExponentialBuckets

COUNTS = st.integers(0, 5000)
BOUNDS = st.lists(st.floats(-1e6, 1e6), max_size=8, unique=True).map(sorted)
NS = 1_000_000_000


@given(BOUNDS, st.data())
def test_no_sample_of_a_bucket_is_lost_or_made(bounds: list[float], data: st.DataObject) -> None:
    """The sketch's counts add up to those of the buckets."""
    counts = data.draw(st.lists(COUNTS, min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    builder = SketchBuilder()
    if bounds:
        builder.add(bounds, counts)
        total = sum(counts)
        point = builder.point(0, count=total, total=1.0, minimum=None, maximum=None)
        assert sum(point.counts) == total if point else total == 0


@given(st.integers(-12, 20), st.integers(-500, 500), st.lists(COUNTS, min_size=1, max_size=8))
def test_no_sample_of_an_exponential_bucket_is_lost_or_made(
    scale: int, offset: int, counts: list[int]
) -> None:
    """The same for exponential buckets, on both sides of zero; keys ascend."""
    builder = SketchBuilder()
    for sign in (-1, 1):
        builder.add_exponential(ExponentialBuckets(offset, counts), scale, sign)
    total = 2 * sum(counts)
    point = builder.point(0, count=total, total=0.0, minimum=None, maximum=None)
    assert sum(point.counts) == total if point else total == 0
    if point:
        assert list(point.keys) == sorted(point.keys)
        assert point.minimum <= point.maximum


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_differences_add_up_to_the_last_value(steps: list[int]) -> None:
    """The sum of what a series' points give is what its last point says."""
    deltas = Deltas(first="keep", began_ns=0, ttl_s=3600, series_max=10)
    value, given_in_all = 0, 0.0
    for at, step in enumerate(steps, 1):
        value += step
        grown = deltas.advance(
            ("m",), start_ns=1, time_ns=at * NS, numbers=(float(value),), now=float(at)
        )
        assert not isinstance(grown, str)
        given_in_all += grown.numbers[0]
    assert given_in_all == value
