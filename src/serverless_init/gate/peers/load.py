"""The load: seeded packets, the same for everyone who speaks the same dialect. Pure.

Both dialects have as many contexts, kinds of metrics and bytes. In `TAGGED` a context is a set of
tags, in `PLAIN`, for servers that know no tags, it is a name. Of five contexts three are counters,
one is a gauge, one a distribution or a timer. What counters sum up to says what was delivered.
"""

import itertools
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TAGGED, PLAIN = "tagged", "plain"
MESSAGES_PER_PACKET = 13
# Packets are as long as equal messages allow within the 1,432 bytes of a client's buffer.
_MESSAGE_BYTES = (1_432 + 1) // MESSAGES_PER_PACKET - 1
PACKET_BYTES = MESSAGES_PER_PACKET * (_MESSAGE_BYTES + 1) - 1
CONTEXTS = 1_000
_PACKETS = 1_000
_SEED = 20_201
_KINDS = {TAGGED: ("c", "c", "c", "g", "d"), PLAIN: ("c", "c", "c", "g", "ms")}
_LENGTH = struct.Struct("=I")


@dataclass(frozen=True, slots=True)
class Load:
    """Packets that are sent again and again; `sums` are those of the counters of each packet."""

    packets: tuple[bytes, ...]
    sums: tuple[int, ...]

    def counted(self, sent: int) -> int:
        """What the counters of the first `sent` packets sum up to."""
        rounds, rest = divmod(sent, len(self.packets))
        return rounds * sum(self.sums) + sum(self.sums[:rest])

    def as_file(self) -> bytes:
        """For the sender: each packet after its length in four bytes of this machine's order."""
        return b"".join(_LENGTH.pack(len(packet)) + packet for packet in self.packets)


def load_of(dialect: str, phase: str) -> Load:
    """The load of a dialect; every metric's name begins with `phase`."""
    rng = random.Random(_SEED)
    contexts = list(range(CONTEXTS)) * (_PACKETS * MESSAGES_PER_PACKET // CONTEXTS)
    rng.shuffle(contexts)
    packets, sums = [], []
    for group in _groups(contexts):
        values = [rng.randint(1, 9) for _ in group]
        kinds = [_KINDS[dialect][context % 5] for context in group]
        lines = map(_line, itertools.repeat((dialect, phase)), group, kinds, values)
        packets.append("\n".join(lines).encode())
        sums.append(sum(v for v, kind in zip(values, kinds, strict=True) if kind == "c"))
    return Load(tuple(packets), tuple(sums))


def read_packets(content: bytes) -> list[bytes]:
    """The packets of a file that `Load.as_file` made."""
    packets, at = [], 0
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size + length
        packets.append(content[at - length : at])
    return packets


def _groups(contexts: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(contexts), MESSAGES_PER_PACKET):
        yield contexts[at : at + MESSAGES_PER_PACKET]


def _line(names: tuple[str, str], context: int, kind: str, value: int) -> str:
    """A message of exactly `_MESSAGE_BYTES`."""
    dialect, phase = names
    where = "region:eu-west-1,service:checkout,env:prod,version:1.2.3"
    if dialect == PLAIN:
        where = where.replace(":", ".").replace(",", ".")
        line = f"{phase}.{kind}.{context:04}.{where}.:{value}|{kind}"
        return line.replace(".:", "." + "x" * (_MESSAGE_BYTES - len(line)) + ":")
    line = f"{phase}.{kind}:{value}|{kind}|#customer:{context:04},{where},host:"
    return line + "x" * (_MESSAGE_BYTES - len(line))
