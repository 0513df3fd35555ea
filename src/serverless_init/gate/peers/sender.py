"""``python -m serverless_init.gate.peers.sender PORT FILE PACKETS_PER_S SECONDS``: send over UDP.

Evenly, in portions of a millisecond; with 0 packets a second as fast as the machine can. Prints how
many packets were sent, and the seconds that it took.
"""

import socket
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from serverless_init.gate.peers.load import read_packets

_PORTION_S = 0.001
_BURST = 64


def main(words: Sequence[str]) -> None:
    """Send, and print."""
    with open(words[1], "rb") as file:
        packets = read_packets(file.read())
    rate, seconds = int(words[2]), float(words[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", int(words[0])))
        began = time.monotonic()
        sent = send(packets, rate, seconds, sender.send)
        took = time.monotonic() - began
    sys.stdout.write(f"{sent} {took}\n")


def send(packets: Sequence[bytes], rate: int, seconds: float, put: Callable[[bytes], int]) -> int:
    """How many packets were sent, which a paced load decides and an unpaced one finds out."""
    endless = cycle(packets)
    began = time.monotonic()
    sent, total = 0, round(rate * seconds)
    while sent < total or not rate:
        passed = time.monotonic() - began
        if not rate and passed >= seconds:
            break
        due = min(total, int(passed * rate) + 1) - sent if rate else _BURST
        for packet in islice(endless, max(0, due)):
            put(packet)
        sent += max(0, due)
        if rate:
            time.sleep(_PORTION_S)
    return sent


if __name__ == "__main__":
    main(sys.argv[1:])
