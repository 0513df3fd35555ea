"""What a load consists of: DogStatsD packets from a seed, the same on every machine.

The shape follows lading's DogStatsD payload (its public documentation): a fixed number of contexts,
each with a name, a type and a set of tags of which most are shared; each message picks one. All
packets are made before anything is sent, and a fingerprint tells whether they are still the same.
"""

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from serverless_init.gate.experiment import Load

_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_UNIQUE_TAG_SHARE = 0.11
# All text is cut out of as much of it, as lading's is.
_POOL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, and how many samples the receiver must count for it."""

    data: bytes
    messages: int
    samples: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one set of packets from another."""

    sha256: str
    entropy: float
    packets: int
    messages: int


def packets_of(load: Load) -> list[Packet]:
    """As many packets as fill the load's prebuilt bytes."""
    source = random.Random(load.seed)
    contexts = _Contexts(load, source)
    packets: list[Packet] = []
    built = 0
    while built < load.prebuild_bytes:
        packet = _packet(contexts, load)
        packets.append(packet)
        built += len(packet.data)
    return packets


def fingerprint(packets: list[Packet]) -> Fingerprint:
    """The digest, the entropy in bits per byte, and the numbers of packets and messages."""
    digest = hashlib.sha256()
    counts: Counter[int] = Counter()
    for packet in packets:
        digest.update(packet.data)
        counts.update(packet.data)
    total = sum(counts.values())
    entropy = -sum(n / total * math.log2(n / total) for n in counts.values())
    messages = sum(packet.messages for packet in packets)
    return Fingerprint(digest.hexdigest(), round(entropy, 3), len(packets), messages)


def _packet(contexts: "_Contexts", load: Load) -> Packet:
    lines: list[bytes] = []
    size = samples = 0
    while not load.messages_per_packet or len(lines) < load.messages_per_packet:
        line, count = contexts.message()
        if size + len(line) + 1 > load.packet_bytes_max:
            if lines:
                break
            continue  # one that is too long for any packet is not sent
        lines.append(line)
        size += len(line) + 1
        samples += count
    return Packet(b"\n".join(lines), len(lines), samples)


class _Contexts:
    """The contexts of a load, and messages about them."""

    def __init__(self, load: Load, source: random.Random) -> None:
        self._load = load
        self._source = source
        self._pool = bytes(source.choices(_LETTERS, k=_POOL_BYTES))
        self._kinds = _weighted(load.kinds)
        types = _weighted(load.weights)
        tags = list(self._tag_sets())
        self._all = [
            (self._text(load.name_length), source.choice(types), tags[n])
            for n in range(load.contexts)
        ]

    def message(self) -> tuple[bytes, int]:
        """A line, and its number of samples."""
        kind = self._source.choice(self._kinds)
        name, type_, tags = self._source.choice(self._all)
        if kind == "event":
            title, text = self._text((1, 200)), self._text((1, 1023))
            head = b"_e{%d,%d}:%b|%b" % (len(title), len(text), title, text)
            return head + b"|#" + tags, 1
        if kind == "service_check":
            status = self._source.randrange(4)
            return b"_sc|%b|%d|#%b|m:%b" % (name, status, tags, self._text((4, 127))), 1
        if type_ == "s":
            return b"%b:%b|s|#%b" % (name, self._text((1, 20)), tags), 1
        values = [self._value() for _ in range(self._count())]
        rate = b""
        if type_ != "g" and self._source.random() < self._load.rate_share:
            rate = b"|@%g" % (1 / self._source.randint(1, 10))
        return b"%b:%b|%b%b|#%b" % (name, b":".join(values), type_.encode(), rate, tags), len(
            values
        )

    def _count(self) -> int:
        if self._source.random() >= self._load.multi_value_share:
            return 1
        return self._source.randint(*self._load.values)

    def _value(self) -> bytes:
        if self._source.random() < 0.5:
            return b"%d" % self._source.randint(-(2**31), 2**31)
        return b"%.6f" % self._source.uniform(-1e6, 1e6)

    def _tag_sets(self) -> Iterator[bytes]:
        known: list[bytes] = []
        for _ in range(self._load.contexts):
            tags = []
            for _ in range(self._source.randint(*self._load.tags)):
                if not known or self._source.random() < _UNIQUE_TAG_SHARE:
                    known.append(self._tag())
                    tags.append(known[-1])
                else:
                    tags.append(self._source.choice(known))
            yield b",".join(tags)

    def _tag(self) -> bytes:
        text = self._text(self._load.tag_length)
        at = max(1, len(text) // 3)
        return text[:at] + b":" + text[at + 1 :]

    def _text(self, length: tuple[int, int]) -> bytes:
        size = self._source.randint(*length)
        start = self._source.randrange(_POOL_BYTES - size)
        return self._pool[start : start + size]


def _weighted(weights: Mapping[str, int]) -> list[str]:
    return [name for name, weight in sorted(weights.items()) for _ in range(weight)]
