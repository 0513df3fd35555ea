"""A series as a line of blocks: time runs to the right, a gap in the data is a gap in the line."""

from collections.abc import Sequence
from itertools import pairwise

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-:=+*#"
_GAP = " "


def sparkline(
    points: Sequence[tuple[int, float]], *, columns_max: int, from_zero: bool, unicode: bool
) -> str:
    """`points`, ascending in time, in at most `columns_max` columns; a column is a mean.

    The lowest block is 0 when `from_zero` (what is counted), else the smallest value. Fewer than
    two points make no line.
    """
    if len(points) < 2:
        return ""
    first, last = points[0][0], points[-1][0]
    step = min(later - earlier for (earlier, _), (later, _) in pairwise(points))
    columns = min(columns_max, (last - first) // step + 1)
    values: list[list[float]] = [[] for _ in range(columns)]
    # Values between -1 and 1 have sums and differences, whatever they were.
    scale = max(abs(value) for _, value in points) or 1.0
    for timestamp, value in points:
        values[(timestamp - first) * columns // (last - first + step)].append(value / scale)
    means = [sum(column) / len(column) if column else None for column in values]
    return _draw(means, from_zero=from_zero, levels=_BLOCKS if unicode else _ASCII)


def _draw(means: Sequence[float | None], *, from_zero: bool, levels: str) -> str:
    known = [mean for mean in means if mean is not None]
    low, high = min(known), max(known)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    top = len(levels) - 1

    def level(mean: float) -> str:
        # Without a span there is nothing to compare: a flat line in the middle, or at zero.
        share = (mean - low) / (high - low) if high > low else 0.5 * (high != 0)
        return levels[round(share * top)]

    return "".join(_GAP if mean is None else level(mean) for mean in means)
