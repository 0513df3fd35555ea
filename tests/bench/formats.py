"""What a format of series costs: the same flush as v1, v2 and v3, in bytes and in CPU."""

import time
from collections.abc import Iterator
from typing import Any

from tests.bench.figures import Figure
from tests.bench.messages import counters, packets

from serverless_init.config import SerializerSettings
from serverless_init.model import Serie
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.serializer import Destination, Serializer, dogstatsd_origin
from serverless_init.wire import choose_codec

_ROUNDS = 7
_CONTEXTS = 10_000
_TAGS = 10
_NOW = 1_700_000_000.0
_FORMATS: dict[str, dict[str, Any]] = {
    "v1": {"use_v2_series": False},
    "v2": {},
    "v3": {"v3_series": "true"},
}


def measure() -> Iterator[Figure]:
    """Microseconds of CPU and bytes a series takes in each format, compressed and plain."""
    series = _series()
    for name, settings in _FORMATS.items():
        yield from _serialized(name, series, SerializerSettings(**settings))


def _series() -> list[Serie]:
    sampler = TimeSampler(SamplerOptions())
    for packet in packets(counters(_CONTEXTS, _TAGS)):
        sampler.ingest(packet, _NOW)
    return list(sampler.flush(_NOW + 10, force=False).series)


def _serialized(name: str, series: list[Serie], settings: SerializerSettings) -> Iterator[Figure]:
    took_us, closing_ms, compressed, plain = [], [], 0, 0
    for _ in range(_ROUNDS):
        serializer = Serializer(
            settings,
            codec=choose_codec("zstd"),
            origin=dogstatsd_origin("cloudrun"),
            hostname=b"",
            destinations=[Destination("http://intake")],
        )
        batch = serializer.open_series()
        points, began = 0, time.process_time_ns()
        for serie in series:
            points += sum(payload.points for payload in batch.add(serie))
        closing = time.perf_counter_ns()
        points += sum(payload.points for payload in batch.finish())
        closing_ms.append((time.perf_counter_ns() - closing) / 1e6)
        took_us.append((time.process_time_ns() - began) / 1e3 / len(series))
        assert points == len(series), "each series once"
        compressed = serializer.stats.bytes_compressed
        plain = serializer.stats.bytes_uncompressed
    what = f"{len(series):,} counters as {name}"
    yield Figure(what, "us/series", tuple(took_us))
    yield Figure(f"{what}, closing", "ms", tuple(closing_ms))
    yield Figure(f"{what}, zstd", "bytes/series", (compressed / len(series),))
    yield Figure(f"{what}, plain", "bytes/series", (plain / len(series),))
