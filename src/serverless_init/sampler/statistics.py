"""Which metrics come in, how often, and when last: for finding out who sends too much.

Counted when a window closes, from what its cells hold, so that ingest pays nothing for it. Samples
that were dropped are not here, they have counters of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from serverless_init.sampler.context_key import context_key
from serverless_init.sampler.enrichment import Identity

# About 3 MB; beyond it, what was counted longest ago is forgotten.
_ENTRIES_MAX = 10_000
# Widths of the columns of the Agent's table.
_NAME, _TAGS, _COUNT, _SEEN = 40, 20, 10, 20


@dataclass(slots=True)
class MetricStatistic:
    """One name with its tags, whatever the host: how many samples, and the last one's unix time."""

    name: bytes
    tags: tuple[bytes, ...]
    samples: int = 0
    last_seen: int = 0

    @property
    def key(self) -> str:
        """The decimal context key, by which the Agent's answer is keyed. Without the host."""
        return str(context_key(self.name, b"", self.tags))


class Statistics:
    """The table. `samples_forgotten` were counted for entries that are no longer in it."""

    def __init__(self) -> None:
        self.samples_forgotten = 0
        self._entries: dict[tuple[bytes, tuple[bytes, ...]], MetricStatistic] = {}

    def count(self, identity: Identity, samples: int, last_seen: int) -> None:
        """Count samples of the series of `identity`, the last of them at `last_seen` (unix s)."""
        name, _, tags = identity
        entry = self._entries.pop((name, tags), None) or MetricStatistic(name, tags)
        entry.samples += samples
        entry.last_seen = max(entry.last_seen, last_seen)
        if len(self._entries) >= _ENTRIES_MAX:
            oldest = self._entries.pop(next(iter(self._entries)))
            self.samples_forgotten += oldest.samples
        self._entries[name, tags] = entry

    def ranked(self) -> list[MetricStatistic]:
        """All entries, the busiest first."""
        return sorted(self._entries.values(), key=lambda entry: (-entry.samples, entry.name))

    def as_json(self) -> dict[str, dict[str, object]]:
        """As the Agent's ``/agent/dogstatsd-stats`` answers: by context key, tags joined."""
        return {
            entry.key: {
                "name": _text(entry.name),
                "count": entry.samples,
                "last_seen": datetime.fromtimestamp(entry.last_seen, UTC).isoformat(),
                "tags": _text(b" ".join(entry.tags)),
            }
            for entry in self.ranked()
        }

    def table(self, rows_max: int) -> Iterator[str]:
        """Lines for a person, in the Agent's layout, the busiest first."""
        ranked = self.ranked()
        if not ranked:
            yield "No metrics processed yet."
            return
        yield _row("Metric", "Tags", "Count", "Last Seen")
        yield _row("-" * _NAME, "-" * _TAGS, "-" * _COUNT, "-" * _SEEN)
        for entry in ranked[:rows_max]:
            seen = datetime.fromtimestamp(entry.last_seen, UTC).strftime("%Y-%m-%d %H:%M:%S")
            tags = _text(b" ".join(entry.tags))
            yield _row(_text(entry.name), tags, str(entry.samples), seen)
        if len(ranked) > rows_max:
            rest = sum(entry.samples for entry in ranked[rows_max:])
            yield f"... and {len(ranked) - rows_max} more, {rest} samples"


def _row(name: str, tags: str, count: str, seen: str) -> str:
    return f"{name:{_NAME}} | {tags:{_TAGS}} | {count:{_COUNT}} | {seen:{_SEEN}}".rstrip()


def _text(raw: bytes) -> str:
    """For a terminal and for JSON: what is not UTF-8 or not printable is escaped."""
    decoded = raw.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in decoded)
