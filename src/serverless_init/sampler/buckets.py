"""Buckets: the cells of all contexts in one window of ten seconds.

A cell is where the samples of one context in one bucket add up. The first sample decides its kind;
later samples of another kind are fed to it as they are (a count sent to a gauge overwrites it).
Two things don't mix and are refused: a set's member is not a number, nor the other way round.
"""

import math
from array import array
from collections.abc import Iterator

from serverless_init.model import MetricKind, SerieKind, SketchPoint
from serverless_init.sampler.contexts import Context
from serverless_init.sampler.histogram import HistogramOutputs, summarize, weight_of
from serverless_init.sampler.sketch import WEIGHT_MAX, Sketch
from serverless_init.sampler.stats import (
    HISTOGRAM_VALUES_MAX,
    KIND_CONFLICT,
    NON_FINITE,
    SET_MEMBERS_MAX,
)

INTERVAL_S = 10

# One context in one bucket: some 10 MB at the worst, for either.
_MEMBERS_MAX = 100_000
_VALUES_MAX = 1_000_000
# A longer member is remembered by its 64-bit hash; only their number is wanted.
_MEMBER_BYTES_MAX = 64

Output = tuple[bytes, SerieKind, float]


class Cell:
    """Base of the cells. `samples` is how many samples it took.

    `add` and `add_member` return None, or the reason why the sample was not taken. What
    `has_one_output` has at most one, of the metric's own name.
    """

    __slots__ = ("samples", "unit")

    has_one_output = True

    def __init__(self) -> None:
        self.samples = 0
        self.unit = b""

    def weigh(self, rate: float) -> float:
        """The weight to pass to `add` for samples of this rate. Gauges have none."""
        del rate
        return 1.0

    def add(self, value: float, weight: float) -> str | None:
        """Take one finite number."""
        raise AssertionError("every kind of cell has its own", value, weight)

    def add_member(self, member: bytes) -> str | None:
        """Take one member of a set."""
        del member
        return KIND_CONFLICT

    def measure_in(self, unit: bytes) -> None:
        """Remember what the values are; only a histogram has a use for it."""
        del unit

    def outputs(self) -> Iterator[Output]:
        """What the cell becomes: (suffix of the name, kind, value), all finite."""
        raise AssertionError("a distribution becomes a sketch: it has no outputs")


class Gauge(Cell):
    """The last value."""

    __slots__ = ("_value",)

    def add(self, value: float, weight: float) -> str | None:
        """See `Cell.add`."""
        del weight
        self._value = value
        self.samples += 1
        return None

    def outputs(self) -> Iterator[Output]:
        """See `Cell.outputs`."""
        yield b"", SerieKind.GAUGE, self._value


class Counter(Cell):
    """The sum, reported per second."""

    __slots__ = ("_total",)

    def __init__(self) -> None:
        super().__init__()
        self._total = 0.0

    def weigh(self, rate: float) -> float:
        """See `Cell.weigh`. Infinite for a rate of 0, so that such samples are refused."""
        return 1 / rate if rate else math.inf

    def add(self, value: float, weight: float) -> str | None:
        """See `Cell.add`."""
        weighted = value * weight
        # False for infinities and NaN, and cheaper than a call.
        if weighted - weighted != 0.0:
            return NON_FINITE
        self._total += weighted
        self.samples += 1
        return None

    def outputs(self) -> Iterator[Output]:
        """See `Cell.outputs`."""
        if math.isfinite(self._total):
            yield b"", SerieKind.RATE, self._total / INTERVAL_S


class Members(Cell):
    """A set: how many distinct members there are."""

    __slots__ = ("_members",)

    def __init__(self) -> None:
        super().__init__()
        self._members: set[bytes | int] = set()

    def add(self, value: float, weight: float) -> str | None:
        """See `Cell.add`."""
        del value, weight
        return KIND_CONFLICT

    def add_member(self, member: bytes) -> str | None:
        """See `Cell.add_member`."""
        kept = member if len(member) <= _MEMBER_BYTES_MAX else hash(member)
        if len(self._members) >= _MEMBERS_MAX and kept not in self._members:
            return SET_MEMBERS_MAX
        self._members.add(kept)
        self.samples += 1
        return None

    def outputs(self) -> Iterator[Output]:
        """See `Cell.outputs`."""
        yield b"", SerieKind.GAUGE, float(len(self._members))


class Histogram(Cell):
    """All values, with their weights."""

    __slots__ = ("_groups", "_outputs")

    has_one_output = False

    def __init__(self, outputs: HistogramOutputs) -> None:
        super().__init__()
        self._outputs = outputs
        self._groups: dict[float, array[float]] = {}

    def weigh(self, rate: float) -> float:
        """See `Cell.weigh`."""
        return weight_of(rate)

    def add(self, value: float, weight: float) -> str | None:
        """See `Cell.add`."""
        if self.samples >= _VALUES_MAX:
            return HISTOGRAM_VALUES_MAX
        group = self._groups.get(weight)
        if group is None:
            group = self._groups[weight] = array("d")
        group.append(value)
        self.samples += 1
        return None

    def measure_in(self, unit: bytes) -> None:
        """See `Cell.measure_in`."""
        self.unit = unit

    def outputs(self) -> Iterator[Output]:
        """See `Cell.outputs`. ``count`` is a rate, everything else a gauge."""
        groups = [(int(weight), group) for weight, group in self._groups.items()]
        for suffix, value in summarize(groups, self._outputs, INTERVAL_S):
            kind = SerieKind.RATE if suffix == b".count" else SerieKind.GAUGE
            yield suffix, kind, value


class Distribution(Cell):
    """A sketch. It becomes a sketch point and no series."""

    __slots__ = ("_sketch",)

    def __init__(self) -> None:
        super().__init__()
        self._sketch = Sketch()

    def weigh(self, rate: float) -> float:
        """See `Cell.weigh`. A rate that is no share counts as 1."""
        return min(1 / rate, WEIGHT_MAX) if 0 < rate <= 1 else 1.0

    def add(self, value: float, weight: float) -> str | None:
        """See `Cell.add`."""
        if weight == 1.0:
            self._sketch.insert(value)
        else:
            self._sketch.insert_weighted(value, weight)
        self.samples += 1
        return None

    def point(self, timestamp: int) -> SketchPoint | None:
        """The sketch as a point; None when its sum left the floats."""
        return self._sketch.point(timestamp)


class Bucket:
    """One bucket. `window` says which samples belong to it, `start` is its points' timestamp.

    `epoch` is a positive number that no other bucket ever has. Distributions are apart from the
    other cells: a context may have one of each.
    """

    __slots__ = ("cells", "distributions", "epoch", "start", "window")

    def __init__(self, *, window: int, start: int, epoch: int) -> None:
        self.window = window
        self.start = start
        self.epoch = epoch
        self.cells: dict[Context, Cell] = {}
        self.distributions: dict[Context, Distribution] = {}

    def cell(self, context: Context, kind: MetricKind, outputs: HistogramOutputs) -> Cell:
        """The cell that takes samples of `kind` for `context`, made when there is none."""
        if kind is MetricKind.DISTRIBUTION:
            distribution = self.distributions.get(context)
            if distribution is None:
                distribution = self.distributions[context] = self.new_distribution()
            return distribution
        cell = self.cells.get(context)
        if cell is None:
            cell = self.cells[context] = self.new_cell(kind, outputs)
        if kind is MetricKind.TIMING:
            cell.measure_in(b"millisecond")
        return cell

    def holds(self, context: Context) -> bool:
        """Whether `context` has a cell here."""
        return context in self.cells or context in self.distributions

    def samples(self) -> int:
        """How many samples the cells hold."""
        return sum(cell.samples for cell in self.cells.values()) + sum(
            cell.samples for cell in self.distributions.values()
        )

    @staticmethod
    def new_distribution() -> Distribution:
        """An empty cell for a distribution."""
        return Distribution()

    @staticmethod
    def new_cell(kind: MetricKind, outputs: HistogramOutputs) -> Cell:
        """An empty cell for any other kind."""
        if kind is MetricKind.GAUGE:
            return Gauge()
        if kind is MetricKind.COUNTER:
            return Counter()
        if kind is MetricKind.SET:
            return Members()
        return Histogram(outputs)
