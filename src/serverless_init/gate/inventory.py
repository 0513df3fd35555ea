"""The inventory gate: which files the wheel has gained, lost and changed, and none out of place."""

from collections.abc import Iterator

from serverless_init.gate.markdown import table
from serverless_init.gate.static_bounds import InventoryBounds
from serverless_init.gate.verdict import Pair, Report, change
from serverless_init.gate.wheel import Wheel, WheelFile

# It lists the others' digests, so it changes whenever any file does.
_RECORD = ".dist-info/RECORD"
_LIBRARY = ".so"
_SCRIPTS = ".data/scripts/"


def judge(pair: Pair, bounds: InventoryBounds) -> Report:
    """List the differences; a file too large, of a kind not expected or executable is refused."""
    return Report(
        "Files of the wheel",
        tuple(_differences(pair.now, pair.base) if pair.base else [_count(pair.now)]),
        tuple(_failures(pair.now, bounds)),
    )


def _differences(now: Wheel, base: Wheel) -> Iterator[str]:
    rows = list(_rows(now, base))
    yield f"{_count(now)}, {len(base.files)} before; {len(rows) or 'none'} differ"
    if rows:
        yield ""
        yield from table(("", "file", "bytes", "change"), rows, "<<>>")


def _count(wheel: Wheel) -> str:
    return f"{len(wheel.files)} files"


def _rows(now: Wheel, base: Wheel) -> Iterator[tuple[str, str, str, str]]:
    for path in sorted(now.files.keys() | base.files.keys()):
        new, old = now.files.get(path), base.files.get(path)
        if new == old or path.endswith(_RECORD):
            continue
        size, before = (file.size if file else 0 for file in (new, old))
        yield _what_happened(new, old), path, f"{size:,}", change(size, before)


def _what_happened(new: WheelFile | None, old: WheelFile | None) -> str:
    if new and old:
        return f"mode {old.mode:o} -> {new.mode:o}" if new.mode != old.mode else "changed"
    return "added" if new else "removed"


def _failures(wheel: Wheel, bounds: InventoryBounds) -> Iterator[str]:
    for path, file in sorted(wheel.files.items()):
        ours = ".dist-info/" not in path
        if file.size > bounds.file_max:
            yield f"{path}: {file.size:,} bytes, at most {bounds.file_max:,} are allowed"
        if ours and not path.endswith(bounds.kinds):
            yield f"{path}: none of the kinds expected, {' '.join(bounds.kinds)}"
        # Linkers make every shared library executable.
        may_run = path.endswith(_LIBRARY) or _SCRIPTS in path
        if ours and file.mode & 0o111 and not may_run:
            yield f"{path}: is executable, {file.mode:o}"
