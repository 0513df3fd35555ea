"""Reception: packets are read from their sockets at once and wait here, bounded, to be parsed.

Theory of operation. The kernel's receive buffer holds a few hundred small datagrams, a millisecond
or two of a burst; what does not fit is lost without a word. So reading has precedence over
everything else we do. `receive` empties every socket into the backlog; it costs about a
microsecond a packet, several times less than it costs a client to send one. Parsing takes packets
off the backlog in small portions and calls `receive` between them.

Where the main thread is busy for longer than that, above all while the rest of the program is
imported and the app is already running, the kernel is asked to raise SIGIO when a packet arrives
(`signal_arrivals`), and the handler, which runs between two bytecodes, calls `receive`. Once the
rest is there, a thread without Python reads datagrams in batches (`receive_in_threads`), and
`receive` comes for them; a thread of Python's would have to wait for the interpreter lock after
every single packet.

All sockets stand in one epoll object, whose own descriptor becomes readable when any of them is: an
event loop watches one descriptor and knows nothing of stream connections.

Beyond `bytes_max` reading stops and the kernel buffers, and drops, as it would without us; it
counts what it drops, and `kernel_drops` reads that count. Imported before the app has started.
"""

import fcntl
import os
import select
import time

from serverless_init.bare import socket
from serverless_init.reception.sources import (
    DatagramSource,
    ReceptionStats,
    StreamConnection,
    StreamListener,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from serverless_init.reception.batches import Batches
    from serverless_init.reception.sources import Source

# What a Python object for a packet costs beyond the packet's own bytes.
_PACKET_OVERHEAD_BYTES = 64
_STREAM_CONNECTIONS_MAX = 1024


class Reception:
    """The sockets and the packets read from them that nobody has parsed yet.

    `stats` counts what came and what was cut; `packets` waiting is `len(reception)`. With
    `senders_named` a packet from a Unix socket has the attribute ``pid``, as far as the kernel
    tells.
    """

    def __init__(
        self, *, packet_bytes_max: int, bytes_max: int, senders_named: bool = False
    ) -> None:
        self.stats = ReceptionStats()
        self.senders_named = senders_named
        self._packet_bytes_max = packet_bytes_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._batches: list[tuple[float, list[bytes]]] = []
        self._epoll = select.epoll()
        self._sources: dict[int, Source] = {}
        self._watched: dict[int, Source] = {}
        self._paths: dict[str, int] = {}
        self._threads: list[Batches] = []
        self._receiving = False
        self._signalling = False

    def __len__(self) -> int:
        return sum(map(len, self._threads)) + sum(len(packets) for _, packets in self._batches)

    def fileno(self) -> int:
        """A descriptor that is readable when a packet, or a connection, has arrived."""
        return self._epoll.fileno()

    def add_datagrams(self, sock: socket.socket, *, eol_required: bool = False) -> None:
        """Read datagrams from `sock`, each a packet.

        With `eol_required` a last line without line feed is dropped and counted.
        """
        limit = self._packet_bytes_max
        source = DatagramSource(sock, self.stats, limit, eol_required=eol_required)
        if self.senders_named and sock.family == socket.AF_UNIX:
            from serverless_init.reception.credentials import name_senders

            try:
                name_senders(source)
            except OSError:  # the packets are worth more than their origin
                self.stats.senders_unknown += 1
        self._add(source)

    def add_streams(self, listener: socket.socket, *, eol_required: bool = False) -> None:
        """Accept connections on `listener`; each length-prefixed frame is a packet, as above."""
        self._add(StreamListener(listener, eol_required=eol_required))

    def udp_ports(self) -> set[int]:
        """The UDP ports that are read."""
        names = (source.sock.getsockname() for source in self._sources.values())
        return {name[1] for name in names if isinstance(name, tuple)}

    def receive(self) -> bool:
        """Read everything that has arrived, as far as there is room. True when anything came.

        Safe to call from a signal handler while it already runs: the inner call leaves the work to
        the outer one.
        """
        if self._receiving:
            return True
        self._receiving = True
        try:
            packets: list[bytes] = []
            for fd, _ in self._epoll.poll(0):
                self._receive_from(self._watched[fd], packets)
            if packets:
                self._batches.append((time.time(), packets))
            return bool(packets)
        finally:
            self._receiving = False

    def receive_in_threads(self, on: bool) -> None:
        """Have datagrams read without the interpreter, where that has been compiled, or stop that.

        As many threads as there are rules for packets, usually one. `receive` comes for what they
        have read, and the backlog takes over what they leave. When they cannot be had, everything
        goes on as before.
        """
        if not on:
            self._end_threads()
            return
        try:
            from serverless_init.reception.batches import Batches, by_rule
        except ModuleNotFoundError:
            return
        sources = [s for s in self._sources.values() if isinstance(s, DatagramSource)]
        for group in by_rule(sources):
            try:
                batches = Batches(
                    group,
                    self.stats,
                    packet_bytes_max=self._packet_bytes_max,
                    bytes_max=self._bytes_max,
                )
            except OSError:
                continue
            self._threads.append(batches)
            for source in group:
                self._ignore(source.sock.fileno())
            self._watch(batches.fileno(), batches)

    def take(self, count: int) -> tuple[float, list[bytes]] | None:
        """Up to `count` of the oldest packets, and their arrival time (unix s); None when empty."""
        if not self._batches:
            return None
        arrived_at, packets = self._batches[0]
        if len(packets) <= count:
            del self._batches[0]
            taken = packets
        else:
            taken = packets[:count]
            del packets[:count]
        self._bytes -= sum(map(len, taken)) + _PACKET_OVERHEAD_BYTES * len(taken)
        return arrived_at, taken

    def signal_arrivals(self, on: bool) -> None:
        """Have the kernel raise SIGIO in this process whenever a packet arrives, or stop that."""
        self._signalling = on
        for source in self._sources.values():
            _signal_arrivals(source.sock, on)

    def kernel_drops(self) -> int | None:
        """UDP datagrams the kernel dropped before we could read them; None when it does not say."""
        inodes = {str(os.fstat(fd).st_ino) for fd in self._sources}
        dropped, told = 0, False
        for path in ("/proc/self/net/udp", "/proc/self/net/udp6"):
            try:
                with open(path) as table:
                    rows = [line.split() for line in table][1:]
            except OSError:
                continue
            told = True
            dropped += sum(int(row[-1]) for row in rows if len(row) > 10 and row[9] in inodes)
        return dropped if told else None

    def close(self) -> None:
        """Close every socket and remove its path. What is in the backlog can still be taken."""
        self._end_threads()
        for source in list(self._sources.values()):
            self._remove(source)
        for path, inode in self._paths.items():
            if _inode(path) == inode:  # not that of an instance that has taken our place
                _unlink(path)
        self._epoll.close()

    def _end_threads(self) -> None:
        if not self._threads:
            return
        packets: list[bytes] = []
        for batches in self._threads:
            batches.stop()
            self._ignore(batches.fileno())
            first = len(packets)
            batches.receive(packets, 0)
            self._count(packets, first)
        self._threads.clear()
        if packets:
            self._batches.append((time.time(), packets))
        for fd in self._sources.keys() - self._watched.keys():
            self._watch(fd, self._sources[fd])

    def _receive_from(self, source: "Source", packets: list[bytes]) -> None:
        room = self._bytes_max - self._bytes
        if room <= 0:
            self.stats.backlog_full += 1
            return
        first = len(packets)
        alive = source.receive(packets, room)
        self._count(packets, first)
        if isinstance(source, StreamListener):
            # Read at once: who looks whether anything is left must not find an unread connection.
            for connection in self._add_connections(source):
                self._receive_from(connection, packets)
        if not alive:
            self._remove(source)

    def _count(self, packets: list[bytes], first: int) -> None:
        """The `packets` from index `first` on take room in the backlog."""
        read = sum(map(len, packets[first:])) + _PACKET_OVERHEAD_BYTES * (len(packets) - first)
        self._bytes += read

    def _add_connections(self, listener: StreamListener) -> "Iterator[Source]":
        for sock in listener.accepted():
            if len(self._sources) > _STREAM_CONNECTIONS_MAX:
                self.stats.connections_refused += 1
                sock.close()
            else:
                self.stats.connections += 1
                connection = StreamConnection(
                    sock,
                    self.stats,
                    self._packet_bytes_max,
                    eol_required=listener.eol_required,
                )
                if self.senders_named:
                    from serverless_init.reception.credentials import name_sender

                    name_sender(connection)
                self._add(connection)
                yield connection

    def _add(self, source: "Source") -> None:
        fd = source.sock.fileno()
        self._sources[fd] = source
        path = source.sock.getsockname()
        if isinstance(path, str) and path and not isinstance(source, StreamConnection):
            self._paths[path] = _inode(path)
        self._watch(fd, source)
        if self._signalling:
            _signal_arrivals(source.sock, True)

    def _remove(self, source: "Source") -> None:
        fd = source.sock.fileno()
        self._ignore(fd)
        del self._sources[fd]
        source.sock.close()

    def _watch(self, fd: int, source: "Source") -> None:
        self._epoll.register(fd, select.EPOLLIN)
        self._watched[fd] = source

    def _ignore(self, fd: int) -> None:
        self._epoll.unregister(fd)
        del self._watched[fd]


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return -1


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # the folder may be read-only by now; the next instance replaces it
        return


def _signal_arrivals(sock: socket.socket, on: bool) -> None:
    try:
        fcntl.fcntl(sock, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(sock, fcntl.F_GETFL)
        flags = flags | os.O_ASYNC if on else flags & ~os.O_ASYNC
        fcntl.fcntl(sock, fcntl.F_SETFL, flags)
    except OSError:  # a kernel without signal-driven input: its buffer must do
        return
