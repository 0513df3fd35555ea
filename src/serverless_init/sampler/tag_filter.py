"""Which tags of which distributions are not wanted.

An entry names a metric and tag keys, and either excludes those tags or includes nothing else.
Contexts that have the same tags afterwards are one context from the first sample on. Imported only
where there is a list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Rule:
    keys: frozenset[bytes]
    includes: bool

    def keeps(self, tag: bytes) -> bool:
        return (tag.partition(b":")[0] in self.keys) is self.includes


class TagFilter:
    """`entries` as the setting has them; `problems` has a line for each that cannot be used.

    Several entries for one metric add up when they agree on the action; when they do not, those
    that exclude count.
    """

    def __init__(self, entries: Iterable[object]) -> None:
        self.problems: list[str] = []
        self._rules: dict[bytes, _Rule] = {}
        for number, written in enumerate(entries, 1):
            try:
                self._enter(*_entry(written))
            except ValueError as why:
                self.problems.append(f"metric_tag_filterlist: entry {number} is left out: {why}")

    def filter(self, name: bytes, tags: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """The tags of the distribution `name` that stay, in their order."""
        rule = self._rules.get(name)
        return tags if rule is None else tuple(filter(rule.keeps, tags))

    def _enter(self, name: bytes, rule: _Rule) -> None:
        known = self._rules.get(name)
        if known is None or (known.includes and not rule.includes):
            self._rules[name] = rule
        elif known.includes is rule.includes:
            self._rules[name] = _Rule(known.keys | rule.keys, rule.includes)


def _entry(written: object) -> tuple[bytes, _Rule]:
    if not isinstance(written, Mapping):
        raise ValueError("it is not a mapping")
    name, action = written.get("metric_name"), written.get("action", "exclude")
    if not name:
        raise ValueError("it has no metric_name")
    if action not in ("include", "exclude"):
        raise ValueError(f"its action {action!r} is neither include nor exclude")
    tags = written.get("tags") or ()
    if not isinstance(tags, list | tuple):
        raise ValueError("tags is not a list")
    keys = frozenset(str(tag).encode() for tag in tags)
    return str(name).encode(), _Rule(keys, action == "include")
