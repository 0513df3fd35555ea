"""The same requests to us and to datadog-serverless-compat: what both make of them is equal.

It is another implementation of the trace agent, run as its package brings it. Where the two differ
is listed here, and why in docs/protocol/traces.md.
"""

import http.client
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datadog_serverless_compat
import msgpack

from serverless_init.intake.received_traces import ReceivedSpan
from serverless_init.testing import IntakeThread, free_port, is_listening, wait_until

PEER = Path(datadog_serverless_compat.__file__).parent / "bin/linux-amd64/datadog-serverless-compat"
OURS = Path(sys.executable).with_name("serverless-init")
RECORDED = Path(__file__).parents[1] / "vectors" / "traces" / "recorded"
PATIENCE_S = 30.0
SEED = 20_261_126

KINDS = {
    "web": "GET /carts/{}",
    "http": "GET /stock/{}",
    "sql": "SELECT * FROM carts WHERE id = {} AND name = 'x' LIMIT 5",
    "redis": "SET cart:{} full",
    "custom": "step {}",
    "": "something {}",
}
SERVICES = ["shop"] * 8 + ["Über Shop!", "UPPER case", "x" * 120]
NAMES = ["op"] * 8 + ["  weird name!", "a.b_c-d", "1st", ""]

# What only one of the two says, because it is somewhere else or somebody else.
OF_THE_PLACE = {"_dd.origin", "asa.name", "origin"}
# The peer gives rates to tracers that are always 1, and puts none of them on spans.
OF_SAMPLING = {"_sampling_priority_rate_v1"}


@contextmanager
def running(command: list[str], settings: dict[str, str], port: int) -> Iterator[None]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DD_")}
    common = {
        "DD_API_KEY": "0123456789abcdef0123456789abcdef",
        "DD_APM_RECEIVER_PORT": str(port),
        "DD_DOGSTATSD_PORT": str(port),
    }
    process = subprocess.Popen(
        command,
        env={**kept, **common, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def generated() -> bytes:
    """Traces of one to five spans, some of which need to be put right."""
    chance, now = random.Random(SEED), time.time_ns() - 10**9
    traces = []
    for number in range(100):
        trace_id = chance.getrandbits(63)
        ids = [chance.getrandbits(63) for _ in range(chance.randrange(1, 6))]
        traces.append(
            [
                one(chance, number, now, trace_id, span_id, parent_id)
                for span_id, parent_id in zip(ids, [0, *ids], strict=False)
            ]
        )
    return bytes(msgpack.packb(traces))


def one(
    chance: random.Random, number: int, now: int, trace_id: int, span_id: int, parent_id: int
) -> dict[str, Any]:
    kind = chance.choice(list(KINDS))
    return {
        "service": chance.choice(SERVICES),
        "name": chance.choice(NAMES),
        "resource": KINDS[kind].format(number),
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": parent_id,
        "start": now + chance.randrange(10**6),
        "duration": chance.randrange(10**9),
        "error": int(chance.random() < 0.2),
        "meta": {"key": f"value {number}", "http.url": f"http://user:pw@host.example/{number}?q=1"},
        "metrics": {"_sampling_priority_v1": chance.choice([1, 2]), "weight": chance.random()},
        "type": kind,
    }


def sent_by(command: list[str], settings: dict[str, str], bodies: list[bytes]) -> set[Any]:
    """What arrives when `bodies` are sent to a program."""
    port = free_port()
    with IntakeThread() as intake:
        url = {"DD_APM_DD_URL": intake.url, "DD_APM_PROFILING_DD_URL": intake.url}
        with running(command, {**url, **settings}, port):
            wait_until(lambda: is_listening(port), PATIENCE_S)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            for body in bodies:
                connection.request("PUT", "/v0.4/traces", body, HEADERS)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
            connection.close()
            expected = sum(map(spans_in, bodies))
            intake.wait_until(lambda store: len(store.spans) >= expected, PATIENCE_S)
        return {common(span) for span in intake.snapshot().spans if span.name != "dns.lookup"}


HEADERS = {
    "Content-Type": "application/msgpack",
    "Datadog-Meta-Lang": "python",
    "Datadog-Meta-Tracer-Version": "4.16",
}


def spans_in(body: bytes) -> int:
    """Without lookups of local names, which the trace agent leaves out, and the peer does not."""
    spans = [span for trace in msgpack.unpackb(body) for span in trace]
    return sum(span["name"] != "dns.lookup" for span in spans)


def common(span: ReceivedSpan) -> Any:
    """A span without what the two are known to differ in."""
    left_out = OF_THE_PLACE | OF_SAMPLING
    return (
        span.service,
        # The peer leaves the underscore before a dot that the Agent's rule for names takes away.
        span.name.replace("_.", "."),
        span.resource,
        (span.trace_id, span.span_id, span.parent_id),
        (span.start_ns, span.duration_ns, span.error, span.type),
        tuple(sorted((key, value) for key, value in span.meta.items() if key not in left_out)),
        tuple(sorted((key, value) for key, value in span.metrics.items() if key not in left_out)),
        tuple(sorted(span.meta_struct.items())),
        span.links,
        span.events,
        (span.chunk.priority, span.chunk.dropped),
        (span.tracer.language, span.tracer.tracer_version, span.tracer.env),
    )


def test_generated_and_recorded_traces_come_out_equal(tmp_path: Path) -> None:
    peer = shutil.copy(PEER, tmp_path / "peer")
    os.chmod(peer, 0o700)
    bodies = [generated(), *(path.read_bytes() for path in sorted(RECORDED.iterdir()))]
    # The identity of an Azure Spring app, which needs no metadata server.
    place = {"ASCSVCRT_SPRING__APPLICATION__NAME": "peer", "DD_SITE": ".0.1:1"}
    theirs = sent_by([str(peer)], place, bodies)
    ours = sent_by([str(OURS)], {"DD_DD_URL": "http://127.0.0.1:9"}, bodies)
    assert ours == theirs
