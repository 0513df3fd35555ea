"""``sictl gate VERB``: the verbs and their options. What a verb needs is imported when it runs."""

import argparse
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serverless_init.gate.options import ab_options, list_options, run_options

_HERE = "serverless_init.gate"
_VERBS = f"{_HERE}.verbs"


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


def _static(gate: str) -> Callable[[argparse.ArgumentParser], None]:
    def options(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--base", metavar="REV", help="default: where this branch left main")
        parser.add_argument(
            "--bounds", metavar="FILE", default=_BOUNDS, help="default: %(default)s"
        )
        parser.set_defaults(gate=gate)

    return options


def _peers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the even load: %(default)s")
    parser.add_argument("--cache", metavar="DIR", help="default: ~/.cache/serverless-init/peers")
    parser.add_argument("--write", metavar="PAGE", help="write the section between its markers")


_BOUNDS = "gates/static.yaml"
# One line each, in the order in which `sictl gate --help` lists them.
VERBS: tuple[Verb, ...] = (
    Verb("list", "the experiments", _VERBS, list_options),
    Verb("run", "experiments of what is installed here, by their bounds", _VERBS, run_options),
    Verb("ab", "experiments of two revisions, compared", _VERBS, ab_options),
    Verb("static", "size, imports and inventory", f"{_HERE}.static", _static("static")),
    Verb("size", "bytes on disk and on the wire", f"{_HERE}.static", _static("size")),
    Verb("imports", "modules of each entry point", f"{_HERE}.static", _static("imports")),
    Verb("inventory", "files of the wheel", f"{_HERE}.static", _static("inventory")),
    Verb("coverage", "tests of what has changed", f"{_HERE}.coverage", _static("coverage")),
    Verb("peers", "other programs under the same load", f"{_HERE}.peers.command", _peers),
)
