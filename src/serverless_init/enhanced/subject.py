"""What our metrics are about: the names and tags that they have on a platform.

Pure: facts in, samples out. Everything without a tag of its own per instance is a distribution: of
gauges with equal tags only the last one would count, whichever instance sent it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from serverless_init.model import MetricKind, MetricSample

_ENHANCED = "enhanced."


@dataclass(frozen=True, slots=True)
class Subject:
    """A container on a platform.

    `prefix` ends with a dot and stands before everything that is measured. A job's task has a
    `task_prefix` too, and its start and end are told with that one; otherwise they are told with
    `prefix`, and under their older names with `legacy_prefix` where there is one. Without
    `tells_start_and_end` they are not told at all. `usage` is the last part of the name of the
    gauge that says how many instances there are, empty for none.

    `tags`, `usage_tags` and `legacy_tags` are ``key:value``. `began_at` is in unix seconds; None is
    the moment in which the component is made.
    """

    prefix: str
    tags: tuple[str, ...] = ()
    usage: str = ""
    usage_tags: tuple[str, ...] = ()
    task_prefix: str = ""
    legacy_prefix: str = ""
    legacy_tags: tuple[str, ...] = ()
    tells_start_and_end: bool = True
    began_at: float | None = None

    def started(self) -> list[MetricSample]:
        """What is told at the start."""
        return self._told("cold_start", "task.started", ())

    def ended(self, *, succeeded: bool, duration_ms: float) -> list[MetricSample]:
        """What is told at the end."""
        outcome = (f"succeeded:{str(succeeded).lower()}",)
        told = self._told("shutdown", "task.ended", outcome)
        if told and self.task_prefix:
            tags = self.tags + outcome
            name = f"{self.task_prefix}{_ENHANCED}task.duration"
            told.append(_sample(name, MetricKind.DISTRIBUTION, duration_ms, tags))
        return told

    def alive(self) -> list[MetricSample]:
        """The gauge that counts instances."""
        if not self.usage:
            return []
        name = f"{self.prefix}{_ENHANCED}{self.usage}"
        return [_sample(name, MetricKind.GAUGE, 1.0, self.usage_tags)]

    def measured(self, measurements: Iterable[tuple[str, float]]) -> list[MetricSample]:
        """`measurements` are pairs of the end of a name and a value."""
        return [
            _sample(f"{self.prefix}{_ENHANCED}{end}", MetricKind.DISTRIBUTION, value, self.tags)
            for end, value in measurements
        ]

    def _told(self, event: str, of_task: str, outcome: tuple[str, ...]) -> list[MetricSample]:
        if not self.tells_start_and_end:
            return []
        if self.task_prefix:
            named = [(f"{self.task_prefix}{_ENHANCED}{of_task}", self.tags + outcome)]
        else:
            named = [(f"{self.prefix}{_ENHANCED}{event}", self.tags)]
            if self.legacy_prefix:
                named.append((f"{self.legacy_prefix}{_ENHANCED}{event}", self.legacy_tags))
        return [_sample(name, MetricKind.DISTRIBUTION, 1.0, tags) for name, tags in named]


def _sample(name: str, kind: MetricKind, value: float, tags: tuple[str, ...]) -> MetricSample:
    return MetricSample(
        name=name.encode(), kind=kind, values=(value,), tags=tuple(tag.encode() for tag in tags)
    )
