"""Ports for programs that tests start."""

import random
import socket

# Below what the kernel gives to outgoing connections, which may take any port in a moment.
_PORTS = range(15_000, 32_000)
_TRIES = 200


def free_port() -> int:
    """A port of 127.0.0.1 and ::1 that nobody has by UDP or TCP, or is likely to take by chance."""
    for _ in range(_TRIES):
        port = random.choice(_PORTS)
        if all(_is_free(kind, port) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            return port
    raise OSError("no free port is found")


def is_listening(port: int) -> bool:
    """Whether a connection to `port` of 127.0.0.1 is accepted."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
