"""Tag sets: canonical order and distinctness."""

from collections.abc import Iterable


def deduplicate(tags: Iterable[bytes]) -> tuple[bytes, ...]:
    """The distinct tags, each at its first position."""
    return tuple(dict.fromkeys(tags))


def normalize(tags: Iterable[bytes]) -> tuple[bytes, ...]:
    """The distinct tags in ascending byte order: equal sets become equal tuples."""
    return tuple(sorted(set(tags)))
