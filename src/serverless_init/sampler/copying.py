"""The cell of a histogram whose values are copied as a distribution: it takes each for both."""

from serverless_init.sampler.buckets import Cell
from serverless_init.sampler.contexts import Context
from serverless_init.sampler.routes import Route
from serverless_init.sampler.stats import SamplerStats


class Copying(Cell):
    """Stands before the cell of `context`: every number goes to `copy`, as one more sample.

    It has no samples and no outputs; the two cells behind it have.
    """

    __slots__ = ("_cell", "_context", "_copy", "_stats")

    def __init__(self, cell: Cell, *, context: Context, copy: Route, stats: SamplerStats) -> None:
        super().__init__()
        self._cell = cell
        self._context = context
        self._copy = copy
        self._stats = stats

    def weigh(self, rate: float) -> float:
        """See `Cell.weigh`."""
        return self._cell.weigh(rate)

    def add(self, value: float, weight: float) -> str | None:
        """See `Cell.add`."""
        copy = self._copy
        copy.context.last_seen = self._context.last_seen
        self._stats.samples_accepted += 1
        refusal = copy.cell.add(value, copy.weight)
        if refusal is not None:
            self._stats.drop(refusal)
        return self._cell.add(value, weight)
