"""Each module imports alone, whichever comes first, and no two need each other to do so."""

import ast
import os
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "serverless_init"

# A fresh interpreter for each core: between two modules it forgets everything of ours.
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
    cores = os.cpu_count() or 1
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", IMPORT_EACH_ALONE, *modules[core::cores]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for core in range(cores)
    ]
    done = [(process.communicate(timeout=110)[0], process.returncode) for process in running]
    assert done == [("", 0)] * cores


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


@cache
def paths() -> dict[str, Path]:
    """The file of each module, by its full name."""
    return {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in sorted(ROOT.rglob("*.py"))
    }
