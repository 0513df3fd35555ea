"""``sictl gate VERB``: the verbs and their options. What a verb needs is imported when it runs."""

import argparse
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serverless_init.gate.options import ab_options, list_options, run_options

_VERBS = "serverless_init.gate.verbs"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb's `module` has ``run(arguments, environ) -> int``, which gives the exit code."""

    name: str
    help: str
    module: str
    options: Callable[[argparse.ArgumentParser], None]


def add_verbs(gate: argparse.ArgumentParser) -> None:
    """Give the parser of ``sictl gate`` its verbs."""
    verbs = gate.add_subparsers(required=True, metavar="VERB")
    for verb in VERBS:
        parser = verbs.add_parser(verb.name, help=verb.help, description=verb.help)
        verb.options(parser)
        parser.set_defaults(run=_when_it_runs(verb))


def _when_it_runs(verb: Verb) -> Callable[[argparse.Namespace, Mapping[str, str]], int]:
    def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
        code: int = importlib.import_module(verb.module).run(arguments, environ)
        return code

    return run


# One line each, in the order in which `sictl gate --help` lists them.
VERBS: tuple[Verb, ...] = (
    Verb("list", "the experiments", _VERBS, list_options),
    Verb("run", "experiments of what is installed here, by their bounds", _VERBS, run_options),
    Verb("ab", "experiments of two revisions, compared", _VERBS, ab_options),
)
