"""``sictl gate list | run | ab``: the experiments, their bounds, and two revisions compared."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from serverless_init.errors import SettingError
from serverless_init.gate.build import Builder
from serverless_init.gate.campaign import Outcome, run_ab, run_bounds
from serverless_init.gate.experiment import Experiment, load_experiments
from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.replicate import Place
from serverless_init.gate.report import write


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Do what the verb says; the exit code."""
    verbs = {"list": _list, "run": _run, "ab": _ab}
    try:
        return verbs[arguments.verb](arguments, environ)
    except SettingError as error:
        _say(f"sictl gate: {error}")
        return 2


def _list(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print each experiment with its goal and its tiers."""
    del environ
    for experiment in _experiments(arguments):
        print(f"{experiment.name:<48}{experiment.goal:<20}{', '.join(experiment.tiers)}")  # noqa: T201
    return 0


def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Run experiments of what is installed here and judge them by their bounds."""
    own = os.path.dirname(sys.executable)
    place = Place(own, own, environ)
    outcomes = run_bounds(_experiments(arguments), arguments.tier, place, _say)
    return _end(outcomes, arguments, title="Gate: bounds")


def _ab(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Compare two revisions, or with ``--self-check`` one with itself."""
    own = os.path.dirname(sys.executable)
    builder = Builder(arguments.project, environ, say=_say)
    try:
        a = builder.build(arguments.base)
        b = a if arguments.self_check else builder.build(arguments.head)
    except CannotMeasure as error:
        _say(str(error))
        return 2
    base, head = Place(a, own, environ), Place(b, own, environ)
    experiments = _experiments(arguments)
    if not arguments.self_check:
        outcomes = run_ab(experiments, arguments.tier, base, head, _say)
        title = f"Gate: {arguments.base} against {arguments.head or 'the working tree'}"
        return _end(outcomes, arguments, title=title)
    rounds = []
    for number in range(arguments.self_check):
        _say(f"self-check {number + 1} of {arguments.self_check}")
        rounds += run_ab(experiments, arguments.tier, base, head, _say)
    _end(rounds, arguments, title="Gate: A against A")
    flagged = sum(o.comparison is not None and o.comparison.flagged for o in rounds)
    print(f"{flagged} of {len(rounds)} comparisons of equals were flagged")  # noqa: T201
    return 1 if flagged * 10 > len(rounds) else 0


def _experiments(arguments: argparse.Namespace) -> list[Experiment]:
    return load_experiments(os.path.join(arguments.project, "gates"), tuple(arguments.names))


def _end(outcomes: Sequence[Outcome], arguments: argparse.Namespace, *, title: str) -> int:
    print(write(outcomes, os.path.join(arguments.project, arguments.out), title=title))  # noqa: T201
    return 1 if any(outcome.failed for outcome in outcomes) or not outcomes else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
