"""Sizes, files and imports of real wheels; what is planted is found."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from serverless_init.gate import imports, inventory, size
from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.static_bounds import (
    ImportTarget,
    InventoryBounds,
    SizeBounds,
)
from serverless_init.gate.verdict import Pair, Report
from serverless_init.gate.wheel import Wheel, read

MIB = 1 << 20
WIDE = SizeBounds(100 * MIB, 100 * MIB, 100 * MIB, 100 * MIB)
FILES = InventoryBounds(file_max=65_536, kinds=(".py", ".bin"))
TARGET = ImportTarget("tiny", "tiny.run", "", (), {}, modules_max=100)
RUN = "import tiny\n\n\ndef main():\n    import tiny.late\n"
SOURCES = {"tiny/__init__.py": "", "tiny/run.py": RUN, "tiny/late.py": ""}
Packer = Callable[..., Wheel]


@pytest.fixture
def pack(tmp_path: Path) -> Packer:
    """Makes a wheel of the tiny project's sources and what is given besides."""
    numbers = iter(range(9))

    def packed(
        planted: Mapping[str, str | bytes] | None = None,
        requires: str = "h11",
        modes: Mapping[str, int] | None = None,
        without: str = "",
    ) -> Wheel:
        metadata = f"Metadata-Version: 2.4\nName: tiny\nVersion: 1.0\nRequires-Dist: {requires}\n"
        files = {**SOURCES, **(planted or {}), "tiny-1.0.dist-info/METADATA": metadata}
        path = tmp_path / f"{next(numbers)}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                info = zipfile.ZipInfo(name)
                info.external_attr = (modes or {}).get(name, 0o644) << 16
                if name != without:
                    archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        return read(str(path))

    return packed


def cells(report: Report, first: str) -> list[str]:
    """The cells of the report's row that begins with `first`."""
    for line in report.lines:
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if row[0] == first or first in row:
            return row
    raise AssertionError(f"no row {first} in {report.lines}")


def test_a_planted_mebibyte_is_caught(pack: Packer) -> None:
    pair = Pair(pack({"tiny/model.bin": bytes(MIB)}), pack())
    report = inventory.judge(pair, FILES)
    planted = ["added", "tiny/model.bin", "1,048,576", "+1,048,576"]
    assert cells(report, "tiny/model.bin") == planted
    assert report.failures == ("tiny/model.bin: 1,048,576 bytes, at most 65,536 are allowed",)
    report = size.judge(pair, replace(WIDE, disk_growth_max=MIB - 1), WIDE)
    assert report.failures == ("wheel: 1,048,576 bytes more on disk, 1,048,575 are allowed",)


def test_files_added_changed_removed_and_made_executable_are_listed(pack: Packer) -> None:
    changes = {"tiny/run.py": "pass", "tiny/new.py": "x = 1\n"}
    now = pack(changes, without="tiny/late.py", modes={"tiny/__init__.py": 0o755})
    report = inventory.judge(Pair(now, pack()), FILES)
    assert report.lines[0] == "4 files, 4 before; 4 differ"
    assert cells(report, "tiny/new.py") == ["added", "tiny/new.py", "6", "+6"]
    assert cells(report, "tiny/late.py") == ["removed", "tiny/late.py", "0", "0"]
    assert cells(report, "tiny/run.py") == ["changed", "tiny/run.py", "4", "-43"]
    assert cells(report, "tiny/__init__.py")[0] == "mode 644 -> 755"
    assert report.failures == ("tiny/__init__.py: is executable, 755",)


def test_a_change_that_keeps_the_size_is_listed(pack: Packer) -> None:
    now = pack({"tiny/run.py": RUN.replace("late", "lame")})
    report = inventory.judge(Pair(now, pack()), FILES)
    assert cells(report, "tiny/run.py") == ["changed", "tiny/run.py", "47", "0"]


def test_a_new_version_is_no_difference(pack: Packer) -> None:
    metadata = "tiny-{}.dist-info/RECORD"
    now, base = (pack({metadata.format(version): version}) for version in ("1.0", "2.0"))
    report = inventory.judge(Pair(now, base), FILES)
    assert report.lines == ("5 files, 5 before; none differ",)


def test_a_file_of_a_kind_not_expected_is_refused(pack: Packer) -> None:
    report = inventory.judge(Pair(pack({"tiny/model.so": b"x"}), None), FILES)
    assert report.lines == ("5 files",)
    assert report.failures == ("tiny/model.so: none of the kinds expected, .py .bin",)


def test_the_closure_is_the_wheel_and_what_it_requires(pack: Packer) -> None:
    base, now = pack(), pack(requires="h11\nRequires-Dist: certifi>=2")
    report = size.judge(Pair(now, base), WIDE, replace(WIDE, wire_growth_max=1_000))
    names = [line.split("|")[1].strip() for line in report.lines[2:]]
    assert names == ["wheel", "certifi", "h11", "closure"]
    assert cells(report, "h11")[2] == "0"
    certifi = int(cells(report, "certifi")[4].replace(",", ""))
    assert cells(report, "certifi")[5] == f"+{certifi:,}"
    assert certifi > 100_000
    more = certifi + now.wire_bytes - base.wire_bytes
    assert report.failures == (f"closure: {more:,} bytes more on the wire, 1,000 are allowed",)


def test_what_an_extra_or_another_platform_requires_is_not_of_the_closure(pack: Packer) -> None:
    wheel = pack(requires="certifi; extra == 'x'\nRequires-Dist: h11; sys_platform == 'win32'")
    report = size.judge(Pair(wheel, None), WIDE, WIDE)
    assert cells(report, "wheel")[1:] == cells(report, "closure")[1:]
    assert len(report.lines) == 4


def test_sizes_beyond_an_absolute_bound_need_no_base(pack: Packer) -> None:
    wheel = pack()
    bounds = replace(WIDE, disk_max=10, wire_max=20)
    report = size.judge(Pair(wheel, None), bounds, WIDE)
    assert cells(report, "wheel")[2] == "-"
    assert report.failures == (
        f"wheel: {wheel.disk_bytes:,} bytes on disk, at most 10 are allowed",
        f"wheel: {wheel.wire_bytes:,} bytes on the wire, at most 20 are allowed",
    )


def test_a_dependency_that_is_not_installed_cannot_be_measured(pack: Packer) -> None:
    wheel = pack(requires="no-such-project-of-ours")
    with pytest.raises(CannotMeasure, match="no-such-project-of-ours is not installed here"):
        size.judge(Pair(wheel, None), WIDE, WIDE)


def test_a_planted_import_is_found(pack: Packer, tmp_path: Path) -> None:
    pair = Pair(pack({"tiny/run.py": "import tiny\nimport zipfile\n"}), pack())
    report = imports.judge(pair, [TARGET], str(tmp_path))
    assert "- new: `zipfile`" in report.lines
    assert report.failures == ()


def test_an_entry_point_that_imports_as_before_has_no_difference(
    pack: Packer, tmp_path: Path
) -> None:
    report = imports.judge(Pair(pack(), pack()), [TARGET], str(tmp_path))
    assert len(report.lines) == 3
    assert cells(report, "tiny") == ["tiny", "2", "0", "100", "2", "0"]


def test_what_a_call_imports_on_its_way_counts(pack: Packer, tmp_path: Path) -> None:
    target = replace(TARGET, function="main", modules_max=2)
    report = imports.judge(Pair(pack(), None), [target], str(tmp_path))
    assert cells(report, "tiny") == ["tiny", "3", "-", "2", "3", "0"]
    assert report.failures == ("tiny: imports 3 modules, at most 2 are allowed",)


def test_a_call_has_its_arguments_and_environment_and_may_end_the_process(
    pack: Packer, tmp_path: Path
) -> None:
    main = """def main():
        import posix, sys
        if (sys.argv[1:], posix.environ.get(b"A")) == (["one", "two"], b"b"):
            import tiny.late
        posix._exit(0)
    """
    target = replace(TARGET, function="main", arguments=("one", "two"), environment={"A": "b"})
    report = imports.judge(Pair(pack({"tiny/run.py": main}), None), [target], str(tmp_path))
    assert cells(report, "tiny")[1] == "3"


def test_a_module_of_a_dependency_counts_as_from_elsewhere_and_one_tried_in_vain_not(
    pack: Packer, tmp_path: Path
) -> None:
    tries = "try:\n    import no_such_module\nexcept ImportError:\n    pass\nimport certifi\n"
    report = imports.judge(Pair(pack({"tiny/run.py": tries}), None), [TARGET], str(tmp_path))
    assert cells(report, "tiny")[4:] == ["2", "2"]  # of ours, and certifi with certifi.core


def test_an_entry_point_that_the_base_has_not_is_new_altogether(
    pack: Packer, tmp_path: Path
) -> None:
    target = replace(TARGET, module="tiny.other")
    pair = Pair(pack({"tiny/other.py": ""}), pack())
    report = imports.judge(pair, [target], str(tmp_path))
    assert report.lines[3:] == ("", "tiny:", "", "- new: `tiny`", "- new: `tiny.other`")


def test_an_entry_point_that_fails_cannot_be_measured(pack: Packer, tmp_path: Path) -> None:
    wheel = pack({"tiny/run.py": "raise ValueError('broken')"})
    with pytest.raises(CannotMeasure, match=r"'import tiny\.run' ends with 1: ValueError: broken"):
        imports.judge(Pair(wheel, None), [TARGET], str(tmp_path))
