"""Which container a process belongs to, asked of ``/proc`` and remembered for a minute."""

from serverless_init.dogstatsd.cgroup import container_of_cgroup, container_of_mounts

_REMEMBERED_S = 60.0
_PIDS_MAX = 4096
_TEXT_BYTES_MAX = 262_144


class Containers:
    """Finds containers by process id. `unknown` counts processes that cannot be asked about.

    A process in another process namespace has the id 0 and cannot be found; one that has ended
    cannot either, unless it was asked for while it ran.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self.unknown = 0
        self._proc = proc
        self._known: dict[int, tuple[float, bytes]] = {}

    def of(self, pid: int, now: float) -> bytes:
        """The id of the container in which `pid` runs at `now` (monotonic s); empty for none."""
        known = self._known.get(pid)
        if known is not None and now < known[0]:
            return known[1]
        if len(self._known) >= _PIDS_MAX:
            self._known.clear()
        container = self._ask(pid)
        self._known[pid] = (now + _REMEMBERED_S, container)
        return container

    def _ask(self, pid: int) -> bytes:
        try:
            found = container_of_cgroup(self._read(pid, "cgroup"))
            return found or container_of_mounts(self._read(pid, "mountinfo"))
        except OSError:
            self.unknown += 1
            return b""

    def _read(self, pid: int, name: str) -> bytes:
        with open(f"{self._proc}/{pid}/{name}", "rb") as file:
            return file.read(_TEXT_BYTES_MAX)
