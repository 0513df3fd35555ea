"""The observer: what a process and all its descendants use, sampled from outside."""

import os
import time
from dataclasses import dataclass, field

from serverless_init.gate.procfs import (
    Stat,
    established_to,
    parse_cpu_times,
    parse_loadavg,
    parse_rollup,
    parse_stat,
)

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Observed:
    """The samples of one replicate, after its warm-up."""

    pss: list[int] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)
    cpu_s: float = 0.0
    seconds: float = 0.0


class Observer:
    """Samples the tree below `pid`; `port` is where its connections are counted."""

    def __init__(self, pid: int, port: int, *, proc: str = "/proc") -> None:
        self._pid = pid
        self._port = port
        self._proc = proc
        self.observed = Observed()
        self._began_cpu = 0.0
        self._began_at = 0.0

    def begin(self) -> None:
        """The warm-up is over."""
        self._began_cpu, self._began_at = self.cpu_s(), time.monotonic()
        self.observed = Observed()

    def sample(self) -> None:
        """Take one sample."""
        pss = rss = 0
        for pid in self.tree():
            more = parse_rollup(self._read(f"{pid}/smaps_rollup"))
            pss, rss = pss + more[0], rss + more[1]
        self.observed.pss.append(pss)
        self.observed.rss.append(rss)
        connections = established_to(self._read("net/tcp"), self._port)
        self.observed.connections.append(connections)

    def end(self) -> Observed:
        """The measured time is over."""
        self.observed.cpu_s = self.cpu_s() - self._began_cpu
        self.observed.seconds = time.monotonic() - self._began_at
        return self.observed

    def cpu_s(self) -> float:
        """CPU seconds of the tree, those of descendants that it has reaped included."""
        stats = self._stats()
        used = (stats[pid].ticks + stats[pid].children_ticks for pid in self.tree(stats))
        return sum(used) / _TICKS_PER_S

    def tree(self, stats: dict[int, Stat] | None = None) -> list[int]:
        """The process and its descendants, as they are now."""
        stats = self._stats() if stats is None else stats
        found = [self._pid] if self._pid in stats else []
        for pid in found:
            found += [child for child, stat in stats.items() if stat.parent == pid]
        return found

    def _stats(self) -> dict[int, Stat]:
        texts = {int(n): self._read(f"{n}/stat") for n in os.listdir(self._proc) if n.isdigit()}
        return {pid: parse_stat(text) for pid, text in texts.items() if text}

    def _read(self, name: str) -> str:
        try:
            with open(f"{self._proc}/{name}") as file:
                return file.read()
        except OSError:  # it has ended meanwhile
            return ""


@dataclass(frozen=True, slots=True)
class Noise:
    """How busy the machine was with other things; `spin_spread` is that of a fixed calculation."""

    load: float
    steal_percent: float
    spin_spread: float

    @property
    def complaints(self) -> list[str]:
        """What makes the numbers doubtful, in words."""
        said = []
        if self.load > 0.5:
            said.append(f"the load was {self.load:.2f} before the start")
        if self.steal_percent > 1:
            said.append(f"{self.steal_percent:.1f} % of the CPU time was stolen by the host")
        if self.spin_spread > 0.1:
            said.append(f"a fixed calculation took {self.spin_spread:.0%} longer at times")
        return said


class NoiseMeter:
    """Measures `Noise` between its making and `read`."""

    def __init__(self) -> None:
        self._load = parse_loadavg(_text("/proc/loadavg"))
        self._all, self._stolen = parse_cpu_times(_text("/proc/stat"))
        self._spins = [_spin_s() for _ in range(15)]

    def read(self) -> Noise:
        """The noise since the start."""
        spins = sorted(self._spins + [_spin_s() for _ in range(15)])
        now, stolen = parse_cpu_times(_text("/proc/stat"))
        share = 100 * (stolen - self._stolen) / max(1, now - self._all)
        return Noise(self._load, share, spins[-len(spins) // 10] / spins[len(spins) // 10] - 1)


def _spin_s() -> float:
    began = time.perf_counter()
    sum(range(200_000))
    return time.perf_counter() - began


def _text(path: str) -> str:
    with open(path) as file:
        return file.read()
