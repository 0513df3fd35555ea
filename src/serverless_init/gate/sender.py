"""Sends a load, as a process of its own: ``python -m serverless_init.gate.sender``.

It reads its orders as JSON from stdin: the load, the target, the seconds. It makes all packets,
says ``ready``, waits for a line, and sends at the load's rate, over each sender's connection in
turn. Then it prints what it has sent as JSON. It sends as lading does: a second's amount of bytes
is available at once, so such a load has bursts within each second.
"""

import json
import socket
import sys
import time
from dataclasses import dataclass

from serverless_init.gate.experiment import Load, load_of
from serverless_init.gate.messages import Packet, packets_of

Address = str | tuple[str, int]
"""Of a Unix socket, or of UDP."""

_NAP_S = 0.0005


@dataclass(slots=True)
class Sent:
    """What has been sent; `failures` are packets that the kernel did not take."""

    packets: int = 0
    messages: int = 0
    samples: int = 0
    bytes: int = 0
    failures: int = 0
    seconds: float = 0.0


def send(load: Load, address: Address, seconds: float) -> Sent:
    """Send for `seconds`, at most as fast as the load says."""
    packets = packets_of(load)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    senders = [_Sender(load, address) for _ in range(load.senders)]
    sent = Sent()
    began = time.monotonic()
    turn = 0
    while (passed := time.monotonic() - began) < seconds:
        if _is_ahead(load, sent, passed):
            time.sleep(_NAP_S)
            continue
        senders[turn % len(senders)].send(packets[turn % len(packets)], sent)
        turn += 1
    sent.seconds = time.monotonic() - began
    for sender in senders:
        sender.close()
    return sent


def _is_ahead(load: Load, sent: Sent, passed: float) -> bool:
    if load.packets_per_second:
        # Packets are spread over the second: a receive buffer holds a few hundred.
        return sent.packets >= passed * load.packets_per_second
    second = int(passed) + 1  # a second's amount is available when it begins
    return bool(load.bytes_per_second) and sent.bytes >= second * load.bytes_per_second


class _Sender:
    def __init__(self, load: Load, address: Address) -> None:
        self._framed = load.transport == "uds_stream"
        family = socket.AF_INET if load.transport == "udp" else socket.AF_UNIX
        kind = socket.SOCK_STREAM if self._framed else socket.SOCK_DGRAM
        self._socket = socket.socket(family, kind)
        self._socket.connect(address)

    def send(self, packet: Packet, sent: Sent) -> None:
        try:
            if self._framed:
                self._socket.sendall(len(packet.data).to_bytes(4, "little") + packet.data)
            else:
                self._socket.send(packet.data)
        except OSError:
            sent.failures += 1
            return
        sent.packets += 1
        sent.messages += packet.messages
        sent.samples += packet.samples
        sent.bytes += len(packet.data)

    def close(self) -> None:
        self._socket.close()


def main() -> None:
    """Do what stdin's first line says."""
    orders = json.loads(sys.stdin.readline())
    address = orders["address"]
    where = address if isinstance(address, str) else (str(address[0]), int(address[1]))
    sent = send(load_of(orders["load"]), where, orders["seconds"])
    print(json.dumps({name: getattr(sent, name) for name in Sent.__slots__}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
