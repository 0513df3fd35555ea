"""``serverless-init COMMAND...``: bind the sockets, start the app, only then import the rest.

The app comes first: what stands between our own first instruction and the app's is this file and
what it imports (a short list, kept in tests/test_before_the_app.py: no asyncio, no ssl, nothing
from elsewhere). Whatever goes wrong here or later is said in one line, and the app runs on.
"""

import os
import sys

from serverless_init import __version__
from serverless_init.errors import ChildNotStarted
from serverless_init.process import USAGE, command_line, from_wait_status
from serverless_init.start import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# How long the last of the app's output may take to pass through, when nothing else decides it.
OUTPUT_S = 10.0

HELP = f"""\
serverless-init {__version__}: a container's entrypoint that delivers its telemetry to Datadog

usage: serverless-init COMMAND [ARG...]          start COMMAND and deliver its telemetry
       serverless-init --local [--] COMMAND...   the same, to an intake in this process: no API key,
                                                 and at the end it prints what arrived
       serverless-init                           sidecar: deliver until SIGTERM
       serverless-init --version | --help

Settings are environment variables (DD_API_KEY, DD_SITE, ...) or datadog.yaml: sictl config show.
Exit code: the command's own; 128+n when signal n ended it; 126 or 127 when it cannot be started.
"""


def main() -> "NoReturn":
    """What the script ``serverless-init`` runs."""
    _open_missing_streams()
    _leave_the_apps_path()
    arguments = sys.argv[1:]
    local = arguments[:1] == ["--local"]
    if local:
        del arguments[0]
    if arguments[:1] == ["--help"]:
        _end(0, HELP, fd=1)
    if arguments[:1] == ["--version"]:
        _end(0, f"serverless-init {__version__}\n", fd=1)
    if arguments[:1] == ["--"]:
        del arguments[0]
    elif arguments and arguments[0].startswith("-"):
        _end(USAGE, f"serverless-init: unknown option {arguments[0]}\n\n{HELP}")
    start = Start(os.environ, command_line(arguments), local=local)
    try:
        start.start_app()
    except ChildNotStarted as error:
        _end(error.exit_code, f"serverless-init: {error}\n")
    _end(_deliver(start))


def _leave_the_apps_path() -> None:
    """``PYTHONPATH`` is the app's: a module of its own must not shadow one that we need."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    foreign = {os.path.abspath(entry) for entry in named if entry} - {own}
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) not in foreign]


def _open_missing_streams() -> None:
    """Whoever starts us with a stream closed must not find a socket of ours in its place."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(fd, True)


def _deliver(start: Start) -> int:
    """Import and run the rest; when our own mistake ends it, the app still runs to its end."""
    try:
        start.read_meanwhile(True)
        from serverless_init.main import run

        return run(start)
    except Exception as error:  # noqa: BLE001  whatever fails here must not fail the app
        start.give_up_receiving()
        from serverless_init.telemetry import say

        say(f"serverless-init ERROR: telemetry has ended ({error!r}); the app runs on\n")
    return _wait_for_app(start)


def _wait_for_app(start: Start) -> int:
    while start.child and start.reaper.status is None:
        try:  # Handlers run while this blocks; the one for SIGCHLD may reap the app first.
            os.waitid(os.P_PID, start.child, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            break
        start.reaper.reap()
    if start.capture:
        start.capture.discard(OUTPUT_S)
    return from_wait_status(start.reaper.status or 0)


def _end(code: int, text: str = "", fd: int = 2) -> "NoReturn":
    """Say `text`, if anybody listens, and leave at once without tearing the interpreter down."""
    if text:
        from serverless_init.telemetry import say

        say(text, fd=fd)
    os._exit(code)
