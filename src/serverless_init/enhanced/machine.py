"""What the kernel says of the machine, or of the sandbox that looks like one: texts of ``/proc``.

Pure parsers, one per file, as in `cgroup`. Source: proc(5).
"""

from serverless_init.enhanced.cgroup import keyed, whole

# Fields of a cpu line that count as busy: user, nice, system, irq, softirq.
_BUSY = (1, 2, 3, 6, 7)
# 100 ticks a second wherever Linux runs programs (USER_HZ).
_TICK_NS = 10_000_000
_FIELDS_MIN = 8
_RECEIVED, _SENT = 0, 8
_TOTAL_MAX = 1 << 63


def host_cpus(stat: bytes) -> int | None:
    """How many CPUs ``/proc/stat`` lists; None when none."""
    lines = (line.split(b" ", 1)[0] for line in stat.splitlines())
    return sum(1 for word in lines if word[:3] == b"cpu" and word[3:].isdigit()) or None


def cpu_total(stat: bytes) -> int | None:
    """Nanoseconds of CPU that all of the machine has used, of the ``cpu`` line."""
    for line in stat.splitlines():
        words = line.split()
        if words[:1] == [b"cpu"]:
            ticks = [whole(words[n]) for n in _BUSY] if len(words) > _FIELDS_MIN else []
            known = [n for n in ticks if n is not None]
            total = sum(known) * _TICK_NS
            return total if len(known) == len(_BUSY) and total < _TOTAL_MAX else None
    return None


def memory_total(meminfo: bytes) -> int | None:
    """Bytes of memory that the machine has."""
    return _kibibytes(meminfo, b"MemTotal:")


def memory_used(meminfo: bytes) -> int | None:
    """Bytes that are not available to programs."""
    total, available = memory_total(meminfo), _kibibytes(meminfo, b"MemAvailable:")
    return None if total is None or available is None else max(0, total - available)


def traffic(net_dev: bytes) -> tuple[int, int] | None:
    """Bytes received and sent by all interfaces but loopback, of ``/proc/net/dev``."""
    received = sent = found = 0
    for line in net_dev.splitlines():
        name, colon, numbers = line.partition(b":")
        words = numbers.split()
        if not colon or name.strip() == b"lo" or len(words) <= _SENT:
            continue
        came, went = whole(words[_RECEIVED]), whole(words[_SENT])
        if came is not None and went is not None:
            received += came
            sent += went
            found += 1
    return (received, sent) if found else None


def _kibibytes(meminfo: bytes, key: bytes) -> int | None:
    compact = b"\n".join(b" ".join(line.split()).removesuffix(b" kB") for line in _lines(meminfo))
    number = keyed(compact, key)
    return None if number is None else number * 1024


def _lines(meminfo: bytes) -> list[bytes]:
    """The first lines, where the totals are."""
    return meminfo.splitlines()[:8]
