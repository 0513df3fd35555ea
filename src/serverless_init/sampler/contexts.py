"""Contexts, and the short way to them: the raw text that a sample was once seen with.

A context is the identity of a series. Working it out (parse, special tags, sort, deduplicate)
costs ten times as much as everything else that happens to a sample, and clients send the same text
again and again. So a sample's *raw key*, its name and everything after its value, is remembered
with a *route*: which context it led to, as which kind, at which rate.

Both tables are bounded. Contexts have a maximum; a context keeps its newest raw keys only; and the
raw keys go when their context goes.
"""

from typing import TYPE_CHECKING

from serverless_init.model import MetricKind
from serverless_init.sampler.enrichment import Identity

if TYPE_CHECKING:
    from serverless_init.sampler.buckets import Cell

# One text per sender and sample rate is usual. More than this are noise, like a field that is
# different in every message.
_RAW_KEYS_PER_CONTEXT_MAX = 8
# Beyond this many per allowed context on average, a context keeps one.
_RAW_KEYS_FACTOR_MAX = 2


class Context:
    """One series' identity and when it was last seen (unix seconds).

    `kind` is the kind of the first sample ever; it alone decides whether an idle context goes on
    as a counter that reports zero.
    """

    __slots__ = ("identity", "kind", "last_seen", "raw_keys")

    def __init__(self, identity: Identity, kind: MetricKind, last_seen: int) -> None:
        self.identity = identity
        self.kind = kind
        self.last_seen = last_seen
        self.raw_keys: tuple[bytes, ...] = ()


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


class Contexts:
    """The table of contexts, at most `contexts_max`, and the routes to them by raw key.

    Routes of sets are apart, because a set's value is read differently. The owner reads both
    dictionaries, and only this class changes them. `removals` counts the raw keys that were taken
    out of them. `new_context` makes contexts.
    """

    def __init__(self, contexts_max: int, new_context: type[Context] = Context) -> None:
        self.number_routes: dict[bytes, Route] = {}
        self.set_routes: dict[bytes, Route] = {}
        self.removals = 0
        self._contexts: dict[Identity, Context] = {}
        self._contexts_max = contexts_max
        self._new_context = new_context

    def __len__(self) -> int:
        return len(self._contexts)

    def snapshot(self) -> list[Context]:
        """All contexts as of now."""
        return list(self._contexts.values())

    def find(self, identity: Identity, kind: MetricKind, second: int) -> Context | None:
        """The context of `identity`, made when there is none; None when there are too many."""
        context = self._contexts.get(identity)
        if context is None:
            if len(self._contexts) >= self._contexts_max:
                return None
            context = self._contexts[identity] = self._new_context(identity, kind, second)
        return context

    def kept(self, context: Context) -> Context:
        """The context of the same identity that is in the table; `context` itself if none is.

        For a route that has outlived its context.
        """
        return self._contexts.setdefault(context.identity, context)

    def remember(self, raw_key: bytes, route: Route) -> None:
        """Lead `raw_key` to `route`, at the cost of the context's oldest one if need be."""
        context = route.context
        routes = len(self.number_routes) + len(self.set_routes)
        crowded = routes >= self._contexts_max * _RAW_KEYS_FACTOR_MAX
        allowed = 1 if crowded else _RAW_KEYS_PER_CONTEXT_MAX
        while len(context.raw_keys) >= allowed:
            self._forget_oldest_raw_key(context)
        context.raw_keys += (raw_key,)
        self._table(route.kind)[raw_key] = route

    def forget(self, context: Context) -> None:
        """Remove `context` and its raw keys. Without effect when it has been removed before."""
        if self._contexts.get(context.identity) is context:
            del self._contexts[context.identity]
        while context.raw_keys:
            self._forget_oldest_raw_key(context)

    def _forget_oldest_raw_key(self, context: Context) -> None:
        self.removals += 1
        oldest, *_ = context.raw_keys
        context.raw_keys = context.raw_keys[1:]
        self.number_routes.pop(oldest, None)
        self.set_routes.pop(oldest, None)

    def _table(self, kind: MetricKind) -> dict[bytes, Route]:
        return self.set_routes if kind is MetricKind.SET else self.number_routes
