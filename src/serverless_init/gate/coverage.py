"""The coverage gate: of the statements that a change touches, the tests execute enough.

The tests run once, under ``coverage``, which traces only the files that differ: so most of the code
runs at its own speed. A test that fails is left to ``make test`` to judge, which does not slow it.
What tests execute in processes of their own does not count.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from serverless_init.gate.markdown import table
from serverless_init.gate.patch import Covered, changed_lines, covered, percent
from serverless_init.gate.programs import CannotMeasure, ask, follow
from serverless_init.gate.revision import base_of
from serverless_init.gate.static_bounds import CoverageBounds, load

_PASSED, _FAILED, _NOT_MEASURED = 0, 1, 2
_PREFIXES = ["--src-prefix=a/", "--dst-prefix=b/"]
_DIFF = ["git", "diff", "--unified=0", "--no-color", "--no-ext-diff", *_PREFIXES]
_TESTS_FAILED = 1


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Judge the project in the current folder: 0 covered well enough, 1 not, 2 not measurable."""
    project = os.getcwd()
    try:
        bounds = load(arguments.bounds).coverage
        base = base_of(project, arguments.base)
        changed = changed_since(project, base.commit, bounds.sources) if base.commit else {}
        files = _measure(project, changed, bounds, environ) if changed else []
    except CannotMeasure as why:
        sys.stderr.write(f"sictl: {why}\n")
        return _NOT_MEASURED
    sys.stdout.writelines(f"{line}\n" for line in _page(files, bounds.patch_percent_min, str(base)))
    return _PASSED if percent(files) >= bounds.patch_percent_min else _FAILED


def changed_since(project: str, commit: str, sources: Sequence[str]) -> dict[str, set[int]]:
    """The lines below `sources` that the working tree has and `commit` had not."""
    changed = changed_lines(ask([*_DIFF, commit, "--", *sources], project).decode())
    untracked = ["git", "ls-files", "-z", "-o", "--exclude-standard", "--", *sources]
    for path in filter(None, ask(untracked, project).decode().split("\0")):
        with open(os.path.join(project, path), "rb") as file:
            changed[path] = set(range(1, len(file.readlines()) + 1))
    return changed


def _measure(
    project: str,
    changed: Mapping[str, set[int]],
    bounds: CoverageBounds,
    environ: Mapping[str, str],
) -> list[Covered]:
    with tempfile.TemporaryDirectory() as folder:
        data, report = os.path.join(folder, "data"), os.path.join(folder, "report.json")
        coverage = [sys.executable, "-m", "coverage"]
        options = [f"--data-file={data}", f"--source={','.join(bounds.sources)}"]
        options += [f"--omit={','.join(_unchanged(project, changed, bounds.sources))}"]
        code = follow(
            [*coverage, "run", *options, "-m", "pytest", "-q", *bounds.tests], project, environ
        )
        if code not in (0, _TESTS_FAILED):
            raise CannotMeasure(f"the tests did not run: pytest ended with {code}")
        ask([*coverage, "json", f"--data-file={data}", "-o", report], project, environ)
        with open(report, encoding="utf-8") as file:
            files = json.load(file)["files"]
    executed = {path: set(found["executed_lines"]) for path, found in files.items()}
    missed = {path: set(found["missing_lines"]) for path, found in files.items()}
    return list(covered(changed, executed, missed))


def _unchanged(
    project: str, changed: Mapping[str, set[int]], sources: Sequence[str]
) -> Iterator[str]:
    for source in sources:
        for folder, _, names in os.walk(os.path.join(project, source)):
            paths = (os.path.relpath(os.path.join(folder, name), project) for name in names)
            yield from (path for path in paths if path.endswith(".py") and path not in changed)


def _page(files: Sequence[Covered], percent_min: int, base: str) -> Iterator[str]:
    statements = sum(file.statements for file in files)
    yield from (f"Compared with {base}.", "", "### Coverage of the change", "")
    if not statements:
        yield "No statement has changed."
        return
    rows = [
        (file.path, str(file.statements), f"{percent([file]):.0f} %", file.missed_ranges())
        for file in files
        if file.statements
    ]
    yield from table(("file", "statements", "executed", "not executed"), rows, "<>>")
    verdict = "Within the bounds" if percent(files) >= percent_min else "Out of bounds"
    yield ""
    yield f"**{verdict}:** {percent(files):.1f} % of {statements}, at least {percent_min} %."
