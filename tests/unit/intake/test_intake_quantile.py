"""Quantiles from bins, with the examples of the DogStatsD specification (6.2, 6.7, 6.8)."""

import math

import pytest

from serverless_init.intake.quantile import EMPTY, merge, quantile, value_of
from serverless_init.intake.received import ReceivedSketch


def sketch(bins: dict[int, int], minimum: float, maximum: float, total: float) -> ReceivedSketch:
    count = sum(bins.values())
    return ReceivedSketch(
        100, count, minimum, maximum, total / count, total, tuple(bins), tuple(bins.values())
    )


def key_of(value: float) -> int:
    return round(math.log(value) / math.log1p(2 / 128)) + 1338 if value else 0


def numbers(*values: float) -> ReceivedSketch:
    bins: dict[int, int] = {}
    for value in values:
        bins[key_of(value)] = bins.get(key_of(value), 0) + 1
    return sketch(bins, min(values), max(values), sum(values))


def test_a_keys_value_is_its_bins_centre() -> None:
    assert value_of(0) == 0.0
    assert value_of(1338) == 1.0
    assert value_of(-1338) == -1.0
    assert value_of(1) == pytest.approx(9.94185408912145e-10, rel=1e-12)
    assert value_of(32766) == pytest.approx(4.137616223466104e211, rel=1e-9)
    assert value_of(32767) == math.inf
    assert value_of(-32767) == -math.inf


def test_the_quantiles_of_0_to_100_are_the_specified_ones() -> None:
    whole = numbers(*range(101))
    assert len(whole.keys) == 94
    assert quantile(whole, 0.5) == pytest.approx(49.75221608642316, rel=1e-12)
    assert quantile(whole, 0.95) == pytest.approx(95.41452700754016, rel=1e-12)
    assert quantile(whole, 0.99) == pytest.approx(99.18842808205522, rel=1e-12)


def test_equal_values_are_interpolated_within_their_bin() -> None:
    assert quantile(numbers(1, 1, 1, 1), 0.5) == 1.0078125


def test_the_lowest_bin_begins_at_the_minimum() -> None:
    assert value_of(key_of(10)) != 10
    assert quantile(numbers(10, 10), 0.25) == 10


def test_the_ends_are_minimum_and_maximum() -> None:
    whole = numbers(3, 4, 5)
    assert [quantile(whole, q) for q in (-1, 0, 1, 2)] == [3, 3, 5, 5]


def test_an_empty_sketch_has_zero_everywhere() -> None:
    assert [quantile(EMPTY, q) for q in (0, 0.5, 1)] == [0, 0, 0]


def test_a_count_without_bins_has_its_maximum() -> None:
    assert quantile(ReceivedSketch(0, 3, 1.0, 9.0, 2.0, 6.0, (), ()), 0.5) == 9.0


def test_infinite_bins_have_the_extremes() -> None:
    assert quantile(ReceivedSketch(0, 1, -1e300, 1e300, 0, 0, (32767,), (1,)), 0.5) == 1e300
    assert quantile(ReceivedSketch(0, 1, -1e300, 1e300, 0, 0, (-32767,), (1,)), 0.5) == -1e300


def test_merging_adds_bins_and_summaries() -> None:
    merged = merge([numbers(1, 2), EMPTY, numbers(2, 5)])
    assert merged == ReceivedSketch(
        100, 4, 1, 5, 2.5, 10, (key_of(1), key_of(2), key_of(5)), (1, 2, 1)
    )


def test_one_sketch_alone_keeps_its_repeated_keys() -> None:
    overflowed = ReceivedSketch(1, 65536, 0, 0, 0, 0, (0, 0), (1, 65535))
    assert merge([overflowed]) is overflowed
    assert merge([]) is EMPTY
