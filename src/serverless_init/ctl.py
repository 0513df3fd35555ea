"""``sictl``: what a person asks of serverless-init from a shell. Never runs before the app."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict

from serverless_init import __version__
from serverless_init.config import (
    CONFIGURATION_FILES,
    SIDECAR_DEFAULTS,
    Configuration,
    describe,
    load,
)
from serverless_init.gate import add_verbs

_OK, _PROBLEMS = 0, 1


def main() -> int:
    """The exit code: 0, 1 when a check found problems, 2 when the command line is wrong."""
    arguments = _command_line().parse_args(sys.argv[1:])
    run: Callable[[argparse.Namespace, Mapping[str, str]], int] = arguments.run
    try:
        code = run(arguments, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, `head` say, has seen enough. What is left must not be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OK
    return code


def show(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print each setting's value and where it came from."""
    rows = list(describe.rows(_load(arguments, environ)))
    if arguments.json:
        _say(json.dumps([asdict(row) for row in rows], indent=2))
        return _OK
    table = [(row.variable, row.value or "-", row.source) for row in rows]
    widths = [max(len(cells[column]) for cells in table) for column in (0, 1)]
    for variable, value, source in table:
        _say(f"{variable:<{widths[0]}}  {value:<{widths[1]}}  {source}")
    return _OK


def check(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print what is wrong, then what is only unknown; 1 when anything is wrong."""
    configuration = _load(arguments, environ)
    misspelt, others = configuration.unknown()
    problems = [*configuration.problems, *misspelt]
    for line in problems:
        _say(f"problem: {line}")
    for line in others:
        _say(f"note: {line}")
    if not problems:
        _say("no problems")
    return _PROBLEMS if problems else _OK


def intake(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Run the local intake until interrupted."""
    import asyncio

    from serverless_init.intake import serve

    try:
        asyncio.run(serve(arguments.host, arguments.port))
    except KeyboardInterrupt:
        return _OK
    except OSError as error:
        sys.stderr.write(f"sictl: cannot listen: {error}\n")
        return _PROBLEMS
    return _OK


def _command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sictl", description=__doc__)
    parser.add_argument("--version", action="version", version=f"serverless-init {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    config = commands.add_parser("config", help="show or check the settings of this environment")
    verbs = config.add_subparsers(required=True, metavar="VERB")
    show_verb = verbs.add_parser("show", help="each setting's value and where it came from")
    show_verb.add_argument("--json", action="store_true", help="as a JSON list")
    show_verb.set_defaults(run=show)
    check_verb = verbs.add_parser("check", help="what is wrong; exits with 1 if anything is")
    check_verb.set_defaults(run=check)
    for verb in (show_verb, check_verb):
        verb.add_argument("--file", help=f"default: {' or '.join(CONFIGURATION_FILES)}")
        verb.add_argument("--sidecar", action="store_true", help="with a sidecar's defaults")

    local = commands.add_parser("intake", help="run a local intake to send to")
    local.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    local.add_argument("--port", type=_port, default=0, help="default: a free one")
    local.set_defaults(run=intake)

    add_verbs(commands.add_parser("gate", help="judge the project before a change lands"))
    return parser


def _port(word: str) -> int:
    port = int(word)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return port


def _load(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Configuration:
    """The settings as a run in this environment has them; a file that cannot be read ends us."""
    path = arguments.file or next(filter(os.path.exists, CONFIGURATION_FILES), None)
    text = None
    if path:
        try:
            # What is not UTF-8 is left for the YAML reader to complain of.
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                text = file.read()
        except OSError as error:
            sys.stderr.write(f"sictl: cannot read {path}: {error.strerror}\n")
            sys.exit(_PROBLEMS)
    mode = SIDECAR_DEFAULTS if arguments.sidecar else {}
    return load(environ, yaml_text=text, yaml_path=path or "", mode=mode)


def _say(line: str) -> None:
    """A line on stdout. An environment may hold bytes that no encoding has a character for."""
    encoding = sys.stdout.encoding
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
