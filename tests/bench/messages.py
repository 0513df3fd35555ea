"""What is sent: messages and packets, the same in every run."""

import random
import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

SEED = 20_240_607
MESSAGES_PER_PACKET = 13

_TAGS = b"env:prod,service:checkout"
_LENGTH = struct.Struct("=I")
# Kinds in the proportions that the Agent's quality gates call "internal usage data".
_KINDS = ((b"c", 208), (b"g", 66), (b"d", 72), (b"s", 9), (b"h", 1))


def shapes() -> dict[str, bytes]:
    """One message of each shape, by the shape's name; the first is the plainest."""
    many = b",".join(many_tags(random.Random(SEED), 20))
    return {
        "counter, 2 tags": b"shop.orders.placed:1|c|#" + _TAGS,
        "counter, no tags": b"shop.orders.placed:1|c",
        "counter, sampled": b"shop.orders.placed:1|c|@0.5|#" + _TAGS,
        "gauge, 2 tags": b"shop.queue.length:12.5|g|#" + _TAGS,
        "histogram, 2 tags": b"shop.basket.size:3.75|h|#" + _TAGS,
        "distribution, 2 tags": b"shop.request.seconds:0.0437|d|#" + _TAGS,
        "set, 2 tags": b"shop.visitors:user-1029|s|#" + _TAGS,
        "distribution, 8 values packed": b"shop.request.seconds:1:2:3:4:5:6:7:8|d|#" + _TAGS,
        "counter, 20 tags of 70 bytes": b"shop.orders.placed:1|c|#" + many,
        "gauge with a timestamp": b"shop.queue.length:12.5|g|#" + _TAGS + b"|T1700000000",
    }


def many_tags(chance: random.Random, count: int) -> Iterator[bytes]:
    """Long tags, as lading makes them: on average 70 bytes."""
    letters = b"abcdefghijklmnopqrstuvwxyz"
    for _ in range(count):
        word = bytes(chance.choices(letters, k=chance.randint(20, 118)))
        yield b"tag_" + word[:8] + b":" + word[8:]


def counters(contexts: int, tags: int = 2) -> Iterator[bytes]:
    """One counter message for each of so many contexts."""
    chance = random.Random(SEED)
    for number in range(contexts):
        words = (b"tag_%d:value_%d" % (n, chance.randrange(50)) for n in range(tags - 1))
        yield b"shop.events:1|c|#" + b",".join((b"id:%d" % number, *words))


def mixed(count: int, contexts: int) -> Iterator[bytes]:
    """So many messages of all kinds, over so many contexts."""
    chance = random.Random(SEED)
    kinds, weights = [kind for kind, _ in _KINDS], [weight for _, weight in _KINDS]
    known = [
        (b"shop.%s.metric_%d" % (kind, n % 40), kind, b"route:/r/%d," % n + _TAGS)
        for n, kind in enumerate(chance.choices(kinds, weights, k=contexts))
    ]
    for _ in range(count):
        name, kind, tags = chance.choice(known)
        value = b"%d.%02d" % (chance.randrange(1000), chance.randrange(100))
        yield b"%s:%s|%s|#%s" % (name, value, kind, tags)


def packets(messages: Iterator[bytes]) -> Iterator[bytes]:
    """The messages, `MESSAGES_PER_PACKET` to a packet."""
    while packet := b"\n".join(islice(messages, MESSAGES_PER_PACKET)):
        yield packet


def write_packets(path: Path, messages: Iterator[bytes]) -> int:
    """Write the file that ``app send`` reads; returns how many packets it holds."""
    framed = [_LENGTH.pack(len(packet)) + packet for packet in packets(messages)]
    path.write_bytes(b"".join(framed))
    return len(framed)
