"""The files of the kernel that describe our container, wherever they are mounted."""

import os

from serverless_init.enhanced import cgroup, machine
from serverless_init.enhanced.reading import Reading

# More than any of these files has; what lies in their place must not fill the memory.
_FILE_BYTES_MAX = 65_536
_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory")
# Usage, limit, and the counter of kills.
_MEMORY_V2 = ("memory.current", "memory.max", "memory.events")
_MEMORY_V1 = ("memory.usage_in_bytes", "memory.limit_in_bytes", "memory.oom_control")


class KernelFiles:
    """Takes readings below the folders `proc` and `cgroups`.

    `whole_machine` says that the container is a machine of its own: where no control groups are
    mounted, all of the machine is read instead. Elsewhere that would be the host, so nothing is
    known then.
    """

    def __init__(self, proc: str, cgroups: str, *, whole_machine: bool = False) -> None:
        self._proc = proc
        self._whole_machine = whole_machine
        self._is_v2 = os.path.exists(f"{cgroups}/cgroup.controllers")
        ours = cgroup.membership(self._of_proc("self/cgroup"))
        self._group_v2 = _group(cgroups, ours.unified)
        self._groups_v1 = {name: _group_v1(cgroups, name, ours) for name in _CONTROLLERS}
        listed = machine.host_cpus(self._of_proc("stat"))
        self._host_cpus = listed or os.cpu_count() or 1

    def read(self, now: float) -> Reading:
        """What is known at `now`, monotonic seconds. Never fails: what cannot be read is None."""
        meminfo = self._of_proc("meminfo")
        received, sent = machine.traffic(self._of_proc("net/dev")) or (None, None)
        total, limit = self._cpu()
        memory, memory_limit, oom_kills = self._memory(machine.memory_total(meminfo))
        if self._whole_machine and total is None and memory is None:
            total = machine.cpu_total(self._of_proc("stat"))
            limit = cgroup.cpu_limit(None, None, self._host_cpus)
            memory, memory_limit = machine.memory_used(meminfo), machine.memory_total(meminfo)
        return Reading(now, total, limit, memory, memory_limit, oom_kills, received, sent)

    def _cpu(self) -> tuple[int | None, float | None]:
        """Total and limit; neither where there is no group with CPU."""
        if self._is_v2:
            total = cgroup.cpu_total_v2(_text(f"{self._group_v2}/cpu.stat"))
            quota = cgroup.cpus_of_max(_text(f"{self._group_v2}/cpu.max"))
            allowed = cgroup.cpus_of_set(_text(f"{self._group_v2}/cpuset.cpus.effective"))
        else:
            groups = self._groups_v1
            total = cgroup.whole(_text(f"{groups['cpuacct']}/cpuacct.usage"))
            quota = cgroup.cpus_of_quota(
                _text(f"{groups['cpu']}/cpu.cfs_quota_us"),
                _text(f"{groups['cpu']}/cpu.cfs_period_us"),
            )
            allowed = cgroup.cpus_of_set(_text(f"{groups['cpuset']}/cpuset.cpus"))
        if total is None and quota is None and allowed is None:
            return None, None
        return total, cgroup.cpu_limit(quota, allowed, self._host_cpus)

    def _memory(self, machine_bytes: int | None) -> tuple[int | None, int | None, int | None]:
        """Usage, limit and kills; none of them where there is no group with memory."""
        group = self._group_v2 if self._is_v2 else self._groups_v1["memory"]
        files = _MEMORY_V2 if self._is_v2 else _MEMORY_V1
        usage, limit, events = (_text(f"{group}/{name}") for name in files)
        used = cgroup.whole(usage)
        if used is None:
            return None, None, None
        kills = cgroup.keyed(events, b"oom_kill")
        return used, cgroup.memory_limit(limit, machine_bytes), kills

    def _of_proc(self, name: str) -> bytes:
        return _text(f"{self._proc}/{name}")


def _group_v1(cgroups: str, controller: str, ours: cgroup.Membership) -> str:
    """The folder of our group of `controller`, whose hierarchy may have the names of several."""
    names = (controller, ours.hierarchies.get(controller, controller))
    mounts = [f"{cgroups}/{name}" for name in names]
    return _group(next(filter(os.path.isdir, mounts), mounts[0]), ours.paths.get(controller, ""))


def _group(mount: str, path: str) -> str:
    """The folder of the group `path` below `mount`.

    It is not there when only the container's part of the hierarchy is mounted: then that is it.
    """
    inside = path.strip("/")
    folder = f"{mount}/{inside}"
    return folder if inside and ".." not in inside.split("/") and os.path.isdir(folder) else mount


def _text(path: str) -> bytes:
    """What is in a file, empty when it is not there or cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(_FILE_BYTES_MAX)
    except OSError:
        return b""
