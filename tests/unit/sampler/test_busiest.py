"""Finding the busiest keys in bounded memory."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.sampler.busiest import Busiest


def counted(keys, *, keys_max):
    busiest = Busiest(keys_max)
    for key in keys:
        busiest.count(key, 1)
    return busiest


def test_counts_are_exact_while_all_keys_fit():
    busiest = counted([b"b", b"a", b"b"], keys_max=2)
    assert busiest.top(5) == [(b"b", 2), (b"a", 1)]


def test_a_late_key_rises_and_only_its_own_count_is_told():
    busiest = counted([b"a", b"b", b"c", b"c", b"c"], keys_max=2)
    assert busiest.top(1) == [(b"c", 3)]


def test_nothing_is_left_after_clearing():
    busiest = counted([b"a", b"b", b"c"], keys_max=2)
    busiest.clear()
    assert not busiest
    busiest.count(b"c", 1)
    assert busiest.top(1) == [(b"c", 1)]


KEYS = st.lists(st.integers(0, 9).map(lambda n: b"%d" % n), max_size=200)


@settings(max_examples=100, deadline=None)
@given(KEYS, st.integers(1, 8))
def test_a_key_with_more_than_its_share_is_found_and_never_told_too_high(keys, keys_max):
    """More than n / keys_max of n counts are in the table; what is told is at most the truth."""
    told = dict(counted(keys, keys_max=keys_max).top(keys_max))
    assert len(told) <= keys_max
    for key in set(keys):
        assert told.get(key, 0) <= keys.count(key)
        assert key in told or keys.count(key) <= len(keys) / keys_max
