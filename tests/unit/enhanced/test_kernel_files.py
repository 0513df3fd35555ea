"""Readings of small trees of the kernel's files, one for each kind of surroundings.

Sources of the trees: a container of Docker with a namespace for control groups (v2), the same
without limits, one that sees the host's groups, Docker on version 1, the files that gVisor's
cgroupfs has, a virtual machine without control groups, and damage.
"""

from pathlib import Path

import pytest

from serverless_init.enhanced import KernelFiles, Reading

TREES = Path(__file__).with_name("trees")
MACHINE_BYTES = 8_152_160 * 1024
NET = {"received": 1_500_500, "sent": 250_300}


def reading(tree: str, *, whole_machine: bool = False) -> Reading:
    folder = TREES / tree
    assert folder.is_dir()
    files = KernelFiles(str(folder / "proc"), str(folder / "cgroup"), whole_machine=whole_machine)
    return files.read(10.0)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (
            "v2",
            Reading(10.0, 500_000_000, 5e8, 104_857_600, 536_870_912, 1, **NET),
        ),
        ("v2_unlimited", Reading(10.0, 77_000, 3e9, 2048, MACHINE_BYTES, 0, **NET)),
        ("v2_host_namespace", Reading(10.0, 1_234_000, 2e9, 4096, MACHINE_BYTES, 0, **NET)),
        ("v1", Reading(10.0, 700_000_000, 1e9, 73_400_320, MACHINE_BYTES, 3, **NET)),
        (
            "gvisor",
            Reading(10.0, 2_500_000_000, 2e9, 52_428_800, 524_288 * 1024, None, 1_500_000, 250_000),
        ),
        ("micro_vm", Reading(10.0, **NET)),
        ("damaged", Reading(10.0)),
    ],
)
def test_a_container_is_read_as_far_as_its_files_go(tree: str, expected: Reading) -> None:
    assert reading(tree) == expected


def test_a_machine_of_its_own_is_read_where_no_control_groups_are_mounted() -> None:
    busy = 10_132_153 + 290_696 + 3_084_719 + 0 + 25_195
    used = (8_152_160 - 5_310_848) * 1024
    expected = Reading(10.0, busy * 10_000_000, 4e9, used, MACHINE_BYTES, None, **NET)
    assert reading("micro_vm", whole_machine=True) == expected


def test_control_groups_go_before_the_machine() -> None:
    assert reading("v2", whole_machine=True) == reading("v2")


def test_nothing_at_all_is_read_where_there_is_nothing(tmp_path: Path) -> None:
    files = KernelFiles(str(tmp_path / "proc"), str(tmp_path / "cgroup"))
    assert files.read(1.0) == Reading(1.0)


def test_a_file_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "memory.current").symlink_to("/dev/zero")
    assert KernelFiles(str(tmp_path), str(tmp_path)).read(1.0) == Reading(1.0)
