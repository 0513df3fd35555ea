"""Lanes: what keeps the order of a source while several requests are under way.

Every source belongs to one lane, for good. A lane's messages share batches, its payloads share an
endpoint name, and delivery has at most one request of an endpoint under way and tries an older one
again before a younger one for the first time. So no retry reorders a source, and there are never
more connections than lanes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from serverless_init.logs.batch import Batch, Batcher, BatchOptions
from serverless_init.logs.serialize import payload_of
from serverless_init.logs.stats import LogsStats
from serverless_init.model import LOGS_V2, Endpoint, LogMessage, PayloadSink
from serverless_init.wire import Codec

LANES = tuple(Endpoint(f"{LOGS_V2.name}_{n}", LOGS_V2.route) for n in (1, 2, 3))

# What is read from files meanwhile would only wait in memory.
_PAYLOADS_ON_THEIR_WAY_MAX = 4


@dataclass(frozen=True, slots=True)
class LaneOptions:
    """What the payloads of all lanes have in common."""

    batch: BatchOptions
    codec: Codec
    headers: tuple[tuple[str, str], ...] = ()


class Settled(NamedTuple):
    """What delivery has done so far with a lane's payloads."""

    lines_delivered: int = 0
    lines_dropped: int = 0
    payloads: int = 0


class Lane:
    """One lane. Times are unix seconds. `settled` asks delivery how far it is with this lane."""

    def __init__(
        self,
        endpoint: Endpoint,
        options: LaneOptions,
        *,
        out: PayloadSink,
        stats: LogsStats,
        settled: Callable[[str], Settled],
    ) -> None:
        self._endpoint = endpoint
        self._options = options
        self._out = out
        self._batcher = Batcher(options.batch, stats=stats)
        self._settled = settled
        self.lines_submitted = 0
        self.payloads_submitted = 0

    @property
    def settled(self) -> Settled:
        """How far delivery is."""
        return self._settled(self._endpoint.name)

    @property
    def has_room(self) -> bool:
        """Whether a source that can wait should go on: few payloads are on their way."""
        return self.payloads_submitted - self.settled.payloads < _PAYLOADS_ON_THEIR_WAY_MAX

    @property
    def held(self) -> int:
        """Lines in the open batch."""
        return self._batcher.held

    def add(self, messages: Iterable[LogMessage], now: float) -> None:
        """Take `messages` and pass on every batch that they complete."""
        for message in messages:
            for batch in self._batcher.add(message, now):
                self._submit(batch, now)

    def tag(self, tags: tuple[str, ...]) -> None:
        """See `LogEncoder.tag`."""
        self._batcher.encoder.tag(tags)

    def flush(self, now: float) -> None:
        """Pass on the open batch."""
        for batch in self._batcher.flush():
            self._submit(batch, now)

    def due_at(self) -> float | None:
        """When the open batch has waited long enough."""
        return self._batcher.due_at()

    def _submit(self, batch: Batch, now: float) -> None:
        headers = (
            *self._options.headers,
            ("dd-message-timestamp", str(batch.last_timestamp_ms)),
            ("dd-current-timestamp", str(int(now * 1000))),
        )
        payload = payload_of(batch, self._options.codec)
        self.lines_submitted += batch.lines
        self.payloads_submitted += 1
        self._out.submit(replace(payload, endpoint=self._endpoint, headers=headers))
