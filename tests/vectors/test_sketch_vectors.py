"""The distribution sketch: every vector of spec/dogstatsd.md section 6 but the interpolation."""

import math
from pathlib import Path

import pytest

from serverless_init.sampler.buckets import Distribution
from serverless_init.sampler.sketch import Store, key_of, quantile, trim, value_of

MAX = 65_535

KEYS = [
    line.split()
    for line in Path(__file__).with_name("sketch_keys.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def bins(text):
    """``1:max-2 3:1`` as a list of (key, count)."""
    pairs = [item.split(":") for item in text.split()]
    return [
        (int(key), MAX - int(count[4:] or 0) if count.startswith("max") else int(count))
        for key, count in pairs
    ]


def sketch(*values, rate=1.0):
    """The point at 0 of a distribution of `values`."""
    cell = Distribution()
    for value in values:
        assert cell.add(value, cell.weigh(rate)) is None
    return cell.point(0)


def bins_of(point):
    return list(zip(point.keys, point.counts, strict=True))


@pytest.mark.parametrize(("value", "key"), KEYS)
def test_a_value_of_the_table_has_its_key(value, key):
    assert key_of(float(value)) == int(key)


def test_every_finite_key_is_the_key_of_its_value():
    wrong = [k for k in range(-32766, 32767) if k and key_of(value_of(k)) != k]
    assert wrong == []
    assert key_of(value_of(0)) == 0


def test_the_largest_finite_key_has_the_value_of_the_specification():
    assert value_of(32766) == pytest.approx(4.137616223466104e211, rel=1e-14)
    assert value_of(32767) == math.inf
    assert value_of(-32767) == -math.inf
    assert value_of(1) == pytest.approx(9.94185408912145e-10, rel=1e-14)


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("0:max", [0], "0:1 0:max"),
        ("0:max 0:max", [0], "0:1 0:max 0:max"),
        ("0:1 0:max 0:max", [0, 0], "0:3 0:max 0:max"),
        ("0:max-3", [0] * 5, "0:2 0:max"),
        ("0:2", [-1, -2, -3], "-3:1 -2:1 -1:1 0:2"),
        ("1:1 3:1 4:1", [2, 3], "1:1 2:1 3:2 4:1"),
    ],
)
def test_inserting_keys_fills_bins_up_to_their_width(before, keys, after):
    store = Store(bins(before))
    store.insert(keys)
    assert store.bins() == bins(after)


def test_merging_adds_the_counts_of_equal_keys():
    store = Store(bins("1:max-1"))
    store.merge(Store(bins("1:max-2")))
    assert store.bins() == bins("1:max-3 1:max")


def test_merging_folds_the_lowest_bins_beyond_the_limit():
    store = Store([(key, 1) for key in range(11)], bins_max=3)
    # The limit acts when the first store is filled, too: its lowest bins are one by now.
    assert store.bins() == bins("8:9 9:1 10:1")
    store.merge(Store([(key, 1) for key in range(10)]))
    assert store.bins() == bins("8:18 9:2 10:1")


@pytest.mark.parametrize(
    ("limit", "before", "after"),
    [
        (2, "1:max 2:max 3:max", "2:max 2:max 3:max"),
        (3, "1:max 1:max 1:1 2:max 3:1 4:1", "1:max 1:max 2:1 2:max 3:1 4:1"),
        (3, "1:1 2:1", "1:1 2:1"),
        (1, "1:2 2:3", "2:5"),
    ],
)
def test_trimming_keeps_what_does_not_fit_as_full_bins(limit, before, after):
    assert trim(bins(before), limit) == bins(after)


@pytest.mark.parametrize(
    ("rate", "count", "total"),
    [(0.5, 2, 20), (0.3, 3, 33.333333333333336), (0.21, 4, 47.61904761904762), (0.1, 10, 100)],
)
def test_a_sampled_value_counts_whole_and_sums_exactly(rate, count, total):
    point = sketch(10, rate=rate)
    assert bins_of(point) == [(1487, count)]
    assert (point.count, point.total, point.average) == (count, total, 10)


@pytest.mark.parametrize("rate", [0.0, -0.5, 1.5, math.nan, math.inf])
def test_a_rate_that_is_no_share_counts_as_one(rate):
    assert bins_of(sketch(10, rate=rate)) == [(1487, 1)]


def test_two_inserts_at_a_tenth_make_twenty():
    assert sum(sketch(1, 2, rate=0.1).counts) == 20


@pytest.mark.parametrize("inserted", [511, 512, 513, 1024, 1025])
def test_no_value_is_lost_where_the_pending_ones_settle(inserted):
    point = sketch(*range(1, inserted + 1))
    assert (point.count, sum(point.counts), point.maximum) == (inserted, inserted, inserted)


@pytest.mark.parametrize(
    ("values", "expected", "summary"),
    [
        ([1, 2, 3, 4, 5], "1338:1 1383:1 1409:1 1427:1 1442:1", (5, 1, 5, 15, 3)),
        ([0, 0, 1], "0:2 1338:1", (3, 0, 1, 1, 0.3333333333333333)),
        ([0.1, 0.1, 0.2], "1189:2 1234:1", (3, 0.1, 0.2, 0.4, 0.13333333333333333)),
        ([-1, 0, 1], "-1338:1 0:1 1338:1", (3, -1, 1, 0, 0)),
        ([1] * 4, "1338:4", (4, 1, 1, 4, 1)),
        (
            range(10, 101, 10),
            "1487:1 1531:1 1557:1 1576:1 1590:1 1602:1 1612:1 1621:1 1628:1 1635:1",
            (10, 10, 100, 550, 55),
        ),
        (
            range(10),
            "0:1 1338:1 1383:1 1409:1 1427:1 1442:1 1454:1 1464:1 1472:1 1480:1",
            (10, 0, 9, 45, 4.5),
        ),
        ([500, 666, 666, 1234], "1739:1 1757:2 1797:1", (4, 500, 1234, 3066, 766.5)),
    ],
)
def test_a_whole_sketch_of_the_table(values, expected, summary):
    point = sketch(*values)
    assert bins_of(point) == bins(expected)
    got = (point.count, point.minimum, point.maximum, point.total, point.average)
    assert got == summary


@pytest.mark.parametrize(
    ("q", "value"),
    [
        (0, 0),
        (0.5, 49.75221608642316),
        (0.95, 95.41452700754016),
        (0.99, 99.18842808205522),
        (1, 100),
    ],
)
def test_quantiles_of_a_hundred_and_one_values(q, value):
    point = sketch(*range(101))
    assert len(point.keys) == 94
    assert quantile(point, q) == pytest.approx(value, rel=1e-13)


def test_the_median_of_equal_values_lies_within_their_bin():
    assert quantile(sketch(1, 1, 1, 1), 0.5) == 1.0078125
