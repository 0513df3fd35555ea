"""What one span costs: decoding, processing and encoding, of requests with 100 spans."""

import random
import time
from collections.abc import Iterator

import msgpack
from tests.bench.figures import Figure

from serverless_init.config import (
    ObfuscationSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)
from serverless_init.model import TracerPayload
from serverless_init.traces.build import build_processing
from serverless_init.traces.encode import TraceEncoder
from serverless_init.traces.pipeline import Sender, Surroundings
from serverless_init.traces.twin import decode_v04

_NOW = 1_700_000_000
_TRACES, _SPANS = 20, 5
_ROUNDS, _REQUESTS = 11, 20


def measure() -> Iterator[Figure]:
    """CPU nanoseconds a span of a web application with its queries, v0.4, by step and together."""
    bodies = [_body() for _ in range(_REQUESTS)]
    took: dict[str, list[float]] = {"decode": [], "process": [], "encode": [], "all": []}
    processing = build_processing(
        TraceSettings(),
        SamplingSettings(),
        TraceStatsSettings(),
        ObfuscationSettings(),
        Surroundings("prod", "cloudrun", {"region": "eu"}, "region:eu"),
        _NOW * 10**9,
    )
    encoder, sender = TraceEncoder(), Sender()
    for warm in [False] + [True] * _ROUNDS:
        total = [0, 0, 0]
        for body in bodies:
            began = time.thread_time_ns()
            payload = TracerPayload(language_name="python", chunks=decode_v04(body))
            decoded = time.thread_time_ns()
            list(processing.pipeline.ingest(payload, sender, _NOW))
            processed = time.thread_time_ns()
            parts = list(encoder.encode(payload))
            encoded = time.thread_time_ns()
            assert parts
            total[0] += decoded - began
            total[1] += processed - decoded
            total[2] += encoded - processed
        if warm:
            for name, ns in zip(took, (*total, sum(total)), strict=True):
                took[name].append(ns / (_REQUESTS * _TRACES * _SPANS))
    kept = processing.stats.spans_kept
    assert kept == (_ROUNDS + 1) * _REQUESTS * _TRACES * _SPANS, "not what was meant"
    for name, samples in took.items():
        yield Figure(f"traces: {name}", "CPU ns/span", tuple(samples))


def body_of_now() -> bytes:
    """A request as a tracer sends it now."""
    return _body(time.time_ns())


def _body(now_ns: int = _NOW * 10**9) -> bytes:
    """A request with the traces of a shop: a page, three queries, a template."""
    return bytes(msgpack.packb([_trace(now_ns) for _ in range(_TRACES)]))


def _trace(now_ns: int) -> list[dict[str, object]]:
    trace_id = random.getrandbits(63)
    ids = [random.getrandbits(63) for _ in range(_SPANS)]
    page = _page(random.randrange(10**6))
    parts = [page, _query(1), _query(2), _template(), _query(3)]
    parents = [0, ids[0], ids[0], ids[0], ids[3]]
    return [
        {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_id": parent_id,
            "start": now_ns + random.randrange(10**9),
            "duration": random.randrange(10**7),
            "error": 0,
            **part,
        }
        for span_id, parent_id, part in zip(ids, parents, parts, strict=True)
    ]


def _page(number: int) -> dict[str, object]:
    meta = {
        "env": "prod",
        "version": "1.2.3",
        "runtime-id": "0f0e0d0c0b0a09080706050403020100",
        "language": "python",
        "component": "flask",
        "span.kind": "server",
        "http.method": "GET",
        "http.url": f"http://shop.example.com/cart/{number}?x=1",
        "http.status_code": "200",
        "http.route": "/cart/<int:id>",
        "http.useragent": "Mozilla/5.0 (X11; Linux x86_64)",
        "flask.endpoint": "cart",
        "flask.url_rule": "/cart/<int:id>",
        "flask.version": "3.0.2",
        "_dd.p.dm": "-0",
        "_dd.p.tid": "65a1b2c300000000",
        "_dd.base_service": "shop",
    }
    metrics = {
        "_dd.top_level": 1,
        "_dd.measured": 1,
        "_sampling_priority_v1": 1,
        "_dd.tracer_kr": 1.0,
        "process_id": 17,
        "_dd.agent_psr": 1.0,
    }
    return _span("shop", "flask.request", "GET /cart/<int:id>", "web", meta, metrics)


def _query(number: int) -> dict[str, object]:
    meta = {
        "env": "prod",
        "version": "1.2.3",
        "component": "psycopg",
        "span.kind": "client",
        "db.system": "postgresql",
        "db.name": "shop",
        "db.user": "app",
        "out.host": "db.internal",
        "_dd.base_service": "shop",
        "db.application": "web",
    }
    metrics = {"_dd.measured": 1, "network.destination.port": 5432, "db.row_count": number}
    query = f"SELECT * FROM carts{number} WHERE id = 42 AND user_id = 'x' LIMIT 10"
    return _span("postgres", "postgres.query", query, "sql", meta, metrics)


def _template() -> dict[str, object]:
    meta = {
        "env": "prod",
        "version": "1.2.3",
        "component": "flask",
        "_dd.base_service": "shop",
        "flask.template_name": "cart.html",
    }
    return _span("shop", "flask.render_template", "cart.html", "template", meta, {})


def _span(
    service: str,
    name: str,
    resource: str,
    kind: str,
    meta: dict[str, str],
    metrics: dict[str, float],
) -> dict[str, object]:
    return {
        "service": service,
        "name": name,
        "resource": resource,
        "type": kind,
        "meta": meta,
        "metrics": metrics,
    }
