"""The house's floors: who may import whom, and what a pure module may touch.

F1 only from lower floors or the own package; F2 packages of floor 3 do not meet (F1 for equals);
F3 only what a package's `__init__` makes public; F4 pure modules import nothing that waits, reads
a clock or speaks; F5 only `entrypoint` and `ctl` read the environment and end the process.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "serverless_init"
FLOORS = {
    0: "__init__ bare model errors clock",
    1: "lifecycle config telemetry",
    2: "sampler serializer wire reception",
    3: "dogstatsd aggregator logs otlp traces forwarder process platforms hooks inventory health "
    "enhanced forensics",
    4: "intake",
    5: "testing gate",
    6: "__main__ start binding local entrypoint main here inventorying intakes pipeline enriching "
    "signals logs_pipeline traces_pipeline otlp_source container ctl",
}
FLOOR = {part: floor for floor, parts in FLOORS.items() for part in parts.split()}
IMPURE = "asyncio socket selectors threading subprocess signal os time logging"
SHELLS = (
    "component listeners receiver http grpc keeper disk spill containers child signals reaper "
    "pipes pump files proxies assembly"
)
# The packages of floor 2 that are transports, the clock, and the modules under the sockets.
EXEMPT = "wire reception clock bare"
PRIVATE = "os.environ os.environb os.getenv os._exit sys.exit SystemExit"


def test_imports_go_down_and_through_the_front_door() -> None:
    complain(found for path in sources() for found in misplaced_imports(path))


def test_pure_modules_neither_wait_nor_read_a_clock_nor_speak() -> None:
    complain(found for path in sources() for found in impure_imports(path))


def test_only_the_entry_points_read_the_environment_and_end_the_process() -> None:
    # What is forked ends by itself: nothing that the parent has set up may run there.
    # Which twin is in use is decided once for the process, before anything could pass it on.
    names = "entrypoint.py ctl.py process/pipes.py sampler/twin.py"
    shells = {ROOT / name for name in names.split()}
    complain(found for path in sources() if path not in shells for found in private_names(path))


def misplaced_imports(path: Path) -> Iterator[str]:
    own = part_of(path)
    for line, module, name in imports(path):
        if module.startswith("."):
            yield f"{path}:{line}: a relative import"
        if module.partition(".")[0] != "serverless_init":
            continue
        part, _, inside = module.removeprefix("serverless_init").lstrip(".").partition(".")
        part = part or (name if name in FLOOR else "__init__")
        if part != own and not (FLOOR.get(part, 9) < FLOOR[own] or FLOOR[own] == 6):
            yield f"{path}:{line}: floor {FLOOR[own]} imports {part} of floor {FLOOR.get(part)}"
        if part != own and (inside or not is_public(part, name)):
            yield f"{path}:{line}: {module}.{name} is not public in {part}"


def impure_imports(path: Path) -> Iterator[str]:
    floor = FLOOR[part_of(path)]
    is_shell = path.stem in SHELLS.split() if floor == 3 else part_of(path) in EXEMPT.split()
    is_shell = is_shell or path == ROOT / "sampler" / "twin.py"
    for line, module, _ in imports(path) if floor in (0, 2, 3) and not is_shell else ():
        if {module, module.partition(".")[0]} & {*IMPURE.split(), "serverless_init.bare"}:
            yield f"{path}:{line}: a pure module imports {module}"


def private_names(path: Path) -> Iterator[str]:
    for line, module, name in imports(path):
        if f"{module}.{name}" in PRIVATE.split():
            yield f"{path}:{line}: {module}.{name}"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in PRIVATE.split():
            yield f"{path}:{node.lineno}: {ast.unparse(node)}"


def imports(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) of each import, wherever it stands in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, module, alias.name) for alias in node.names)


def is_public(part: str, name: str) -> bool:
    front = ROOT / part / "__init__.py"  # a single module has none: all of it is public
    return not front.exists() or f'"{name}"' in front.read_text().partition("__all__")[2]


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def complain(found: Iterator[str]) -> None:
    lines = [line.removeprefix(f"{ROOT}/") for line in found]
    assert not lines, "\n".join([*lines, *(f"  floor {n}: {FLOORS[n]}" for n in FLOORS)])
