"""Where packets come from: datagram sockets, and stream connections with length-prefixed frames.

Wire format of a stream: a frame is a 4-byte little-endian length and that many bytes, one packet. A
length of 0 ends the connection; a length beyond the packet limit is an error of the sender and
ends it too. Imported before the app has started.
"""

from serverless_init.bare import accept, socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Source(Protocol):
        """A socket in the selector."""

        sock: socket.socket

        def receive(self, packets: list[bytes], room: int) -> bool:
            """Append what has arrived, about `room` bytes at most; False when it has ended."""


_LENGTH_BYTES = 4
_READ_BYTES = 65536
_EXCERPT_BYTES = 80


class ReceptionStats:
    """What was received; every drop with its reason, a dropped packet or frame counting as one.

    `frame_excerpt` is the start of the last frame that was too long; the owner may clear it.
    """

    __slots__ = (
        "backlog_full",
        "bytes",
        "connections",
        "connections_refused",
        "dropped",
        "frame_excerpt",
        "packets",
        "read_errors",
        "senders_unknown",
    )

    def __init__(self) -> None:
        self.packets = 0
        self.bytes = 0
        self.connections = 0
        self.connections_refused = 0
        self.read_errors = 0
        self.senders_unknown = 0
        self.backlog_full = 0
        self.dropped: dict[str, int] = {}
        self.frame_excerpt = b""

    @property
    def untouched(self) -> bool:
        """Whether nothing has ever come in on any socket, not even an error."""
        return not (self.packets or self.connections or self.read_errors or self.dropped)

    def drop(self, reason: str) -> None:
        """Count one dropped packet."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


class DatagramSource:
    """A UDP or Unix datagram socket: each datagram, as `read` returns it, is a packet.

    With `eol_required` the last line of a packet must be terminated, or it is dropped.
    """

    def __init__(
        self,
        sock: socket.socket,
        stats: ReceptionStats,
        packet_bytes_max: int,
        *,
        eol_required: bool,
    ) -> None:
        self.sock = sock
        self.read: Callable[[int], bytes] = sock.recv
        self._stats = stats
        self._packet_bytes_max = packet_bytes_max
        self.eol_required = eol_required

    @property
    def names_senders(self) -> bool:
        """Whether `read` has been replaced by one that says who has sent a packet."""
        return self.read != self.sock.recv

    def receive(self, packets: list[bytes], room: int) -> bool:
        """See `Source.receive`."""
        receive, limit = self.read, self._packet_bytes_max
        stats, eol_required = self._stats, self.eol_required
        while room > 0:
            try:
                packet = receive(limit + 1)
            except BlockingIOError:
                return True
            except OSError:  # an ICMP error of an earlier sender, for example
                stats.read_errors += 1
                return True
            stats.packets += 1
            stats.bytes += len(packet)
            room -= len(packet) + 1
            if len(packet) > limit or eol_required:
                packet = self._whole(packet)
            packets.append(packet)
        return True

    def admit(self, datagrams: list[bytes], longest: int) -> list[bytes]:
        """The packets in `datagrams` that were read, and counted, elsewhere, a byte too many too.

        The longest of them has so many bytes.
        """
        if not self.eol_required and longest <= self._packet_bytes_max:
            return datagrams
        return [self._whole(datagram) for datagram in datagrams]

    def _whole(self, packet: bytes) -> bytes:
        if len(packet) > self._packet_bytes_max:
            return self._cut(packet)
        return terminated(packet, self._stats) if self.eol_required else packet

    def _cut(self, packet: bytes) -> bytes:
        # The kernel has thrown away the rest: the last line has no end and would be a wrong value.
        self._stats.drop("packet_too_long")
        return packet[: packet.rfind(b"\n") + 1]


def terminated(packet: bytes, stats: ReceptionStats) -> bytes:
    """The lines of `packet` that end with a line feed; what follows the last is dropped."""
    if packet and not packet.endswith(b"\n"):
        stats.drop("unterminated")
        return packet[: packet.rfind(b"\n") + 1]
    return packet


class StreamListener:
    """A listening stream socket; `accepted` hands over the connections that came."""

    def __init__(self, sock: socket.socket, *, eol_required: bool) -> None:
        self.sock = sock
        self.eol_required = eol_required
        self._accepted: list[socket.socket] = []

    def receive(self, packets: list[bytes], room: int) -> bool:  # noqa: ARG002
        """Accept what waits; no packets come of it. See `Source.receive`."""
        while True:
            try:
                connection = accept(self.sock)
            except OSError:  # nothing waits, or the sender has gone, or no descriptors are left
                return True
            connection.setblocking(False)
            self._accepted.append(connection)

    def accepted(self) -> list[socket.socket]:
        """The connections accepted since the last call."""
        accepted, self._accepted = self._accepted, []
        return accepted


class StreamConnection:
    """One stream connection: its frames, as `packet` makes them, are packets.

    `eol_required` as in `DatagramSource`.
    """

    def __init__(
        self,
        sock: socket.socket,
        stats: ReceptionStats,
        packet_bytes_max: int,
        *,
        eol_required: bool,
    ) -> None:
        self.sock = sock
        self._stats = stats
        self._packet_bytes_max = packet_bytes_max
        self.packet: Callable[[bytearray], bytes] = bytes
        self._eol_required = eol_required
        self._unread = bytearray()

    def receive(self, packets: list[bytes], room: int) -> bool:
        """See `Source.receive`."""
        while room > 0:
            try:
                data = self.sock.recv(_READ_BYTES)
            except BlockingIOError:
                return True
            except OSError:
                self._stats.read_errors += 1
                return self._end()
            if not data:
                return self._end()
            self._unread += data
            room -= len(data)
            if not self._split(packets):
                return False
        return True

    def _split(self, packets: list[bytes]) -> bool:
        unread, position = self._unread, 0
        while len(unread) - position >= _LENGTH_BYTES:
            start = position + _LENGTH_BYTES
            length = int.from_bytes(unread[position:start], "little")
            if length == 0:
                return False
            if length > self._packet_bytes_max:
                self._stats.drop("frame_too_long")
                self._stats.frame_excerpt = bytes(unread[start : start + _EXCERPT_BYTES])
                return False
            if len(unread) - start < length:
                break
            position = start + length
            packet = self.packet(unread[start:position])
            packets.append(terminated(packet, self._stats) if self._eol_required else packet)
            self._stats.packets += 1
            self._stats.bytes += length
        del unread[:position]
        return True

    def _end(self) -> bool:
        if self._unread:
            self._stats.drop("frame_cut_off")
        return False
