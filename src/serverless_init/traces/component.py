"""The component: a server for tracers from the start, everything behind it from the first request.

Most programs send no traces. So until one does there is only a socket; what answers it is loaded,
away from the loop, when the first request comes, which waits for it.

At the end requests that have begun are answered, then everything passes on, the statistics of
buckets that are not over included: their rest, if any, comes with the next and adds up.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.config import TraceDeliverySettings
from serverless_init.lifecycle import Drained
from serverless_init.model import TracerPayload
from serverless_init.traces.options import TracesOptions, server_limits
from serverless_init.traces.stats import ReceiverStats
from serverless_init.wire import HttpServer, LoadedOnce, Request, Response, refusals_by_reason

if TYPE_CHECKING:
    from serverless_init.traces.receiver import Receiver

_log = logging.getLogger("serverless_init.traces")

_FLUSH_S = 3.0
_STOP_S = 3.0
_SERVER_SHARE = 0.7
_PROXIES_S_MAX = 1.0


class Traces:
    """Listens on `sockets`. Its downstream are the sinks among the `options`."""

    name = "traces"

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        options: TracesOptions,
        *,
        clock: Clock,
    ) -> None:
        self.stats = ReceiverStats()
        self._server = HttpServer(self._answer, limits=server_limits(options.configuration))
        for bound in sockets:
            self._server.take(bound)
        delivery = options.configuration.of(TraceDeliverySettings)
        self._stop_timeout_s = delivery.stop_timeout_s or _STOP_S
        self._options = options
        self._clock = clock
        self._receiver: LoadedOnce[Receiver] = LoadedOnce(self._load, name="traces load")
        self._ticks: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Accept, and pass on every three seconds."""
        await self._server.start()
        self._ticks = asyncio.create_task(self._flush_regularly(), name="traces.flush")
        if self._options.last:
            self._receiver.begin()

    def flush(self, *, force: bool = False) -> None:
        """Pass on what waits; with `force` the statistics of buckets that are not over too."""
        if self._receiver.value:
            self._receiver.value.ingest.flush(self._clock.now(), force=force)

    async def submit(
        self, payload: TracerPayload, *, is_counted: bool, is_marked: bool = False
    ) -> None:
        """Take what another receiver has read: see `model.SpanSink`."""
        receiver = self._receiver.value or await self._receiver.get()
        await receiver.take(payload, is_counted=is_counted, is_marked=is_marked)

    async def drain(self, deadline: float) -> Drained:
        """Answer what has begun, pass everything on."""
        deadline = min(deadline, self._clock.monotonic() + self._stop_timeout_s)
        left_s = deadline - self._clock.monotonic()
        late = not await self._server.stop(left_s * _SERVER_SHARE)
        self._stop_ticking()
        if self._options.last:
            receiver = self._receiver.value or await self._receiver.get()
            receiver.ingest.own(self._options.last(), self._clock.now())
        self.flush(force=True)
        if self._receiver.value:
            left_s = deadline - self._clock.monotonic()
            await self._receiver.value.proxies.finish(min(_PROXIES_S_MAX, left_s))
        return replace(self.spans_account(), late=late)

    def spans_account(self) -> Drained:
        """Every span, and every request that could not be read, which counts as one."""
        receiver = self._receiver.value
        spans = receiver.ingest.spans_account() if receiver else Drained()
        refused = self.stats.refused + refusals_by_reason(self._server.stats.refused)
        return replace(
            spans,
            accepted=spans.accepted + refused.total(),
            dropped=Counter(spans.dropped) + refused,
        )

    def groups_account(self) -> Drained:
        """Every group of statistics."""
        receiver = self._receiver.value
        return receiver.ingest.groups_account() if receiver else Drained()

    def close(self) -> None:
        """Stop listening, cut every connection. Idempotent."""
        self._stop_ticking()
        self._server.close()
        if self._receiver.value:
            self._receiver.value.proxies.close()

    async def _answer(self, request: Request) -> Response:
        self.stats.requests += 1
        receiver = self._receiver.value or await self._receiver.get()
        return await receiver.answer(request)

    def _load(self) -> "Receiver":
        from serverless_init.traces.assembly import assemble

        return assemble(self._options, self.stats, self._clock)

    async def _flush_regularly(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_S)
            # Nothing that goes wrong once may end what comes later.
            try:
                self.flush()
            except Exception as error:  # noqa: BLE001
                _log.error("traces cannot be passed on: %r", error, exc_info=True)

    def _stop_ticking(self) -> None:
        if self._ticks:
            self._ticks.cancel()
        self._ticks = None
