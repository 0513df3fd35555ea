"""The trace agent's HTTP interface: every route that tracers use, and the answers they expect.

Traces and statistics are taken; what belongs to other products is passed on (see `passing`); lines
for DogStatsD go to ours. Only a few requests with traces are worked on at a time, for what is taken
apart takes many times the memory of its bytes. A large one is worked on in slices, and read away
from the loop, so that everything else goes on.

Imported with the first request: nobody else pays for what only traces need.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from serverless_init import __version__
from serverless_init.clock import Clock
from serverless_init.errors import RequestRefused, Undecodable
from serverless_init.model import TracerPayload
from serverless_init.traces import answers
from serverless_init.traces.decode import decode_client_stats
from serverless_init.traces.info import Info
from serverless_init.traces.ingest import Ingest
from serverless_init.traces.pipeline import Sender
from serverless_init.traces.proxies import Proxies
from serverless_init.traces.requests import is_true, payload_of, sender_of
from serverless_init.traces.stats import ReceiverStats
from serverless_init.wire import Request, Response, decode_aside, in_slices, inflate

_WITHOUT_RATES = frozenset(("/spans", "/v0.1/spans", "/v0.2/traces", "/v0.3/traces"))
_TRACES = _WITHOUT_RATES | {"/v0.4/traces", "/v0.5/traces", "/v0.7/traces", "/v1.0/traces"}
_STATISTICS = "/v0.6/stats"
# What is refused here is missing from an account; other products have none.
_COUNTED = _TRACES | {_STATISTICS}
_SERVICES = frozenset(("/services", *(f"/v0.{version}/services" for version in range(1, 5))))
_STATSD = frozenset(("/dogstatsd/v1/proxy", "/dogstatsd/v2/proxy"))
_SLICE_S = 0.005
_OFFLOADED_BYTES_MIN = 131_072
_WAIT_S_MAX = 1.0
_aside = partial(decode_aside, bytes_min=_OFFLOADED_BYTES_MIN, name="traces decode")


@dataclass(frozen=True, slots=True)
class ReceiverOptions:
    """`body_bytes_max` counts before and after decompression. `info` is what tracers learn of us.

    `statsd` takes packets of DogStatsD, None when that is off.
    """

    body_bytes_max: int
    info: Info
    statsd: Callable[[list[bytes]], None] | None = None
    concurrency: int = max(1, (os.cpu_count() or 1) // 2)


class Receiver:
    """Answers one request after the other; `flush` and the accounts are those of `ingest`."""

    def __init__(
        self,
        options: ReceiverOptions,
        *,
        ingest: Ingest,
        proxies: Proxies,
        stats: ReceiverStats,
        clock: Clock,
    ) -> None:
        self.ingest = ingest
        self.proxies = proxies
        self._options = options
        self._stats = stats
        self._clock = clock
        self._slots = asyncio.Semaphore(options.concurrency)
        self._about = (
            ("Datadog-Agent-Version", __version__),
            ("Datadog-Agent-State", options.info.state),
        )
        self._routes: Mapping[str, Callable[[Request], Response]] = {
            **dict.fromkeys(_SERVICES, lambda _: answers.said_ok()),
            **dict.fromkeys(_STATSD, self._statsd),
        }

    async def answer(self, request: Request) -> Response:
        """The response to `request`; refused traces and statistics are counted."""
        if request.path == "/info":
            return Response(200, self._options.info.body)
        try:
            response = await self._answer(request)
        except Undecodable as error:
            response = self._refusal(request, 400, str(error))
        except RequestRefused as refused:
            response = self._refusal(request, refused.status, str(refused))
        return replace(response, headers=(*response.headers, *self._about))

    async def take(self, payload: TracerPayload, *, is_counted: bool, is_marked: bool) -> None:
        """Work `payload` through, which came another way; it waits for its turn like a request."""
        async with self._slots:
            sender = Sender(computes_stats=is_counted, computes_top_level=is_marked)
            await self._work_through(payload, sender)

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-site") == "cross-site":
            return answers.refusal(403, "cross-site request rejected")
        path = request.path
        if path in _TRACES:
            return await self._traces(request)
        if path == _STATISTICS:
            return await self._statistics(request)
        if path in self._routes:
            return self._routes[path](request)
        if self.proxies.takes(path):
            return await self.proxies.answer(request)
        return answers.refusal(404, "404 page not found")

    async def _traces(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(_WAIT_S_MAX):
                await self._slots.acquire()
        except TimeoutError:
            return self._overloaded(request)
        try:
            payload = await self._decoded(request)
            await self._work_through(payload, sender_of(request.headers))
        finally:
            self._slots.release()
        return self._told(request)

    async def _decoded(self, request: Request) -> TracerPayload:
        return await _aside(
            lambda: payload_of(request.path, request.headers, self._plain(request)),
            len(request.body),
        )

    async def _work_through(self, payload: TracerPayload, sender: Sender) -> None:
        """When this is cancelled, what has not been worked through is dropped and counted."""
        with closing(self.ingest.traces(payload, sender, self._clock.now())) as steps:
            async for _ in in_slices(steps, _SLICE_S, self._clock):
                continue

    async def _statistics(self, request: Request) -> Response:
        payload = await _aside(lambda: decode_client_stats(self._plain(request)), len(request.body))
        self._stats.stats_payloads += 1
        self.ingest.statistics(payload, request.headers, self._clock.now())
        return Response(200, content_type="text/plain; charset=utf-8")

    def _statsd(self, request: Request) -> Response:
        """Lines as if each had come as a packet of its own."""
        if self._options.statsd is None:
            return answers.refusal(503, "503 Status Unavailable")
        self._options.statsd([line for line in self._plain(request).split(b"\n") if line])
        return Response(200, content_type="text/plain; charset=utf-8")

    def _plain(self, request: Request) -> bytes:
        encoding = request.headers.get("content-encoding", "")
        return inflate(request.body, encoding, bytes_max=self._options.body_bytes_max)

    def _overloaded(self, request: Request) -> Response:
        """A tracer that does not say that it understands 429 is told that all is well."""
        self._stats.refuse(429)
        if is_true(request.headers, "datadog-send-real-http-status"):
            return replace(self._told(request), status=429)
        return self._told(request)

    def _told(self, request: Request) -> Response:
        if request.path in _WITHOUT_RATES:
            return answers.said_ok()
        known = request.headers.get(answers.RATES_VERSION.lower(), "")
        return answers.rates(self.ingest.rates, known)

    def _refusal(self, request: Request, status: int, why: str) -> Response:
        if request.path in _COUNTED:
            self._stats.refuse(status)
        return answers.refusal(status, why)
