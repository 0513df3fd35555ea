"""The component on a real port, and a client that says what it is told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any

import msgpack

from serverless_init.bare import whole
from serverless_init.clock import SystemClock
from serverless_init.config import load
from serverless_init.intake.decode_stats import decode_stats
from serverless_init.intake.decode_traces import decode_traces
from serverless_init.intake.received_traces import ReceivedGroup, ReceivedSpan
from serverless_init.lifecycle import Drained
from serverless_init.model import Payload
from serverless_init.reception import bind_tcp
from serverless_init.testing import CollectingSink
from serverless_init.traces import Traces, TracesOptions
from serverless_init.wire import HttpClient, Origin, inflate

PATIENCE_S = 20.0
NOWHERE = Origin("http", "127.0.0.1", 9)


@dataclass(frozen=True)
class Answer:
    """What a client is told."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Place:
    """One running component and its sinks."""

    traces: Traces
    port: int
    spans_sink: CollectingSink = field(default_factory=CollectingSink)
    stats_sink: CollectingSink = field(default_factory=CollectingSink)
    packets: list[bytes] = field(default_factory=list)

    async def ask(self, path: str, body: bytes = b"", method: str = "PUT", **named: str) -> Answer:
        """The answer; header names are given with underscores."""
        headers = {name.replace("_", "-"): value for name, value in named.items()}
        return await asyncio.to_thread(ask, self.port, path, body, method, headers)

    async def put(self, path: str, traces: Any, **named: str) -> Answer:
        """Send `traces` as MessagePack."""
        return await self.ask(
            path, msgpack.packb(traces), **{"content_type": "application/msgpack", **named}
        )

    async def drained(self) -> Drained:
        """The report of a drain that has time."""
        return await self.traces.drain(time.monotonic() + PATIENCE_S)

    @property
    def spans(self) -> list[ReceivedSpan]:
        """What the intake would have understood."""
        return [
            span for body in map(plain, self.spans_sink.payloads) for span in decode_traces(body)
        ]

    @property
    def groups(self) -> list[ReceivedGroup]:
        """The same of statistics."""
        return [
            group for body in map(plain, self.stats_sink.payloads) for group in decode_stats(body)
        ]


def ask(port: int, path: str, body: bytes, method: str, headers: Mapping[str, str]) -> Answer:
    """One request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(), dict(response.getheaders()))
    finally:
        connection.close()


def plain(payload: Payload) -> bytes:
    """A payload's body without its compression."""
    return inflate(payload.body, payload.content_encoding, bytes_max=1 << 30)


@asynccontextmanager
async def serving(
    environ: Mapping[str, str] | None = None,
    *,
    api_key: Callable[[], str] = lambda: "key",
    **options: Any,
) -> AsyncIterator[Place]:
    """The component with settings from `environ`, started."""
    sockets = list(map(whole, bind_tcp("127.0.0.1", 0)))
    client = HttpClient()
    spans_sink, stats_sink, packets = CollectingSink(), CollectingSink(), []
    built = TracesOptions(
        load(dict(environ or {}), yaml_text=None),
        spans=spans_sink,
        statistics=stats_sink,
        client=client,
        api_key=api_key,
        apm=NOWHERE,
        statsd=packets.extend,
    )
    traces = Traces(sockets, replace(built, **options), clock=SystemClock())
    place = Place(traces, sockets[0].getsockname()[1], spans_sink, stats_sink, packets)
    await traces.start()
    try:
        yield place
    finally:
        traces.close()
        client.close()


def span(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A span as tracers send it."""
    return {
        "service": "shop",
        "name": "web.request",
        "resource": "GET /",
        "trace_id": 77,
        "span_id": number,
        "parent_id": 0,
        "start": time.time_ns() - 1_000_000,
        "duration": 1_000_000,
        "error": 0,
        "meta": {},
        "metrics": {"_sampling_priority_v1": 1},
        "type": "web",
        **changes,
    }
