"""What is read of a container at one moment, and what two readings say."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """Totals, levels and limits at `at_s` of a clock that does not jump; None where unknown.

    `cpu_total` is in nanoseconds, `cpu_limit` in nanocores, everything else in bytes but for
    `oom_kills`, how many processes the kernel has killed for want of memory.
    """

    at_s: float
    cpu_total: int | None = None
    cpu_limit: float | None = None
    memory: int | None = None
    memory_limit: int | None = None
    oom_kills: int | None = None
    received: int | None = None
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of our own metrics are wanted besides the original's."""

    memory: bool = True
    network: bool = True
    out_of_memory: bool = True


def measurements(
    before: Reading | None, reading: Reading, wanted: Wanted
) -> Iterator[tuple[str, float]]:
    """What is sent: (end of the name, value).

    What needs a reading before and has none, or one that is not smaller, is left out: a counter
    that went back belongs to another container, and the next reading is compared with this one.
    """
    usage = _cpu_usage(before, reading)
    if usage is not None:
        yield "cpu.usage", usage
    if reading.cpu_limit is not None:
        yield "cpu.limit", reading.cpu_limit
    if wanted.memory and reading.memory is not None:
        yield "memory.usage", reading.memory
    if wanted.memory and reading.memory_limit is not None:
        yield "memory.limit", reading.memory_limit
    if wanted.network and before is not None:
        yield from _grown("network.rx_bytes", before.received, reading.received)
        yield from _grown("network.tx_bytes", before.sent, reading.sent)
    if wanted.out_of_memory and before is not None:
        for name, kills in _grown("out_of_memory", before.oom_kills, reading.oom_kills):
            if kills:
                yield name, kills


def _cpu_usage(before: Reading | None, reading: Reading) -> float | None:
    """Nanocores, which are nanoseconds per second, between two readings."""
    if before is None or before.cpu_total is None or reading.cpu_total is None:
        return None
    seconds, used = reading.at_s - before.at_s, reading.cpu_total - before.cpu_total
    if seconds <= 0 or used <= 0:
        return None
    return used / seconds


def _grown(name: str, before: int | None, now: int | None) -> Iterator[tuple[str, float]]:
    if before is not None and now is not None and now >= before:
        yield name, now - before
