"""Aggregates and percentiles of weighted values."""

from array import array

import pytest

from serverless_init.sampler.histogram import HistogramOutputs, summarize, weight_of

ALL = HistogramOutputs.configured(("max", "min", "median", "avg", "sum", "count"), ("0", "1"))


def summary(groups, outputs=ALL):
    compact = [(weight, array("d", values)) for weight, values in groups]
    return dict(summarize(compact, outputs, 10))


def test_the_sum_is_exact_where_adding_in_order_loses_digits():
    assert summary([(1, [1, 1e100, 1, -1e100])])[b".sum"] == 2.0


def test_values_of_several_weights_are_ranked_together():
    assert summary([(1, [1, 2]), (3, [0])]) == {
        b".max": 2,
        b".min": 0,
        b".median": 0,
        b".avg": 0.6,
        b".sum": 3,
        b".count": 0.5,
        b".0percentile": 0,
        b".100percentile": 2,
    }


def test_the_short_way_for_one_weight_ranks_like_the_long_one():
    one = summary([(2, [5, 1, 4, 2])])
    two = summary([(2, [5, 1]), (2, [4, 2])])
    assert one == two
    assert one[b".median"] == 2


@pytest.mark.parametrize("weight", [0, -2])
def test_without_positive_weight_there_is_no_average_and_no_rank(weight):
    assert summary([(weight, [1, 2])]) == {
        b".max": 2,
        b".min": 1,
        b".sum": 3 * weight,
        b".count": 2 * weight / 10,
    }


def test_a_sum_beyond_the_floats_is_left_out():
    assert list(summary([(1, [1e308, 1e308])])) == [
        b".max",
        b".min",
        b".median",
        b".count",
        b".0percentile",
        b".100percentile",
    ]


@pytest.mark.parametrize(
    ("rate", "weight"),
    [
        (1, 1),
        (0.5, 2),
        (0.3, 3),
        (0.21, 4),
        (0, 1),
        (float("nan"), 1),
        (2, 0),
        (float("inf"), 0),
        (-0.5, -2),
        (1e-320, 2**62),
    ],
)
def test_a_rate_becomes_a_whole_weight(rate, weight):
    assert weight_of(rate) == weight


@pytest.mark.parametrize(
    ("word", "suffix"), [("0.95", 95), ("0.999", 100), ("0.994", 99), ("0", 0), ("1", 100)]
)
def test_a_percentile_is_rounded_to_whole_per_cents(word, suffix):
    assert HistogramOutputs.configured((), (word,)).percentiles == (suffix,)
