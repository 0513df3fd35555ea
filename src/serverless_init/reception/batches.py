"""Datagrams that a thread reads in batches, as one more source. Imported once the app runs."""

from collections.abc import Iterable, Sequence

from serverless_init.reception._receiver import Receiver
from serverless_init.reception.sources import DatagramSource, ReceptionStats


class Batches:
    """The datagrams of `sources`, which differ in nothing but their sockets.

    They are read from when this is made until `stop`. Raises ``OSError``.
    """

    def __init__(
        self,
        sources: Sequence[DatagramSource],
        stats: ReceptionStats,
        *,
        packet_bytes_max: int,
        bytes_max: int,
    ) -> None:
        self.sock = sources[0].sock
        self._sources = sources
        self._stats = stats
        fds = [source.sock.fileno() for source in sources]
        # One byte more than is allowed shows that a datagram was longer.
        self._receiver = Receiver(fds, datagram_bytes=packet_bytes_max + 1, bytes_max=bytes_max)

    def __len__(self) -> int:
        return len(self._receiver)

    def fileno(self) -> int:
        """A descriptor that is readable when it is time to come for datagrams."""
        return self._receiver.fileno()

    def receive(self, packets: list[bytes], room: int) -> bool:
        """Append all that the thread has read. See `Source.receive`."""
        datagrams, total, longest, errors, times_full = self._receiver.take(max(0, room))
        self._stats.packets += len(datagrams)
        self._stats.bytes += total
        packets += self._sources[0].admit(datagrams, longest)
        self._stats.read_errors += errors
        self._stats.backlog_full += times_full
        return True

    def stop(self) -> None:
        """End the thread. What it has read can still be received."""
        self._receiver.stop()


def by_rule(sources: Iterable[DatagramSource]) -> list[list[DatagramSource]]:
    """Those `sources` that a thread can read, those with equal rules together."""
    groups: dict[bool, list[DatagramSource]] = {}
    for source in sources:
        if not source.names_senders:
            groups.setdefault(source.eol_required, []).append(source)
    return list(groups.values())
