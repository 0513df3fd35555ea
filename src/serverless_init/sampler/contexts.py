"""Contexts: the identities of series that are known, at most so many."""

from serverless_init.model import MetricKind
from serverless_init.sampler.enrichment import Identity


class Context:
    """One series' identity and when it was last seen (unix seconds).

    `kind` is the kind of the first sample ever; it alone decides whether an idle context goes on
    as a counter that reports zero. `raw_keys` are those that lead here, the oldest first: `Routes`
    keeps them.
    """

    __slots__ = ("identity", "kind", "last_seen", "raw_keys")

    def __init__(self, identity: Identity, kind: MetricKind, last_seen: int) -> None:
        self.identity = identity
        self.kind = kind
        self.last_seen = last_seen
        self.raw_keys: tuple[bytes, ...] = ()


class Contexts:
    """The table of contexts, at most `contexts_max`. `new_context` makes them."""

    def __init__(self, contexts_max: int, new_context: type[Context] = Context) -> None:
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

    def forget(self, context: Context) -> None:
        """Remove `context`. Without effect when it has been removed before."""
        if self._contexts.get(context.identity) is context:
            del self._contexts[context.identity]
