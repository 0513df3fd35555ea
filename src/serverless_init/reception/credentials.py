"""Packets whose sender the kernel names. Imported only where origin detection by socket is on."""

import struct

from serverless_init.bare import socket
from serverless_init.reception.sources import DatagramSource, StreamConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid


class SentPacket(bytes):
    """A packet and the process that sent it; `pid` is 0 where the kernel cannot say.

    A part of it is sent by the same process.
    """

    pid = 0

    def __getitem__(self, key: "Any") -> "Any":
        """As of bytes."""
        part = super().__getitem__(key)
        return sent(part, self.pid) if isinstance(part, bytes) else part


def sent(data: bytes | bytearray, pid: int) -> SentPacket:
    """`data` as sent by `pid`."""
    packet = SentPacket(data)
    packet.pid = pid
    return packet


def name_senders(source: DatagramSource) -> None:
    """Have the kernel tell who sends each datagram, from the next one on. Raises ``OSError``."""
    sock, room = source.sock, socket.CMSG_SPACE(_CREDENTIALS.size)

    def read(limit: int) -> bytes:
        packet, ancillary, _, _ = sock.recvmsg(limit, room)
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                pid, _, _ = _CREDENTIALS.unpack_from(data)
                return sent(packet, pid)
        return sent(packet, 0)

    sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    source.read = read


def name_sender(connection: StreamConnection) -> None:
    """Take the process that opened `connection` for the sender of all its packets."""
    try:
        peer = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:  # it has gone already
        return
    pid, _, _ = _CREDENTIALS.unpack(peer)
    connection.packet = lambda data: sent(data, pid)
