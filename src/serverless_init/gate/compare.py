"""Is B different from A? The replicate is the unit; nothing within one counts as independent.

Welch's interval on the logarithms of the replicates' values, because what is asked is a ratio. A
change is reported when the estimate is at least 5 % and the 90 % interval excludes none: the
interval alone would flag one unchanged experiment in ten. An interval wider than 5 % to a side
cannot tell, and says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean, stdev

CONFIDENCE = 0.90
EFFECT_PERCENT = 5.0
ERRATIC_CV = 0.1


class Verdict(Enum):
    """What a comparison says."""

    UNCHANGED = "unchanged"
    BETTER = "better"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The change of the mean in per cent, with its interval. `erratic`: the replicates scatter."""

    change: float
    low: float
    high: float
    verdict: Verdict
    erratic: bool

    @property
    def flagged(self) -> bool:
        """Whether this is reported as a change."""
        return self.verdict in (Verdict.BETTER, Verdict.WORSE)


def compare(
    base: Sequence[float], head: Sequence[float], *, lower_is_better: bool, erratic: bool = False
) -> Comparison:
    """Compare positive values of at least two replicates each."""
    # Only comparisons need it, and it takes a third of a second to import.
    from scipy.stats import ttest_ind  # type: ignore[import-untyped]

    a, b = [math.log(value) for value in base], [math.log(value) for value in head]
    shift = fmean(b) - fmean(a)
    low = high = shift
    if len({*a}) > 1 or len({*b}) > 1:
        interval = ttest_ind(b, a, equal_var=False).confidence_interval(CONFIDENCE)
        low, high = float(interval.low), float(interval.high)
    change, low, high = (100 * math.expm1(x) for x in (shift, low, high))
    scattered = any(stdev(values) / fmean(values) > ERRATIC_CV for values in (base, head))
    verdict = Verdict.UNCHANGED
    if abs(change) >= EFFECT_PERCENT and (low > 0 or high < 0) and not erratic:
        improved = (change < 0) is lower_is_better
        verdict = Verdict.BETTER if improved else Verdict.WORSE
    elif high - low > 2 * EFFECT_PERCENT:
        verdict = Verdict.INCONCLUSIVE
    return Comparison(change, low, high, verdict, scattered)
