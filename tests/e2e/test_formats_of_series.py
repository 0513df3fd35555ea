"""Whatever the format, compression and number of intakes, the same arrives."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serverless_init.intake import Snapshot
from serverless_init.testing import IntakeThread

KEY = "0" * 32

PROGRAM = """
import os, socket
to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
to.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
for line in (
    *(f"orders:{n}|c|#shop:{n % 3}" for n in range(30)),
    "temperature:-1.5|g|#room:a,device:sda",
    "huge:1e300|g",
    "tiny:0.1|g",
    "nothing:0|g",
    *("wait:2.25|ms|#q:x" for n in range(20)),
    *(f"latency:{n}|d|#env:prod" for n in range(50)),
    "users:ann|s\\nusers:bob|s",
    "then:7|g|T1600000000",
    "_e{4,4}:open|shop|t:success|s:nagios",
    "_sc|db.up|1|m:slow",
):
    to.send(line.encode())
"""

FORMATS: dict[str, tuple[dict[str, str], set[str]]] = {
    "v1": ({"DD_USE_V2_API_SERIES": "false"}, {"/api/v1/series", "/api/beta/sketches"}),
    "v2": ({}, {"/api/v2/series", "/api/beta/sketches"}),
    "v3": (
        {"DD_USE_V3_API_SERIES_ENABLED": "true"},
        {"/api/intake/metrics/v3/series", "/api/beta/sketches"},
    ),
    "v3 with distributions": (
        {
            "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SERIES_ENDPOINTS": "{url}",
            "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SKETCHES_ENDPOINTS": "{url}",
            "DD_SERIALIZER_COMPRESSOR_KIND": "gzip",
        },
        {"/api/intake/metrics/v3/series", "/api/intake/metrics/v3/sketches"},
    ),
    "v2 by zlib": (
        {"DD_USE_V3_API_SERIES_ENABLED": "true", "DD_SERIALIZER_COMPRESSOR_KIND": "zlib"},
        {"/api/v2/series", "/api/beta/sketches"},
    ),
}


def meaning(snapshot: Snapshot) -> dict[str, Any]:
    """What arrived, without what depends on the second in which it was sent.

    The end of a window may lie between two samples: then a rate has two points, of which the sum
    counts, and so may have a gauge that never changes.
    """
    return {
        "series": {
            (view.metric, view.kind, view.tags, view.resources, view.interval_s): (
                view.last if view.kind == "gauge" else view.total
            )
            for view in snapshot.series
        },
        "distributions": {
            (view.metric, view.tags): (view.whole.count, view.whole.minimum, view.whole.maximum,
                                       view.whole.total, view.whole.average)
            for view in snapshot.distributions
        },
        "events": [(event.title, event.source_type) for event in snapshot.events],
        "checks": [(check.name, check.status, check.message) for check in snapshot.checks],
        "at": [view.points for view in snapshot.series if view.metric == "then"],
    }  # fmt: skip


def receipt(done: Any) -> dict[str, Any]:
    found = [line for line in done.stderr.splitlines() if line.startswith("{")]
    assert len(found) == 1, done.stderr
    return dict(json.loads(found[0]))


def test_every_format_brings_the_same(run: Callable[..., Any]) -> None:
    brought = {}
    for name, (env, routes) in FORMATS.items():
        with IntakeThread() as intake:
            settings = {key: value.format(url=intake.url) for key, value in env.items()}
            settings |= {
                "DD_API_KEY": KEY,
                "DD_DD_URL": intake.url,
                "DD_SERVERLESS_RECEIPT": "json",
            }
            done = run(sys.executable, "-c", PROGRAM, env=settings)
            snapshot = intake.snapshot()
        account = receipt(done)
        assert (account["accepted"], account["delivered"]) == (109, 109), done.stderr
        assert set(snapshot.totals.routes) == {*routes, "/intake/", "/api/v1/check_run"}
        assert all(not route.refused for route in snapshot.totals.routes.values())
        brought[name] = meaning(snapshot)
    v2 = brought["v2"]
    assert v2["series"]["temperature", "gauge", ("room:a",), (("device", "sda"),), 10] == -1.5
    assert v2["series"]["huge", "gauge", (), (), 10] == 1e300
    assert v2["distributions"]["latency", ("env:prod",)] == (50, 0.0, 49.0, 1225.0, 24.5)
    assert v2["at"] == [((1_600_000_000, 7.0),)]
    for name, found in brought.items():
        assert found == v2, name


def test_each_intake_gets_the_format_that_a_file_gives_its_url(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    with IntakeThread() as main, IntakeThread() as other:
        lines = (
            "use_v3_api:",
            "  series:",
            "    enabled: true",
            "    endpoints:",
            f"      {other.url}: false",
        )
        (tmp_path / "datadog.yaml").write_text("\n".join(lines))
        env = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": f"{main.url}/",
            "DD_ADDITIONAL_ENDPOINTS": json.dumps({other.url: [KEY]}),
            "DD_SERVERLESS_RECEIPT": "json",
        }
        done = run(sys.executable, "-c", PROGRAM, env=env)
        snapshots = [intake.snapshot() for intake in (main, other)]
    routes = [
        {route for route in snapshot.totals.routes if "series" in route} for snapshot in snapshots
    ]
    assert routes == [{"/api/intake/metrics/v3/series"}, {"/api/v2/series"}]
    assert meaning(snapshots[0]) == meaning(snapshots[1])
    account = receipt(done)
    assert (account["accepted"], account["delivered"], account["balanced"]) == (109, 109, True)
    (elsewhere,) = account["elsewhere"].values()
    assert elsewhere == {"accepted": 109, "delivered": 109, "dropped": {}, "held": 0}


# Gauges whose names are so long that some of them fit one format's payload and not the other's.
LONG_NAMES = """
import os, socket
to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
to.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
for length in range(850, 1050):
    to.send(b"m" * length + b":1|g")
"""


def test_what_only_a_further_intake_loses_stands_in_its_account(run: Callable[..., Any]) -> None:
    with IntakeThread() as main, IntakeThread() as other:
        env = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": main.url,
            "DD_ADDITIONAL_ENDPOINTS": json.dumps({other.url: [KEY]}),
            "DD_USE_V3_API_SERIES_ENDPOINTS": json.dumps({other.url: "true"}),
            "DD_SERIALIZER_COMPRESSOR_KIND": "none",
            "DD_SERIALIZER_MAX_SERIES_UNCOMPRESSED_PAYLOAD_SIZE": "1024",
            "DD_SERVERLESS_RECEIPT": "json",
        }
        account = receipt(run(sys.executable, "-c", LONG_NAMES, env=env))
        arrived = [len(intake.snapshot().series) for intake in (main, other)]
    (elsewhere,) = account["elsewhere"].values()
    assert account["balanced"]
    assert account["accepted"] == elsewhere["accepted"] == 200
    assert [account["delivered"], elsewhere["delivered"]] == arrived
    assert account["dropped"] == {"too_big": 200 - arrived[0]}
    assert elsewhere["dropped"] == {"too_big": 200 - arrived[1]}
    assert arrived[0] != arrived[1]


def test_what_is_off_or_not_possible_is_said_in_one_line_each(run: Callable[..., Any]) -> None:
    with IntakeThread() as intake:
        env = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": intake.url,
            "DD_USE_V3_API_SERIES_ENABLED": "true",
            "DD_SERIALIZER_COMPRESSOR_KIND": "zlib",
            "DD_ENABLE_PAYLOADS_EVENTS": "false",
            "DD_LOG_LEVEL": "info",
            "DD_SERVERLESS_RECEIPT": "json",
        }
        done = run(sys.executable, "-c", PROGRAM, env=env)
    assert receipt(done)["dropped"] == {"disabled:events": 1}
    assert done.stderr.count("payloads are compressed with zlib, so nothing is sent as v3") == 1
    said = "enable_payloads.events is off: all of them are dropped, as disabled:events"
    assert done.stderr.count(said) == 1


# A process in which zstandard cannot be imported, as where it is not installed.
WITHOUT_ZSTANDARD = """
import logging, sys
sys.modules["zstandard"] = None
from serverless_init.clock import SystemClock
from serverless_init.config import load
from serverless_init.intakes import open_outlet
from serverless_init.pipeline import Pipeline
from serverless_init.platforms import LOCAL, Place, TagSets
from serverless_init.reception import Reception
logging.basicConfig(format="%(message)s")
configuration = load({"DD_USE_V3_API_SERIES_ENABLED": "true"})
pipeline = Pipeline(
    configuration,
    reception=Reception(packet_bytes_max=100, bytes_max=1000),
    endpoints=(),
    outlet=open_outlet(configuration, ()),
    place=Place(LOCAL, TagSets()),
    clock=SystemClock(),
)
print(pipeline.serializer.content_encoding)
"""


@pytest.mark.parametrize(
    ("removed", "encoding"),
    [("zstandard", "deflate"), ("zlib", "identity")],
)
def test_a_compression_that_is_not_installed_is_replaced_and_said(
    removed: str, encoding: str
) -> None:
    program = WITHOUT_ZSTANDARD.replace(
        '["zstandard"] = None', '["zstandard"] = sys.modules["zlib"] = None'
    )
    if removed == "zstandard":
        program = WITHOUT_ZSTANDARD
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == encoding
    assert done.stderr.splitlines() == [
        "serializer_compressor_kind is zstd, which is not installed: payloads are sent as "
        f"{encoding}"
    ]
