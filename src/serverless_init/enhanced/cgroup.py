"""What the kernel says of a container's CPU and memory, from the texts of its control groups.

Pure parsers, one per file. A text that is missing is empty bytes: each parser answers None where
the text does not say. Both versions of control groups are read; gVisor, the sandbox of Cloud Run's
first generation, offers version 1 with few of its files. Sources: the kernel's
Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/, cpuset(7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

NANOCORES = 1_000_000_000

# Version 1 says "no limit" with the largest multiple of a page below 2**63, whatever the page is.
_NO_LIMIT_BYTES = 1 << 62
# No machine has more; a range beyond it is damage, and must not make us count for ever.
_CPU_MAX = 1 << 20
# More digits than a 64-bit number has are damage.
_DIGITS_MAX = 20


@dataclass(frozen=True, slots=True)
class Membership:
    """Which groups a process is in: the path in version 2's hierarchy, and by version 1 controller.

    Controllers that share a hierarchy are each listed; `hierarchies` has the names of those that do
    (``cpu,cpuacct``), which are also the names of their folders.
    """

    unified: str = ""
    paths: Mapping[str, str] = field(default_factory=dict)
    hierarchies: Mapping[str, str] = field(default_factory=dict)


def membership(text: bytes) -> Membership:
    """What ``/proc/<pid>/cgroup`` says; each line is ``number:controllers:path``."""
    unified, paths, hierarchies = "", {}, {}
    for line in text.decode(errors="replace").splitlines():
        _, colon, rest = line.partition(":")
        controllers, second_colon, path = rest.partition(":")
        if not (colon and second_colon):
            continue
        if not controllers:
            unified = path
        for controller in filter(None, controllers.split(",")):
            paths[controller] = path
            hierarchies[controller] = controllers
    return Membership(unified, paths, hierarchies)


def whole(text: bytes) -> int | None:
    """A file that holds one whole number that is not negative."""
    word = text.strip()
    return int(word) if word.isdigit() and len(word) <= _DIGITS_MAX else None


def keyed(text: bytes, key: bytes) -> int | None:
    """The number behind `key` in a file with one ``key number`` per line."""
    for line in text.splitlines():
        name, _, number = line.partition(b" ")
        if name == key:
            return whole(number)
    return None


def cpu_total_v2(cpu_stat: bytes) -> int | None:
    """Nanoseconds of CPU that have been used, of ``cpu.stat``."""
    total_us = keyed(cpu_stat, b"usage_usec")
    return None if total_us is None else total_us * 1000


def cpus_of_quota(quota: bytes, period: bytes) -> float | None:
    """How many CPUs a quota in microseconds per period allows; None for no limit (``max``, -1)."""
    quota_us, period_us = whole(quota), whole(period)
    return quota_us / period_us if quota_us and period_us else None


def cpus_of_max(cpu_max: bytes) -> float | None:
    """The same of ``cpu.max``, which holds quota and period."""
    quota, _, period = cpu_max.strip().partition(b" ")
    return cpus_of_quota(quota, period)


def cpus_of_set(cpuset: bytes) -> int | None:
    """How many CPUs a list like ``0-3,8`` has; None for an empty or unreadable one."""
    count = 0
    for part in cpuset.strip().split(b","):
        first, dash, last = part.partition(b"-")
        lowest, highest = whole(first), whole(last if dash else first)
        if lowest is None or highest is None or not lowest <= highest < _CPU_MAX:
            return None
        count += highest - lowest + 1
    return count


def cpu_limit(quota_cpus: float | None, set_cpus: int | None, host_cpus: int) -> float:
    """The limit in nanocores: the smaller of quota and set, else all CPUs of the machine.

    A set of as many CPUs as there are is no limit, as in the original.
    """
    limits = [quota_cpus, set_cpus if set_cpus != host_cpus else None]
    return min((cpus for cpus in limits if cpus), default=float(host_cpus)) * NANOCORES


def memory_limit(limit: bytes, machine_bytes: int | None) -> int | None:
    """The limit in bytes of ``memory.max`` or ``memory.limit_in_bytes``.

    Without one (``max``, or version 1's enormous number) it is what the machine has.
    """
    limit_bytes = whole(limit)
    if limit_bytes is None or limit_bytes >= _NO_LIMIT_BYTES:
        return machine_bytes
    return limit_bytes if machine_bytes is None else min(limit_bytes, machine_bytes)
