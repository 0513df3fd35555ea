"""``sictl gate static``: the gates that need no load, over the wheel of two states of the tree."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping

from serverless_init.gate import imports, inventory, size
from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.revision import base_of, check_out, copy_working_tree
from serverless_init.gate.static_bounds import StaticBounds, load
from serverless_init.gate.verdict import Pair, Report
from serverless_init.gate.wheel import build

_PASSED, _FAILED, _NOT_MEASURED = 0, 1, 2
_GATES: dict[str, Callable[[Pair, StaticBounds, str], Report]] = {
    "size": lambda pair, bounds, _: size.judge(pair, bounds.wheel, bounds.closure),
    "imports": lambda pair, bounds, folder: imports.judge(pair, bounds.imports, folder),
    "inventory": lambda pair, bounds, _: inventory.judge(pair, bounds.inventory),
}


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Judge the project in the current folder: 0 within the bounds, 1 not, 2 not measurable."""
    gates = [arguments.gate] if arguments.gate != "static" else list(_GATES)
    project = os.getcwd()
    try:
        bounds = load(arguments.bounds)
        with tempfile.TemporaryDirectory() as folder:
            base = base_of(project, arguments.base)
            pair = _wheels(project, base.commit, folder, environ)
            reports = [_GATES[gate](pair, bounds, folder) for gate in gates]
    except CannotMeasure as why:
        sys.stderr.write(f"sictl: {why}\n")
        return _NOT_MEASURED
    sys.stdout.writelines(f"{line}\n" for line in _page(reports, str(base)))
    return _FAILED if any(report.failures for report in reports) else _PASSED


def _wheels(project: str, commit: str, folder: str, environ: Mapping[str, str]) -> Pair:
    now, base = (os.path.join(folder, name) for name in ("tree", "base"))
    copy_working_tree(project, now)
    if not commit:
        return Pair(build(now, f"{now}-wheel", environ), None)
    check_out(project, commit, base)
    return Pair(build(now, f"{now}-wheel", environ), build(base, f"{base}-wheel", environ))


def _page(reports: list[Report], base: str) -> Iterator[str]:
    yield f"Compared with {base}."
    for report in reports:
        yield from ("", f"### {report.heading}", "", *report.lines)
    failures = [line for report in reports for line in report.failures]
    yield from ("", "**Within the bounds.**" if not failures else "**Out of bounds:**")
    yield from (f"- {line}" for line in failures)
