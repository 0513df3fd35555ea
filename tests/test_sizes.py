"""The house's measures: no file, function, class or constructor that asks too much of a reader."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "serverless_init"
SOURCES = sorted(ROOT.rglob("*.py"))
MODULE_LINES_MAX, FRONT_LINES_MAX = 400, 30
FUNCTION_LINES_MAX, CONSTRUCTOR_ARGUMENTS_MAX, PUBLIC_METHODS_MAX = 70, 7, 10
# Longer than a front should be, each for a reason.
LONG_FRONTS = {
    "config/__init__.py": "every class of settings; grows with the components",
    "model/__init__.py": "every value that travels; grows with the signals",
}
LONG_FRONT_LINES_MAX = 70
# What it exports is imported when it is asked for: the app does not wait for it.
LAZY_FRONT = "config/__init__.py"


def test_a_module_is_not_too_long() -> None:
    complain(
        f"{path}: {lines} lines"
        for path in SOURCES
        for lines in [len(path.read_text().splitlines())]
        if lines > MODULE_LINES_MAX
    )


def test_a_package_front_only_re_exports() -> None:
    fronts = [
        path for path in ROOT.glob("*/__init__.py") if path.read_text() and name(path) != LAZY_FRONT
    ]
    complain(
        f"{path}:{node.lineno}: {ast.unparse(node)[:60]}"
        for path in fronts
        for node in tree(path).body[1:]
        if not isinstance(node, ast.ImportFrom) and "__all__ = " not in ast.unparse(node)
    )


def test_a_package_front_fits_on_a_screen() -> None:
    complain(
        f"{path}: {lines} lines"
        for path in ROOT.glob("*/__init__.py")
        for lines in [len(path.read_text().partition("__all__")[0].strip().splitlines())]
        if lines > (LONG_FRONT_LINES_MAX if name(path) in LONG_FRONTS else FRONT_LINES_MAX)
    )


def test_a_function_fits_on_a_screen() -> None:
    complain(
        f"{path}:{node.lineno}: {node.name} has {lines} lines"
        for path, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for lines in [(node.end_lineno or 0) - node.lineno + 1]
        if lines > FUNCTION_LINES_MAX
    )


def test_a_constructor_takes_few_arguments() -> None:
    complain(
        f"{path}:{node.lineno}: {count} arguments"
        for path, node in nodes()
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        for count in [len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) - 1]
        if count > CONSTRUCTOR_ARGUMENTS_MAX
    )


def test_a_class_has_few_public_methods() -> None:
    complain(
        f"{path}:{node.lineno}: {node.name} has {count} public methods"
        for path, node in nodes()
        if isinstance(node, ast.ClassDef)
        for count in [sum(1 for member in node.body if is_public_method(member))]
        if count > PUBLIC_METHODS_MAX
    )


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    return ((path, node) for path in SOURCES for node in ast.walk(tree(path)))


def is_public_method(member: ast.stmt) -> bool:
    function = isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
    return function and not member.name.startswith("_")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def complain(found: Iterator[str]) -> None:
    lines = [line.removeprefix(f"{ROOT}/") for line in found]
    assert not lines, "\n".join(lines)
