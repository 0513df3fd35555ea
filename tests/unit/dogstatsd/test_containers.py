"""A process's container is found in what the kernel tells of the process."""

from pathlib import Path

import pytest

from serverless_init.dogstatsd.cgroup import container_of_cgroup, container_of_mounts
from serverless_init.dogstatsd.containers import Containers

ID = b"2a25f7fc8fbf573d62053d7263dd2d440c07b6ab4d2b107e50b0d4df1f2ee15f"
OTHER = b"3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860"


@pytest.mark.parametrize(
    ("text", "container"),
    [
        (b"0::/\n", b""),
        (b"", b""),
        (b"0::/system.slice/docker-" + ID + b".scope\n", ID),
        (b"12:memory:/docker/" + ID + b"\n11:cpu:/docker/" + OTHER + b"\n", ID),
        (b"1:name=systemd:/kubepods/burstable/pod3d274242/" + OTHER + b"/" + ID + b"\n", ID),
        (
            b"4:cpu:/ecs/task/432624d2150b349fe35ba397284dea78-123456\n",
            b"432624d2150b349fe35ba397284dea78-123456",
        ),
        (b"5:cpu:/garden/6f265890-5165-7fab-6b52-18d1\n", b"6f265890-5165-7fab-6b52-18d1"),
        (b"5:cpu:/system.slice/6f265890-5165-7fab-6b52-18d112345678.scope\n", b""),
    ],
)
def test_a_cgroup_path_ends_in_the_container(text: bytes, container: bytes) -> None:
    assert container_of_cgroup(text) == container


@pytest.mark.parametrize(
    ("text", "container"),
    [
        (b"", b""),
        (b"608 554 0:42 / / rw - overlay overlay rw,lowerdir=/x\n", b""),
        (b"640 608 8:1 /var/lib/docker/containers/" + ID + b"/hostname /etc/hostname rw\n", ID),
        (
            b"641 608 8:1 /run/containerd/io.containerd.grpc.v1.cri/sandboxes/"
            + ID
            + b"/hostname /etc/hostname rw\n",
            ID,
        ),
        (b"642 608 8:1 /var/lib/containers/storage/overlay/abc /x rw\n", b""),
    ],
)
def test_a_mount_comes_from_the_containers_folder(text: bytes, container: bytes) -> None:
    assert container_of_mounts(text) == container


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for pid, cgroup, mounts in (
        (10, b"0::/docker/" + ID, b""),
        (11, b"0::/", b"1 2 8:1 /var/lib/docker/containers/" + OTHER + b"/hosts /etc/hosts rw"),
    ):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "cgroup").write_bytes(cgroup)
        (folder / "mountinfo").write_bytes(mounts)
    return tmp_path


def test_a_process_is_asked_about_in_both_ways(proc: Path) -> None:
    containers = Containers(str(proc))
    assert (containers.of(10, 0.0), containers.of(11, 0.0)) == (ID, OTHER)


def test_a_process_outside_of_containers_has_none(proc: Path) -> None:
    (proc / "10" / "cgroup").write_bytes(b"0::/init.scope")
    assert Containers(str(proc)).of(10, 0.0) == b""


def test_one_of_the_two_texts_will_do(proc: Path) -> None:
    (proc / "11" / "cgroup").unlink()  # as under gVisor
    (proc / "10" / "mountinfo").unlink()
    containers = Containers(str(proc))
    assert (containers.of(10, 0.0), containers.of(11, 0.0)) == (ID, OTHER)


def test_what_was_found_is_remembered_for_a_minute(proc: Path) -> None:
    containers = Containers(str(proc))
    assert containers.of(10, 0.0) == ID
    (proc / "10" / "cgroup").write_bytes(b"0::/docker/" + OTHER)
    assert containers.of(10, 59.9) == ID
    assert containers.of(10, 60.0) == OTHER


def test_what_cannot_be_told_of_a_process_is_asked_again(proc: Path) -> None:
    containers = Containers(str(proc))
    assert containers.of(12, 0.0) is None
    (proc / "10").rename(proc / "12")
    assert containers.of(12, 1.0) == ID


def test_what_is_remembered_is_bounded(proc: Path) -> None:
    containers = Containers(str(proc))
    for pid in range(100, 5200):
        (proc / str(pid)).symlink_to(proc / "10")
        assert containers.of(pid, 0.0) == ID
    assert len(containers._known) <= 4096
