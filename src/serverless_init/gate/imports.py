"""The import gate: which modules each entry point imports, and which of them are new.

Each target runs in an interpreter of its own that has seen neither ``site`` nor us, with the wheel
unpacked before what is installed. ``-X importtime`` names each module as its import ends, so what
a call imports on its way counts, even when it ends the process without tidying up. It names those
too that were tried in vain, like the one of Jython's that `copy` asks for; they do not count.
"""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import PathFinder

from serverless_init.gate.markdown import table
from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.static_bounds import ImportTarget
from serverless_init.gate.verdict import Pair, Report, change
from serverless_init.gate.wheel import unpack

_TIMEOUT_S = 60
_HEAD = ("entry point", "modules", "change", "max", "of them ours", "from elsewhere")
_LINE = re.compile(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", re.MULTILINE)
_PATHS = "import sys; sys.path[:0] = [sys.argv[1]]; sys.path += sys.argv[2].split(':')"


def judge(pair: Pair, targets: Sequence[ImportTarget], folder: str) -> Report:
    """Compare what each target imports with the base's and its bound. Unpacks into `folder`."""
    now_tree = unpack(pair.now, os.path.join(folder, "now"))
    base_tree = unpack(pair.base, os.path.join(folder, "base")) if pair.base else None
    bare = _imports("", (), {}, now_tree)
    rows, differences, failures = [], list[str](), list[str]()
    for target in targets:
        now = _imported(target, now_tree) - bare
        base = _imported_at_base(target, base_tree) - bare if base_tree else now
        rows.append(_row(target, now, len(base) if base_tree else None))
        differences += _difference(target, now, base)
        if len(now) > target.modules_max:
            allowed = f"at most {target.modules_max} are allowed"
            failures.append(f"{target.name}: imports {len(now)} modules, {allowed}")
    lines = (*table(_HEAD, rows, "<>>>>>"), *differences)
    return Report("Modules imported", lines, tuple(failures))


def _row(target: ImportTarget, now: set[str], base: int | None) -> tuple[str, ...]:
    ours = {name for name in now if _top(name) == _top(target.module)}
    elsewhere = {name for name in now - ours if _top(name) not in sys.stdlib_module_names}
    counts = (len(now), change(len(now), base), target.modules_max, len(ours), len(elsewhere))
    return (target.name, *map(str, counts))


def _difference(target: ImportTarget, now: set[str], base: set[str]) -> Iterator[str]:
    if now != base:
        yield from ("", f"{target.name}:", "")
    yield from (f"- new: `{name}`" for name in sorted(now - base))
    yield from (f"- gone: `{name}`" for name in sorted(base - now))


def _imported_at_base(target: ImportTarget, tree: str) -> set[str]:
    """Nothing, when the base has no such entry point."""
    path = os.path.join(tree, *target.module.split("."))
    there = os.path.isdir(path) or os.path.isfile(path + ".py")
    return _imported(target, tree) if there else set()


def _imported(target: ImportTarget, tree: str) -> set[str]:
    code = f"import {target.module}"
    if target.function:
        code += f"; {target.module}.{target.function}()"
    return _imports(code, target.arguments, target.environment, tree)


def _imports(
    code: str, arguments: Sequence[str], environment: Mapping[str, str], tree: str
) -> set[str]:
    """The names of all modules that an interpreter imports from its start to its end."""
    installed = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    program = f"{_PATHS}; sys.argv[:] = ['-', *sys.argv[3:]]\n{code}"
    options = ["-I", "-S", "-X", "importtime", "-c", program, tree, ":".join(installed), *arguments]
    try:
        done = subprocess.run(
            [sys.executable, *options],
            env={"PATH": os.defpath, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"{code!r} has not ended within {_TIMEOUT_S} s") from error
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise CannotMeasure(f"{code!r} ends with {done.returncode}: {last}")
    tried = set(_LINE.findall(done.stderr))
    there = {top for top in map(_top, tried) if _is_there(top, [tree, *installed])}
    return {name for name in tried if _top(name) in there}


def _is_there(top: str, folders: list[str]) -> bool:
    return top in sys.stdlib_module_names or PathFinder.find_spec(top, folders) is not None


def _top(name: str) -> str:
    return name.partition(".")[0]
