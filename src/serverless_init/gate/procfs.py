"""The kernel's texts about processes, taken apart. Pure: text in, values out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stat:
    """From ``/proc/<pid>/stat``: the parent, and the CPU ticks used, by reaped children too."""

    parent: int
    state: str
    ticks: int
    children_ticks: int


def parse_stat(text: str) -> Stat:
    """A name may have spaces and parentheses: the fields begin behind the last one."""
    fields = text.rpartition(")")[2].split()
    return Stat(
        parent=int(fields[1]),
        state=fields[0],
        ticks=int(fields[11]) + int(fields[12]),
        children_ticks=int(fields[13]) + int(fields[14]),
    )


def parse_rollup(text: str) -> tuple[int, int]:
    """PSS and RSS in bytes from ``smaps_rollup``; zeros for a process without memory."""
    found = {"Pss": 0, "Rss": 0}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name in found:
            found[name] = int(rest.split()[0]) * 1024
    return found["Pss"], found["Rss"]


def parse_loadavg(text: str) -> float:
    """The load of the last minute."""
    return float(text.split()[0])


def parse_cpu_times(text: str) -> tuple[int, int]:
    """Ticks of all CPUs and those stolen by the host, from ``/proc/stat``."""
    fields = [int(field) for field in text.splitlines()[0].split()[1:]]
    return sum(fields[:8]), fields[7] if len(fields) > 7 else 0


def established_to(text: str, port: int) -> int:
    """How many TCP connections of ``/proc/net/tcp`` are established to the local `port`."""
    wanted = f":{port:04X}"
    rows = (line.split() for line in text.splitlines()[1:])
    return sum(1 for row in rows if len(row) > 3 and row[2].endswith(wanted) and row[3] == "01")
