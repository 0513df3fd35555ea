"""``sictl gate peers``: every program under the same load, in turn, several times over."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from serverless_init.gate.peers.load import (
    CONTEXTS,
    MESSAGES_PER_PACKET,
    PACKET_BYTES,
    PLAIN,
    TAGGED,
)
from serverless_init.gate.peers.measure import Pace, Run, run_once
from serverless_init.gate.peers.page import rewritten
from serverless_init.gate.peers.summary import (
    EVEN,
    FLOOD,
    Row,
    figures,
    less_work,
    outcomes,
    ratios,
)
from serverless_init.gate.peers.targets import Target, targets
from serverless_init.gate.programs import CannotMeasure

_DONE, _NOT_MEASURED = 0, 2
_DIALECTS = {
    TAGGED: "DogStatsD: counters, gauges and distributions, a context is a set of tags",
    PLAIN: "Plain statsd: counters, gauges and timers, a context is a name",
}


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Measure, print, and write the section of the page that was named: 0, or 2 if it cannot."""
    pace = Pace(even_s=arguments.seconds)
    before = os.getloadavg()[0]
    try:
        if arguments.write:
            rewritten(_read(arguments.write), ())
        rows = _measured(arguments, environ, pace)
        text = list(_text(rows, pace, arguments.rounds, (before, os.getloadavg()[0])))
        if arguments.write:
            page = rewritten(_read(arguments.write), text)
            with open(arguments.write, "w", encoding="utf-8") as file:
                file.write(page)
    except (CannotMeasure, OSError) as why:
        sys.stderr.write(f"sictl: {why}\n")
        return _NOT_MEASURED
    sys.stdout.writelines(f"{line}\n" for line in text)
    return _DONE


def _measured(arguments: argparse.Namespace, environ: Mapping[str, str], pace: Pace) -> list[Row]:
    """The programs take turns, each round from another one on, so that none has the best hours."""
    cache = arguments.cache or _default_cache(environ)
    found, missing = targets(cache, environ)
    runs: dict[int, list[Run]] = {number: [] for number in range(len(found))}
    failed = dict[int, str]()
    for turn in range(arguments.rounds):
        order = [(number + turn) % len(found) for number in range(len(found))]
        for number in order:
            target = found[number]
            sys.stderr.write(f"round {turn + 1}: {target.name}, {target.dialect}\n")
            try:
                runs[number].append(_one(target, pace))
            except CannotMeasure as why:
                failed[number] = str(why)
    rows = [
        Row(t.name, t.version, t.dialect, tuple(runs[number]), failed.get(number, ""))
        for number, t in enumerate(found)
    ]
    return [*rows, *(Row(name, "", "", (), why) for name, why in missing.items())]


def _one(target: Target, pace: Pace) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return run_once(target, pace, folder)


def _text(
    rows: Sequence[Row], pace: Pace, rounds: int, loads: tuple[float, float]
) -> Iterator[str]:
    yield (
        f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, CPython "
        f"{platform.python_version()}; load average {loads[0]:.1f} before, {loads[1]:.1f} after."
    )
    packet = f"packets/s of {MESSAGES_PER_PACKET} messages in {PACKET_BYTES:,} bytes"
    yield f"{rounds} rounds, interleaved; a cell is the median and in brackets the extremes. Even:"
    yield f"{pace.packets_per_s:,} UDP {packet}, {CONTEXTS:,} contexts, {pace.even_s:g} s."
    yield f"Flood: as fast as one sender can, {pace.flood_s:g} s."
    for dialect, title in _DIALECTS.items():
        chosen = [row for row in rows if row.dialect == dialect]
        yield from ("", f"### {title}", "", "Even:", "", *figures(chosen, EVEN))
        yield from ("", "Flood:", "", *figures(chosen, FLOOD))
    yield from ("", "### Ratios", "", *ratios(rows))
    yield from ("", "### The same lines, and what comes out", "", *outcomes(rows), "")
    yield from less_work(rows)
    missing = [row for row in rows if not row.runs]
    yield from (f"- {row.name} is not to be had here: {row.missing}." for row in missing)


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _default_cache(environ: Mapping[str, str]) -> str:
    caches = environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(caches, "serverless-init", "peers")
