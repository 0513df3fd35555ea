"""Messages to batches: as many as one request may carry, or as have come in the time allowed."""

from dataclasses import dataclass

from serverless_init.logs.serialize import LogEncoder
from serverless_init.logs.stats import LogsStats
from serverless_init.model import LogMessage


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """The limits of one batch: messages, bytes of their encoded form, seconds of waiting."""

    messages_max: int = 1000
    bytes_max: int = 5_000_000
    wait_s: float = 5.0
    hostname: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded messages in order, never none; the lines they stand for; when the last one was read.

    `size` is the sum of the items, without what joins them.
    """

    items: tuple[bytes, ...]
    size: int
    lines: int
    last_timestamp_ms: int


class Batcher:
    """Messages, as `encoder` writes them, in order to batches in order. Times are unix seconds."""

    def __init__(self, options: BatchOptions, *, stats: LogsStats | None = None) -> None:
        self.stats = stats or LogsStats()
        self._options = options
        self.encoder = LogEncoder(options.hostname)
        self._encode = self.encoder.encode
        self._items: list[bytes] = []
        self._size = self._lines = self._last_timestamp_ms = 0
        self._opened_at = 0.0

    @property
    def held(self) -> int:
        """Lines in the open batch."""
        return self._lines

    def add(self, message: LogMessage, now: float) -> list[Batch]:
        """Take `message`; the batches that this completes, usually none.

        A message whose encoded form alone is larger than a batch is dropped as ``log_too_big``.
        """
        item = self._encode(message)
        size = len(item)
        done: list[Batch] = []
        if self._size + size > self._options.bytes_max:
            if size > self._options.bytes_max:
                self.stats.drop("log_too_big", message.lines)
                return done
            done = self.flush()
        items = self._items
        if not items:
            self._opened_at = now
        items.append(item)
        self._size += size
        self._lines += message.lines
        self._last_timestamp_ms = message.timestamp_ms
        return done + self.flush() if len(items) == self._options.messages_max else done

    def flush(self) -> list[Batch]:
        """The open batch; none when it is empty."""
        if not self._items:
            return []
        batch = Batch(tuple(self._items), self._size, self._lines, self._last_timestamp_ms)
        self._items = []
        self._size = self._lines = 0
        return [batch]

    def due_at(self) -> float | None:
        """When the open batch has waited long enough; `flush` it then."""
        return self._opened_at + self._options.wait_s if self._items else None
