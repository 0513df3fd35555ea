"""The statistics of a comparison, on replicates as noisy as on a shared machine."""

import random

import pytest

from serverless_init.gate.compare import Comparison, Verdict, compare

REPLICATES = 10
NOISE = 0.03


def replicates(source: random.Random, mean: float, noise: float = NOISE) -> list[float]:
    return [mean * source.lognormvariate(0, noise) for _ in range(REPLICATES)]


def compared(seed: int, slowdown: float, **options: bool) -> Comparison:
    source = random.Random(seed)
    base, head = replicates(source, 100.0), replicates(source, 100.0 * slowdown)
    return compare(base, head, **{"lower_is_better": True, **options})


def test_of_twenty_comparisons_of_equals_no_more_than_two_are_flagged() -> None:
    assert sum(compared(seed, 1.0).flagged for seed in range(20)) <= 2


def test_a_slowdown_of_a_tenth_is_caught() -> None:
    verdicts = [compared(seed, 1.10).verdict for seed in range(20)]
    assert verdicts == [Verdict.WORSE] * 20


def test_what_is_worse_for_costs_is_better_for_throughput() -> None:
    assert compared(1, 1.2, lower_is_better=False).verdict is Verdict.BETTER
    assert compared(1, 0.8, lower_is_better=False).verdict is Verdict.WORSE
    assert compared(1, 0.8).verdict is Verdict.BETTER


def test_a_small_change_is_none_however_sure_it_is() -> None:
    comparison = compare([100.0, 100.01], [104.0, 104.01], lower_is_better=True)
    assert comparison.low > 3.9
    assert comparison.verdict is Verdict.UNCHANGED


def test_few_noisy_replicates_cannot_tell_and_say_so() -> None:
    comparison = compare([90.0, 110.0], [91.0, 112.0], lower_is_better=True)
    assert (comparison.verdict, comparison.erratic) == (Verdict.INCONCLUSIVE, True)


def test_an_experiment_that_is_known_to_be_erratic_is_never_flagged() -> None:
    assert not compared(1, 1.5, erratic=True).flagged


def test_the_interval_holds_the_true_change_nine_times_of_ten() -> None:
    """A change of 3 %, 400 times: the share of 90 % intervals that hold it is about 0.9."""
    found = [compared(seed, 1.03) for seed in range(400)]
    share = sum(c.low <= 3.0 <= c.high for c in found) / len(found)
    assert 0.86 <= share <= 0.94


def test_equal_replicates_have_an_interval_of_no_width() -> None:
    comparison = compare([5.0, 5.0], [5.0, 5.0], lower_is_better=True)
    assert (comparison.change, comparison.low, comparison.high) == (0.0, 0.0, 0.0)


def test_the_estimate_is_the_ratio_of_geometric_means() -> None:
    comparison = compare([100.0, 400.0], [200.0, 800.0], lower_is_better=True)
    assert comparison.change == pytest.approx(100.0)
