"""The options of ``sictl gate list | run | ab``; what the verbs need is imported when they run."""

import argparse

_TIERS = ("smoke", "quick", "full")
_OUT = "build/gate"


def list_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``list``."""
    _common(parser)
    parser.set_defaults(verb="list")


def run_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``run``."""
    _common(parser)
    _running(parser)
    parser.set_defaults(verb="run")


def ab_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``ab``."""
    _common(parser)
    _running(parser)
    parser.set_defaults(verb="ab")
    parser.add_argument("--base", default="HEAD", help="revision A (default: HEAD)")
    parser.add_argument("--head", default="", help="revision B (default: the working tree)")
    parser.add_argument(
        "--self-check",
        type=int,
        default=0,
        metavar="N",
        help="compare A with itself N times: no more than one in ten may be flagged",
    )


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="EXPERIMENT", help="which (default: all)")
    parser.add_argument("--project", default=".", help="folder with gates/ (default: this one)")


def _running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tier", choices=_TIERS, default="quick", help="how long (default: quick)")
    parser.add_argument("--out", default=_OUT, help=f"folder for reports (default: {_OUT})")
