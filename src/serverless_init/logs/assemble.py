"""One stream's bytes to its messages: framed, joined, masked, with their severity."""

from dataclasses import dataclass

from serverless_init.logs.framer import Framer
from serverless_init.logs.stats import LogsStats
from serverless_init.model import LogMessage, LogSource


@dataclass(frozen=True, slots=True)
class AssemblerOptions:
    """How lines become messages."""

    message_bytes_max: int = 900_000


class Assembler:
    """The messages of one source. Times are unix seconds.

    `stats` may be shared between assemblers; `held` is this one's own.
    """

    def __init__(
        self, source: LogSource, options: AssemblerOptions, *, stats: LogsStats | None = None
    ) -> None:
        self.stats = stats or LogsStats()
        self._source = source
        self._framer = Framer(options.message_bytes_max)

    @property
    def held(self) -> int:
        """Lines that wait for those that may belong to them."""
        return 0

    def feed(self, data: bytes, now: float) -> list[LogMessage]:
        """The messages that `data` completes, in order."""
        return self._messages(self._framer.feed(data), now)

    def end(self, now: float) -> list[LogMessage]:
        """Everything that is held, and a last line without its end. The assembler can go on."""
        return self._messages(self._framer.end(), now)

    def due(self, now: float) -> list[LogMessage]:
        """What has waited long enough."""
        return self._messages([], now)

    def due_at(self) -> float | None:
        """When `due` has something, if nothing more comes before."""
        return None

    def _messages(self, lines: list[bytes], now: float) -> list[LogMessage]:
        timestamp_ms, status, source = int(now * 1000), self._source.status, self._source
        kept = [line for line in lines if line and not line.isspace()]
        self.stats.lines_accepted += len(kept)
        self.stats.lines_blank += len(lines) - len(kept)
        self.stats.messages += len(kept)
        return [LogMessage(line, status, timestamp_ms, source) for line in kept]
