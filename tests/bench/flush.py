"""What a flush costs: from closed buckets to compressed payloads, 10 tags to a context."""

import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.messages import counters, packets

from serverless_init.config import SerializerSettings
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.serializer import Serializer, dogstatsd_origin
from serverless_init.wire import choose_codec

_ROUNDS = 7
_TAGS = 10
_CONTEXTS = (1_000, 10_000, 50_000)
_NOW = 1_700_000_000.0
_WINDOW_S = 10.0


def measure() -> Iterator[Figure]:
    """Milliseconds a flush of counters, or of distributions, takes in all, and what comes out."""
    for kind in (b"c", b"d"):
        for contexts in _CONTEXTS:
            yield from _flushes(contexts, kind)


def _flushes(contexts: int, kind: bytes) -> Iterator[Figure]:
    settings = SerializerSettings()
    codec = choose_codec(settings.compressor_kind, zstd_level=settings.zstd_level)
    origin = dogstatsd_origin("")
    serializer = Serializer(settings, codec=codec, origin=origin, hostname=b"")
    sampler = TimeSampler(SamplerOptions())
    feed = [
        packet.replace(b"|c|", b"|" + kind + b"|") for packet in packets(counters(contexts, _TAGS))
    ]
    took_ms, payload_bytes = [], 0
    for number in range(_ROUNDS):
        now = _NOW + number * _WINDOW_S
        for packet in feed:
            sampler.ingest(packet, now)
        began = time.perf_counter_ns()
        flushed = sampler.flush(now + _WINDOW_S, force=False)
        payloads = [*serializer.series(flushed.series), *serializer.sketches(flushed.sketches)]
        took_ms.append((time.perf_counter_ns() - began) / 1e6)
        assert sum(payload.points for payload in payloads) == contexts, "each context once"
        payload_bytes = sum(len(payload.body) for payload in payloads)
    what = f"{contexts:,} {'counters' if kind == b'c' else 'distributions'}"
    yield Figure(f"flush of {what}", "ms", tuple(took_ms))
    yield Figure(f"flush of {what}", "us/context", tuple(ms * 1e3 / contexts for ms in took_ms))
    yield Figure(f"flush of {what}", "bytes/context", (payload_bytes / contexts,))
