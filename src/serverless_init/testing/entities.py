"""Entities whose tags are known from the start."""

from collections.abc import Mapping

_ASCENDING = (b"low", b"orchestrator", b"high")


class KnownEntities:
    """An `EntityTags` over `known`: for each entity the tags that each cardinality adds."""

    def __init__(self, known: Mapping[bytes, Mapping[bytes, tuple[bytes, ...]]]) -> None:
        self._known = known

    def tags(self, entity: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        """The tags of `entity` up to `cardinality`."""
        if cardinality not in _ASCENDING:
            return ()
        levels = _ASCENDING[: _ASCENDING.index(cardinality) + 1]
        added = self._known.get(entity, {})
        return tuple(tag for level in levels for tag in added.get(level, ()))
