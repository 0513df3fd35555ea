"""A program that sends packets to DogStatsD, says how many it sent, and ends with code 7.

Its arguments are the transport and a file of packets with a null byte after each. Its sockets
block: a server that does not read would hang it.
"""

import os
import socket
import sys

transport, path = sys.argv[1:]
with open(path, "rb") as file:
    packets = file.read().split(b"\0")[:-1]
if transport == "udp":
    server = ("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for packet in packets:
            sock.sendto(packet, server)
elif transport == "datagram":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(os.environ["DD_DOGSTATSD_SOCKET"])
        for packet in packets:
            sock.send(packet)
else:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(os.environ["DD_DOGSTATSD_STREAM_SOCKET"])
        for packet in packets:
            sock.sendall(len(packet).to_bytes(4, "little") + packet)
try:
    print(f"sent {len(packets)}", flush=True)
except OSError:  # stdout is closed or full; what matters is sent
    os.close(1)
sys.exit(7)
