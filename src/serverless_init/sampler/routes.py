"""Routes: the short way to a context, by the raw text that a sample was once seen with.

A context is the identity of a series. Working it out (parse, special tags, sort, deduplicate)
costs ten times as much as everything else that happens to a sample, and clients send the same text
again and again. So a sample's *raw key*, its name and everything after its value, is remembered
with a *route*: which context it led to, as which kind, at which rate.

The table is bounded: a context keeps its newest raw keys only, and they go when it goes.
"""

from typing import TYPE_CHECKING

from serverless_init.model import MetricKind
from serverless_init.sampler.contexts import Context

if TYPE_CHECKING:
    from serverless_init.sampler.buckets import Cell

# One text per sender and sample rate is usual. More than this are noise, like a field that is
# different in every message.
RAW_KEYS_PER_CONTEXT_MAX = 8
# Beyond this many per allowed context on average, a context keeps one.
RAW_KEYS_FACTOR_MAX = 2


class Route:
    """Where samples of one raw key go: into `cell`, that of the bucket with number `epoch`.

    `weight` is what the cell makes of the rate. A route whose epoch is not the wanted bucket's has
    to be attached to a cell of that one first. A new route has an epoch that no bucket has, nor the
    absence of one (0). Where there is a `copy`, every number goes to that route too.
    """

    __slots__ = ("cell", "context", "copy", "epoch", "kind", "rate", "weight")

    cell: "Cell"

    def __init__(
        self, context: Context, kind: MetricKind, rate: float, copy: "Route | None" = None
    ) -> None:
        self.context = context
        self.kind = kind
        self.rate = rate
        self.copy = copy
        self.epoch = -1
        self.weight = 1.0

    def attach(self, cell: "Cell", epoch: int) -> None:
        """Lead to `cell` of the bucket with number `epoch` from now on."""
        self.cell = cell
        self.weight = cell.weigh(self.rate)
        self.epoch = epoch


class Routes:
    """The routes by raw key, for a table of `contexts_max` contexts.

    Those of sets are apart, because a set's value is read differently. The owner reads both
    dictionaries, and only this class changes them.
    """

    def __init__(self, contexts_max: int) -> None:
        self.of_numbers: dict[bytes, Route] = {}
        self.of_sets: dict[bytes, Route] = {}
        self._crowded_at = contexts_max * RAW_KEYS_FACTOR_MAX

    def __len__(self) -> int:
        return len(self.of_numbers) + len(self.of_sets)

    def find(self, raw_key: bytes) -> Route | None:
        """Where `raw_key` leads."""
        return self.of_numbers.get(raw_key) or self.of_sets.get(raw_key)

    def remember(self, raw_key: bytes, route: Route) -> None:
        """Lead `raw_key` to `route`, at the cost of its context's oldest ones if need be."""
        context = route.context
        allowed = 1 if len(self) >= self._crowded_at else RAW_KEYS_PER_CONTEXT_MAX
        while len(context.raw_keys) >= allowed:
            self._forget_oldest(context)
        context.raw_keys += (raw_key,)
        table = self.of_sets if route.kind is MetricKind.SET else self.of_numbers
        table[raw_key] = route

    def forget(self, context: Context) -> None:
        """Remove all raw keys that lead to `context`."""
        while context.raw_keys:
            self._forget_oldest(context)

    def _forget_oldest(self, context: Context) -> None:
        oldest, *_ = context.raw_keys
        context.raw_keys = context.raw_keys[1:]
        self.of_numbers.pop(oldest, None)
        self.of_sets.pop(oldest, None)
