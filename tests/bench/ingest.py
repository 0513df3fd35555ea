"""What one message costs: inside the sampler by shape, and the whole process under UDP load."""

import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.messages import (
    MESSAGES_PER_PACKET,
    mixed,
    packets,
    shapes,
    write_packets,
)
from tests.bench.programs import (
    SCRIPT,
    Program,
    build_app,
    environment,
    local_intake,
)

from serverless_init.sampler import (
    EnrichmentRules,
    NameFilter,
    SamplerOptions,
    TimeSampler,
    mapper,
)
from serverless_init.testing import free_port

_NOW = 1_700_000_000.0
_ROUNDS, _PACKETS = 21, 400
_LOAD_ROUNDS, _LOAD_S, _LOAD_PACKETS_PER_S, _LOAD_CONTEXTS = 3, 5, 20_000, 500


def measure() -> Iterator[Figure]:
    """Nanoseconds a message in `TimeSampler.ingest`; CPU nanoseconds of the process under load."""
    yield from _by_shape()
    yield from _by_rule()
    yield from _under_load()


def _by_shape() -> Iterator[Figure]:
    feeds = {
        name: [b"\n".join([message] * MESSAGES_PER_PACKET)] * _PACKETS
        for name, message in shapes().items()
    }
    all_kinds = mixed(_PACKETS * MESSAGES_PER_PACKET, _LOAD_CONTEXTS)
    feeds[f"all kinds, {_LOAD_CONTEXTS} contexts"] = list(packets(all_kinds))
    samplers = {name: TimeSampler(SamplerOptions()) for name in feeds}
    took: dict[str, list[float]] = defaultdict(list)
    for warm in [False] + [True] * _ROUNDS:
        for name, feed in feeds.items():
            ns = _ingest_ns(samplers[name].ingest, feed)
            if warm:
                took[name].append(ns)
    for name, sampler in samplers.items():
        expected = (_ROUNDS + 1) * _PACKETS * MESSAGES_PER_PACKET
        values = 8 if "8 values" in name else 1
        assert sampler.held_samples() == expected * values, f"{name}: not what was meant"
    for name, samples in took.items():
        yield Figure(f"ingest: {name}", "ns/message", tuple(samples))


def _by_rule() -> Iterator[Figure]:
    """The same message, known, under rules of enrichment."""
    message = shapes()["histogram, 2 tags"]
    packet = b"\n".join([message] * MESSAGES_PER_PACKET)
    mappings = [{"match": "shop.*.size", "name": "size", "tags": {"of": "$1"}}]
    profiles = mapper([{"name": "p", "prefix": "*", "mappings": mappings}], cache_size=1000)
    rules = {
        "no rules": EnrichmentRules(),
        "mapped and in a namespace": EnrichmentRules(map_name=profiles.map, namespace=b"ns."),
        "unwanted": EnrichmentRules(names=NameFilter([b"shop.basket.size"])),
        "copied as a distribution": EnrichmentRules(copy_prefix=b"dist."),
        "from a container": EnrichmentRules(),
    }
    samplers = {name: TimeSampler(SamplerOptions(enrichment=r)) for name, r in rules.items()}
    took: dict[str, list[float]] = defaultdict(list)
    for warm in [False] + [True] * _ROUNDS:
        for name, sampler in samplers.items():
            ingest = sampler.ingest
            if name == "from a container":
                ingest = partial(sampler.ingest_from, container=b"0" * 64)
            ns = _ingest_ns(ingest, [packet] * _PACKETS)
            if warm:
                took[name].append(ns)
    for name, samples in took.items():
        yield Figure(f"ingest: histogram, {name}", "ns/message", tuple(samples))


def _ingest_ns(ingest: Callable[[bytes, float], object], feed: list[bytes]) -> float:
    began = time.perf_counter_ns()
    for packet in feed:
        ingest(packet, _NOW)
    return (time.perf_counter_ns() - began) / (len(feed) * MESSAGES_PER_PACKET)


def _under_load() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, local_intake() as url:
        app = build_app(Path(folder))
        file = Path(folder, "load.packets")
        write_packets(file, mixed(4_000 * MESSAGES_PER_PACKET, _LOAD_CONTEXTS))
        runs = [_load(app, str(file), url) for _ in range(_LOAD_ROUNDS)]
    rate = f"{_LOAD_PACKETS_PER_S:,} UDP packets/s of {MESSAGES_PER_PACKET}"
    cpu_ns, cores, lost = zip(*runs, strict=True)
    yield Figure(f"whole process: {rate}", "CPU ns/message", cpu_ns)
    yield Figure(f"whole process: {rate}", "cores", cores)
    yield Figure(f"dropped by the kernel: {rate}", "of 1,000 packets", lost)


def _load(app: str, file: str, url: str) -> tuple[float, float, float]:
    """CPU ns per message, cores in use, and how many of 1,000 packets the kernel dropped."""
    port, sent = free_port(), _LOAD_S * _LOAD_PACKETS_PER_S
    environ = environment(port, dd_url=url, serverless_receipt="json")
    with Program([SCRIPT, app, "wait"], environ) as program:
        time.sleep(1.0)
        before_s, began = program.cpu_s(), time.monotonic()
        load = [app, "send", str(port), file, str(sent), str(_LOAD_PACKETS_PER_S), "0"]
        with Program(load, os.environ) as sender:
            took_s = sender.wait() / 1e9 - began
        time.sleep(0.5)  # what waits in the backlog is ingested
        cpu_s = program.cpu_s() - before_s
        program.terminate()
        receipt = json.loads(program.stderr.read())
    lost = receipt["kernel_drops"] or 0
    expected = (sent - lost) * MESSAGES_PER_PACKET
    assert receipt["delivered"] == expected, f"not the run that was meant: {receipt}"
    return (
        cpu_s * 1e9 / receipt["accepted"],
        cpu_s / took_s,
        lost * 1000 / sent,
    )
