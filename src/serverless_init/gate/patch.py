"""A patch's lines, and which of them a run of the tests has executed. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_FILE = re.compile(r"^\+\+\+ (?:b/(?P<path>.*)|/dev/null)$")
_HUNK = re.compile(r"^@@ -\S+ \+(?P<first>\d+)(?:,(?P<count>\d+))? @@")


@dataclass(frozen=True, slots=True)
class Covered:
    """Of one file: the lines that have changed, and of these the statements, executed and not."""

    path: str
    changed: frozenset[int]
    executed: frozenset[int]
    missed: frozenset[int]

    @property
    def statements(self) -> int:
        """Changed lines that could have been executed."""
        return len(self.executed) + len(self.missed)

    def missed_ranges(self) -> str:
        """``3-7, 9``. A range runs on over changed lines that hold no statement."""
        runs: list[list[int]] = []
        for line in sorted(self.missed):
            between = range(runs[-1][-1] + 1, line) if runs else ()
            if runs and self.changed.issuperset(between) and self.executed.isdisjoint(between):
                runs[-1] = [runs[-1][0], line]
            else:
                runs.append([line])
        return ", ".join("-".join(map(str, run)) for run in runs)


def changed_lines(diff: str) -> dict[str, set[int]]:
    """The lines that each file has gained, by path, of a ``git diff --unified=0``.

    A file that has only lost lines has gained none. Raises `ValueError` for a hunk of no file.
    """
    changed = dict[str, set[int]]()
    lines: set[int] | None = None
    left = 0  # of the hunk's own lines, which may look like anything
    for line in diff.splitlines():
        if left and line.startswith("+"):
            left -= 1
        elif found := _HUNK.match(line):
            if lines is None:
                raise ValueError(f"a hunk of no file: {line}")
            first, left = int(found["first"]), int(found["count"] or 1)
            lines |= set(range(first, first + left))
        elif found := _FILE.match(line):
            lines = changed.setdefault(found["path"], set()) if found["path"] else set()
    return {path: lines for path, lines in changed.items() if lines}


def covered(
    changed: Mapping[str, set[int]],
    executed: Mapping[str, set[int]],
    missed: Mapping[str, set[int]],
) -> Iterator[Covered]:
    """For each changed file that the coverage run knows, in order of the path."""
    for path in sorted(changed):
        if path in executed or path in missed:
            lines = changed[path]
            yield Covered(
                path,
                frozenset(lines),
                frozenset(lines & executed.get(path, set())),
                frozenset(lines & missed.get(path, set())),
            )


def percent(files: Iterable[Covered]) -> float:
    """Of all changed statements, the share executed; 100 when there is none."""
    executed = statements = 0
    for file in files:
        executed += len(file.executed)
        statements += file.statements
    return 100 * executed / statements if statements else 100.0
