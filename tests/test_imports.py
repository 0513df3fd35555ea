"""Each module imports alone, whichever comes first, and no two need each other to do so."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "serverless_init"

# One fresh interpreter for all: between two modules it forgets everything of ours.
IMPORT_EACH_ALONE = """
import importlib, sys
failed = 0
for module in sys.argv[1:]:
    for loaded in [name for name in sys.modules if name.partition(".")[0] == "serverless_init"]:
        del sys.modules[loaded]
    try:
        importlib.import_module(module)
    except BaseException as error:
        failed = 1
        print(f"{module}: {error!r}")
sys.exit(failed)
"""


def test_every_module_imports_alone_and_without_a_warning() -> None:
    modules = [module for module in paths() if not module.endswith("__main__")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH_ALONE, *modules],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imported_at_import(path) for module, path in paths().items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def imported_at_import(path: Path) -> set[str]:
    """The modules of ours whose import this one's own import waits for."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        for part in (
            ast.walk(node) if isinstance(node, ast.Import | ast.ImportFrom | ast.Try) else ()
        ):
            if isinstance(part, ast.ImportFrom):
                inner = {f"{part.module}.{alias.name}" for alias in part.names}
                found |= (inner & paths().keys()) or {part.module or ""}
            elif isinstance(part, ast.Import):
                found |= {alias.name for alias in part.names}
    return found & paths().keys()


def paths() -> dict[str, Path]:
    """The file of each module, by its full name."""
    return {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in sorted(ROOT.rglob("*.py"))
    }
