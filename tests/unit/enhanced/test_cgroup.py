"""The kernel's texts about CPU and memory, one by one."""

import pytest

from serverless_init.enhanced import cgroup, machine
from serverless_init.enhanced.cgroup import Membership

GIB = 1 << 30


def test_a_process_is_in_one_unified_group_and_in_one_of_each_controller() -> None:
    text = b"4:cpu,cpuacct:/docker/4f1c\n1:name=systemd:/x\n0::/a:b\nnonsense\n"
    assert cgroup.membership(text) == Membership(
        unified="/a:b",
        paths={"cpu": "/docker/4f1c", "cpuacct": "/docker/4f1c", "name=systemd": "/x"},
        hierarchies={
            "cpu": "cpu,cpuacct",
            "cpuacct": "cpu,cpuacct",
            "name=systemd": "name=systemd",
        },
    )
    assert cgroup.membership(b"") == Membership()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"0\n", 0),
        (b"18446744073709551615", 18_446_744_073_709_551_615),
        (b"max\n", None),
        (b"-1\n", None),
        (b"1.5", None),
        (b"", None),
        (b"9" * 5000, None),
    ],
)
def test_a_file_has_a_whole_number_or_none(text: bytes, number: int | None) -> None:
    assert cgroup.whole(text) == number


def test_a_key_is_compared_as_a_whole() -> None:
    events = b"oom 2\noom_kill 1\noom_group_kill 7\n"
    assert cgroup.keyed(events, b"oom_kill") == 1
    assert cgroup.keyed(events, b"oom_") is None


def test_microseconds_of_version_2_become_nanoseconds() -> None:
    assert cgroup.cpu_total_v2(b"usage_usec 500000\nuser_usec 1\n") == 500_000_000
    assert cgroup.cpu_total_v2(b"user_usec 1\n") is None


@pytest.mark.parametrize(
    ("cpu_max", "cpus"),
    [
        (b"50000 100000\n", 0.5),
        (b"250000 100000\n", 2.5),
        (b"max 100000\n", None),
        (b"50000\n", None),
        (b"0 100000\n", None),
        (b"50000 0\n", None),
        (b"", None),
    ],
)
def test_a_quota_is_a_number_of_cpus(cpu_max: bytes, cpus: float | None) -> None:
    assert cgroup.cpus_of_max(cpu_max) == cpus


def test_a_quota_of_minus_one_is_no_limit() -> None:
    assert cgroup.cpus_of_quota(b"-1\n", b"100000\n") is None


@pytest.mark.parametrize(
    ("cpuset", "count"),
    [
        (b"0-3\n", 4),
        (b"7", 1),
        (b"0,2-3,8\n", 4),
        (b"\n", None),
        (b"3-1", None),
        (b"0-,2", None),
        (b"0-99999999999", None),
    ],
)
def test_a_set_has_a_number_of_cpus(cpuset: bytes, count: int | None) -> None:
    assert cgroup.cpus_of_set(cpuset) == count


@pytest.mark.parametrize(
    ("quota", "in_set", "limit"),
    [
        (0.5, 1, 5e8),
        (2.0, 1, 1e9),
        (None, None, 4e9),
        (None, 4, 4e9),
        (8.0, 4, 8e9),
        (None, 3, 3e9),
    ],
)
def test_the_limit_is_the_smaller_of_quota_and_set_of_four_cpus(
    quota: float | None, in_set: int | None, limit: float
) -> None:
    assert cgroup.cpu_limit(quota, in_set, 4) == limit


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (b"536870912\n", GIB // 2),
        (b"max\n", 8 * GIB),
        (b"9223372036854771712\n", 8 * GIB),
        (b"9223372036854710272\n", 8 * GIB),
        (b"17179869184\n", 8 * GIB),
        (b"", 8 * GIB),
    ],
)
def test_a_memory_limit_is_never_more_than_the_machine_has(text: bytes, limit: int) -> None:
    assert cgroup.memory_limit(text, 8 * GIB) == limit


def test_without_a_limit_and_a_machine_of_known_size_there_is_no_memory_limit() -> None:
    assert cgroup.memory_limit(b"max", None) is None
    assert cgroup.memory_limit(b"17179869184\n", None) == 16 * GIB


def test_the_machines_busy_ticks_are_ten_milliseconds_each() -> None:
    """User, nice, system, irq and softirq count; idle, waiting, stolen and guests do not."""
    stat = b"cpu  1 2 4 1000 1000 8 16 1000 1000 1000\ncpu0 1 1 1 1 1 1 1 1\n"
    assert machine.cpu_total(stat) == 31 * 10_000_000


@pytest.mark.parametrize(
    "stat",
    [
        b"",
        b"cpu 1 2 3 4 5 6 7\n",
        b"cpu 1 2 x 4 5 6 7 8\n",
        b"cpu 9223372036854775807 1 1 1 1 1 1 1\n",
        b"cpu0 1 2 3 4 5 6 7 8\n",
    ],
)
def test_a_cpu_line_that_is_short_damaged_or_too_large_says_nothing(stat: bytes) -> None:
    assert machine.cpu_total(stat) is None


def test_loopback_is_no_traffic() -> None:
    lo = b"lo: 900 1 0 0 0 0 0 0 900 1 0 0 0 0 0 0\n"
    eth = b"eth0:1500 2 0 0 0 0 0 0 250 2 0 0 0 0 0 0\n"
    assert machine.traffic(b"face |bytes\n" + lo + eth + b"eth1: 1 1 1 1\n") == (1500, 250)
    assert machine.traffic(lo) is None
