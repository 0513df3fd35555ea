"""How many packets came in one second: the last whole one, and the busiest of all."""


class PacketRate:
    """Counts packets by the second in which they were received."""

    def __init__(self) -> None:
        self.last_second = 0
        self.most = 0
        self._second = 0
        self._packets = 0

    def count(self, packets: int, second: int) -> None:
        """Count packets received in `second` (unix). A second that is not the last one ends it."""
        if second != self._second:
            self.last_second = self._packets if second == self._second + 1 else 0
            self._second, self._packets = second, 0
        self._packets += packets
        self.most = max(self.most, self._packets)
