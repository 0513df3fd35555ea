"""From runs to tables: medians with their spread, ratios, and who does less with the same. Pure."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from serverless_init.gate.markdown import table
from serverless_init.gate.peers.measure import Run
from serverless_init.gate.peers.mix import FEATURES, NOTHING, SOMETHING
from serverless_init.gate.peers.targets import OURS

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Figure:
    """A column: what of a run it shows, and how many digits follow the point."""

    title: str
    of: Callable[[Run], float]
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A program in one dialect and its runs; without any, `missing` says why."""

    name: str
    version: str
    dialect: str
    runs: tuple[Run, ...] = ()
    missing: str = ""


EVEN = (
    Figure("CPU ns/message", lambda run: run.cpu_ns_per_message),
    Figure("delivered, %", lambda run: run.even_delivered * 100, 1),
    Figure("dropped by the kernel, %", lambda run: run.even_kernel_drops * 100, 1),
    Figure("idle PSS, MiB", lambda run: run.idle_pss / _MIB, 1),
    Figure("idle RSS, MiB", lambda run: run.idle_rss / _MIB, 1),
)
FLOOD = (
    Figure("messages/s delivered", lambda run: run.flood_messages_per_s),
    Figure("dropped by the kernel, %", lambda run: run.flood_kernel_drops * 100, 1),
    Figure("PSS after it, MiB", lambda run: run.flooded_pss / _MIB, 1),
    Figure("RSS after it, MiB", lambda run: run.flooded_rss / _MIB, 1),
)
_COMPARED = (EVEN[0], EVEN[3], FLOOD[0], FLOOD[2])


def figures(rows: Sequence[Row], columns: Sequence[Figure]) -> Iterator[str]:
    """A table of `columns`, each cell a median and the extremes; a row per program."""
    heads = ("", "version", *(column.title for column in columns))
    cells = [
        (row.name, row.version, *(_cell(row, column) for column in columns))
        if row.runs
        else (row.name, row.version, row.missing, *[""] * (len(columns) - 1))
        for row in rows
    ]
    return table(heads, cells, "<<" + ">" * len(columns))


def ratios(rows: Sequence[Row]) -> Iterator[str]:
    """Ours to each peer's, median to median, in the peer's dialect."""
    ours = {row.dialect: row for row in rows if row.name == OURS}
    heads = ("ours / theirs", *(column.title for column in _COMPARED))
    cells = [
        (row.name, *(_ratio(ours[row.dialect], row, column) for column in _COMPARED))
        for row in rows
        if row.name != OURS and row.runs and ours[row.dialect].runs
    ]
    return table(heads, cells, "<" + ">" * len(_COMPARED))


def outcomes(rows: Sequence[Row]) -> Iterator[str]:
    """What came out of the same lines, a column per program."""
    shown = {row.name: row for row in rows if row.runs}
    cells = [
        (feature.title, *(_agreed(row, feature.title) for row in shown.values()))
        for feature in FEATURES
    ]
    return table(("sent", *shown), cells, "<" + "^" * len(shown))


def less_work(rows: Sequence[Row]) -> Iterator[str]:
    """A line for each peer about what it spares itself, compared with us."""
    ours = next((row for row in rows if row.name == OURS and row.runs), None)
    for row in rows:
        if row.name == OURS or not row.runs or ours is None:
            continue
        told = {f.title: (_agreed(row, f.title), _agreed(ours, f.title)) for f in FEATURES}
        ignored = [title for title, (theirs, _) in told.items() if theirs == NOTHING]
        other = [
            f"{title} ({theirs} instead of {here})" if here != SOMETHING else f"{title} ({theirs})"
            for title, (theirs, here) in told.items()
            if NOTHING not in (theirs, here) and theirs != here
        ]
        if ignored:
            yield f"- {row.name} delivers nothing of: {', '.join(ignored)}."
        if other:
            yield f"- {row.name} makes something else of: {', '.join(other)}."


def _cell(row: Row, column: Figure) -> str:
    values = [column.of(run) for run in row.runs]
    middle, least, most = (
        f"{value:,.{column.digits}f}"
        for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} ({least} .. {most})"


def _ratio(ours: Row, theirs: Row, column: Figure) -> str:
    medians = [statistics.median(column.of(run) for run in row.runs) for row in (ours, theirs)]
    return f"{medians[0] / medians[1]:.2f}" if medians[1] else "-"


def _agreed(row: Row, title: str) -> str:
    """What all runs have shown; if they differ, everything that any has shown."""
    shown: Mapping[str, None] = dict.fromkeys(run.mix[title] for run in row.runs)
    return " or ".join(shown)
