"""Rule F6: what is imported before the app has started is this list; each entry delays the app."""

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src"

OURS = """
    serverless_init serverless_init.bare serverless_init.binding
    serverless_init.config serverless_init.config.declare serverless_init.config.load
    serverless_init.config.parse serverless_init.config.parse_structures
    serverless_init.config.settings
    serverless_init.config.settings_platform
    serverless_init.config.settings_dogstatsd
    serverless_init.config.settings_logs serverless_init.config.settings_receiver
    serverless_init.config.settings_otlp
    serverless_init.entrypoint
    serverless_init.errors
    serverless_init.process serverless_init.process.child serverless_init.process.exit_code
    serverless_init.process.reaper serverless_init.process.signals
    serverless_init.reception serverless_init.reception.backlog
    serverless_init.reception.sockets serverless_init.reception.sources
    serverless_init.start
"""
# What we import, and what that imports in turn.
STANDARD_LIBRARY = {
    "os": "os os.path posixpath genericpath stat",  # every interpreter has these from its start
    "errno": "errno",
    "select": "select",
    "fcntl": "fcntl",
}
HEAVY = """
    asyncio collections contextlib dataclasses enum inspect logging re selectors signal socket ssl
    subprocess threading typing weakref
"""

LIST_IMPORTS = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import serverless_init.entrypoint
print(*(set(sys.modules) - before))
"""


def test_of_our_own_modules_those_listed_are_imported_before_the_app() -> None:
    assert set(filter(is_ours, imported_before_the_app())) == set(OURS.split())


def test_of_the_standard_library_only_what_is_listed_is_imported_before_the_app() -> None:
    imported = public(imported_before_the_app())
    assert imported - set().union(*map(str.split, STANDARD_LIBRARY.values())) == set()
    assert STANDARD_LIBRARY.keys() - imported == set()


def test_nothing_heavy_and_nothing_from_elsewhere_is_imported_before_the_app() -> None:
    imported = {module.partition(".")[0] for module in imported_before_the_app()}
    assert imported & set(HEAVY.split()) == set()
    assert imported - {"serverless_init"} <= sys.stdlib_module_names


def imported_before_the_app() -> set[str]:
    """The modules beyond those of an interpreter that has not even imported `site`."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LIST_IMPORTS, str(SOURCES)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def public(modules: set[str]) -> set[str]:
    """Those of others, without the parts in C, like ``_socket``, which versions change freely."""
    return {module for module in modules if not is_ours(module) and not module.startswith("_")}


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "serverless_init"
