"""A copy of every packet to somebody else, over UDP, as long as that costs nothing.

The name is looked up once, in a thread of its own; until then packets wait, bounded. Sending never
blocks. What cannot be sent is counted: our own delivery is not concerned, so it is no loss in the
account of samples.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Collection

from serverless_init.wire.offload import offload

_LOOKUP_S = 5.0
_RETRY_S = 10.0
_WAITING_BYTES_MAX = 1_048_576


class RelayStats:
    """Packets handed to the kernel; and failures by reason.

    ``waiting_max``, ``unresolved``, ``full`` (the kernel's buffer) and ``error`` are packets that
    were not sent; ``refused`` says how often the other side reported that nobody listens;
    ``own_port`` are packets not sent because they would have come back to us.
    """

    __slots__ = ("failures", "packets_sent")

    def __init__(self) -> None:
        self.packets_sent = 0
        self.failures: dict[str, int] = {}

    def fail(self, reason: str, packets: int = 1) -> None:
        """Count what was not sent."""
        if packets:
            self.failures[reason] = self.failures.get(reason, 0) + packets


class Relay:
    """Sends packets to `host` and `port`. `report` is told in one line what keeps it from that.

    Packets to one of `own_ports` on this machine would come back to us for ever: none is sent.
    """

    def __init__(
        self, host: str, port: int, *, own_ports: Collection[int], report: Callable[[str], None]
    ) -> None:
        self.stats = RelayStats()
        self._host = host
        self._port = port
        self._own_ports = own_ports
        self._report = report
        self._socket: socket.socket | None = None
        self._is_own = False
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._connecting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look the name up and connect, in the background."""
        self._connecting = asyncio.create_task(self._connect(), name="relay.connect")

    def send(self, packet: bytes) -> None:
        """Send `packet` or count why not."""
        if self._socket is not None:
            self._send(self._socket, packet)
        elif self._is_own:
            self.stats.fail("own_port")
        elif self._waiting_bytes + len(packet) > _WAITING_BYTES_MAX:
            self.stats.fail("waiting_max")
        else:
            self._waiting.append(packet)
            self._waiting_bytes += len(packet)

    async def drain(self, timeout_s: float) -> None:
        """When packets still wait for the name, give its lookup so long."""
        if self._waiting and self._connecting is not None:
            await asyncio.wait({self._connecting}, timeout=timeout_s)

    def close(self) -> None:
        """Stop; what still waits is counted as ``unresolved``."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._give_up("unresolved")

    async def _connect(self) -> None:
        """Try until it succeeds, every ten seconds."""
        said = False
        while True:
            try:
                async with asyncio.timeout(_LOOKUP_S):
                    family, address = await offload(self._lookup, name="relay-lookup")
                sock = _connected_socket(family, address)
            except OSError as error:  # TimeoutError is one
                if not said:
                    why = error.strerror or "the name lookup takes too long"
                    self._report(f"packets are not passed on to {self._host}: {why}")
                said = True
                await asyncio.sleep(_RETRY_S)
                continue
            self._begin(sock)
            return

    def _lookup(self) -> tuple[int, tuple[object, ...]]:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        except UnicodeError:
            raise OSError(0, "not a host's name") from None
        return found[0][0], found[0][4]

    def _begin(self, sock: socket.socket) -> None:
        # A packet to this machine has the same address on both ends.
        is_here = sock.getsockname()[0] == sock.getpeername()[0]
        if is_here and self._port in self._own_ports:
            sock.close()
            self._is_own = True
            self._report(f"packets are not passed on: {self._host}:{self._port} is our own port")
            self._give_up("own_port")
            return
        self._socket = sock
        while self._waiting:
            self._send(sock, self._waiting.popleft())
        self._waiting_bytes = 0

    def _give_up(self, reason: str) -> None:
        self.stats.fail(reason, len(self._waiting))
        self._waiting.clear()
        self._waiting_bytes = 0

    def _send(self, sock: socket.socket, packet: bytes) -> None:
        try:
            self._send_once(sock, packet)
        except BlockingIOError:
            self.stats.fail("full")
        except OSError:
            self.stats.fail("error")
        else:
            self.stats.packets_sent += 1

    def _send_once(self, sock: socket.socket, packet: bytes) -> None:
        try:
            sock.send(packet)
        except ConnectionRefusedError:
            # This tells of an earlier packet; the one at hand has not been sent yet.
            self.stats.fail("refused")
            sock.send(packet)


def _connected_socket(family: int, address: tuple[object, ...]) -> socket.socket:
    """A UDP socket that sends to `address`; connecting it sends nothing and does not wait."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock
