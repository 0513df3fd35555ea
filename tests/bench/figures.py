"""What a benchmark yields, and how it is printed: medians, spreads, ratios."""

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured repeatedly. The first figure of a unit is what the next compare to."""

    name: str
    unit: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between these lies the middle half of the samples."""
        if len(self.samples) < 2:
            return self.samples[0], self.samples[0]
        lower, _, upper = statistics.quantiles(self.samples, n=4, method="inclusive")
        return lower, upper

    def as_json(self) -> dict[str, object]:
        """For ``--json``: the samples too, so that two runs can be compared in any way."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "quartiles": list(self.quartiles),
            "min": min(self.samples),
            "max": max(self.samples),
            "samples": list(self.samples),
        }


_HEAD = ("", "median", "quartiles", "min .. max", "n", "ratio")


def table(figures: Iterable[Figure]) -> Iterator[str]:
    """Lines of a table of `figures`; the ratio is to the first figure with the same unit."""
    rows, firsts = [_HEAD], dict[str, float]()
    for figure in figures:
        first = firsts.setdefault(figure.unit, figure.median)
        lower, upper = figure.quartiles
        rows.append(
            (
                f"{figure.name}, {figure.unit}",
                _number(figure.median),
                f"{_number(lower)} .. {_number(upper)}",
                f"{_number(min(figure.samples))} .. {_number(max(figure.samples))}",
                str(len(figure.samples)),
                f"{figure.median / first:.2f}" if first else "-",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        padded = (f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join((f"{name:<{widths[0]}}", *padded))


def _number(value: float) -> str:
    """Three digits that matter; whole numbers in full."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
