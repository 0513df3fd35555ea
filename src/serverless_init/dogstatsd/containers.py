"""Which container a process belongs to, asked of ``/proc`` and remembered for a minute.

Imported only where origin detection by socket is on.
"""

from serverless_init.dogstatsd.cgroup import container_of_cgroup, container_of_mounts

_REMEMBERED_S = 60.0
_PIDS_MAX = 4096
_TEXT_BYTES_MAX = 262_144
# Not every kernel has both: gVisor may have no cgroup file.
_TEXTS = (("cgroup", container_of_cgroup), ("mountinfo", container_of_mounts))


class Containers:
    """Finds containers by process id, in the file system at `proc`."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._known: dict[int, tuple[float, bytes]] = {}

    def of(self, pid: int, now: float) -> bytes | None:
        """The id of the container in which `pid` runs at `now` (monotonic s); empty for none.

        None when it cannot be told: the process has ended, or runs in another process namespace,
        which the kernel shows as id 0. That is not remembered.
        """
        known = self._known.get(pid)
        if known is not None and now < known[0]:
            return known[1]
        container = self._ask(pid)
        if container is not None:
            if len(self._known) >= _PIDS_MAX:
                self._known.clear()
            self._known[pid] = (now + _REMEMBERED_S, container)
        return container

    def _ask(self, pid: int) -> bytes | None:
        told = None
        for name, container_in in _TEXTS:
            try:
                with open(f"{self._proc}/{pid}/{name}", "rb") as file:
                    told = container_in(file.read(_TEXT_BYTES_MAX))
            except OSError:
                continue
            if told:
                break
        return told
