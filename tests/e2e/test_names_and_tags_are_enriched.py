"""What settings say of names, tags and origins shows at the intake."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from serverless_init.testing import IntakeThread

APP = """
import os, socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
for packet in sys.argv[1:]:
    client.send(packet.encode())
"""
KEY = "0123456789abcdef0123456789abcdef"
PROFILES = [
    {
        "name": "jobs",
        "prefix": "job.",
        "mappings": [{"match": "job.*.took", "name": "job.took", "tags": {"job": "$1"}}],
    },
    {"name": "broken", "mappings": []},
]

Outcome = tuple[dict[str, list[str]], dict[str, object], list[str]]


@pytest.fixture
def deliver(run: Callable[..., object]) -> Callable[..., Outcome]:
    """Send packets with settings: tags by metric's name, the receipt, and what was said."""

    def delivered(*packets: str, env: Mapping[str, str]) -> Outcome:
        with IntakeThread() as intake:
            given = {
                "DD_API_KEY": KEY,
                "DD_DD_URL": intake.url,
                "DD_SERVERLESS_RECEIPT": "json",
                **env,
            }
            ended = run(sys.executable, "-S", "-c", APP, *packets, env=given)
            found = {view.metric: list(view.tags) for view in intake.snapshot().series}
            found |= {view.metric: list(view.tags) for view in intake.snapshot().distributions}
        *said, receipt = ended.stderr.splitlines()  # type: ignore[attr-defined]
        return found, json.loads(receipt), said

    return delivered


def test_names_are_mapped_prefixed_filtered_and_copied(deliver: Callable[..., Outcome]) -> None:
    found, receipt, said = deliver(
        "job.import.took:5|ms|#a:1",
        "jvm.heap:1|g",
        "unwanted:1|c",
        "latency:1|d|#pod:x,zone:y",
        env={
            "DD_DOGSTATSD_MAPPER_PROFILES": json.dumps(PROFILES),
            "DD_STATSD_METRIC_NAMESPACE": "shop",
            "DD_METRIC_FILTERLIST": "shop.unwanted shop.job.took.avg",
            "DD_METRIC_TAG_FILTERLIST": json.dumps(
                [{"metric_name": "shop.latency", "tags": ["pod"]}]
            ),
            "DD_HISTOGRAM_COPY_TO_DISTRIBUTION": "true",
            "DD_HISTOGRAM_COPY_TO_DISTRIBUTION_PREFIX": "dist.",
            "DD_HISTOGRAM_AGGREGATES": "max avg",
            "DD_HISTOGRAM_PERCENTILES": "",
        },
    )
    mapped = ["a:1", "job:import"]
    assert found == {
        "shop.job.took.max": mapped,
        "shop.job.took.95percentile": mapped,
        "dist.shop.job.took": mapped,
        "jvm.heap": [],
        "shop.latency": ["zone:y"],
    }
    assert (receipt["accepted"], receipt["delivered"]) == (5, 4)
    assert receipt["dropped"] == {"filtered": 1}
    assert [line.partition("WARN ")[2] for line in said] == [
        "dogstatsd: mapper profile 'broken' is left out: missing prefix for profile"
    ]


def test_what_is_unwanted_is_no_loss_and_needs_no_receipt(
    run: Callable[..., object], deliver: Callable[..., Outcome]
) -> None:
    with IntakeThread() as intake:
        env = {"DD_API_KEY": KEY, "DD_DD_URL": intake.url, "DD_METRIC_FILTERLIST": "a"}
        ended = run(sys.executable, "-S", "-c", APP, "a:1|c", env=env)
    assert ended.stderr == ""  # type: ignore[attr-defined]


def test_settings_may_stand_in_the_file(deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    settings = {"dogstatsd_mapper_profiles": PROFILES[:1], "metric_filterlist": ["b"]}
    (tmp_path / "datadog.yaml").write_text(json.dumps(settings))
    found, _, said = deliver("job.x.took:1|g", "b:1|c", env={})
    assert (found, said) == ({"job.took": ["job:x"]}, [])


def test_a_client_tells_its_container_where_that_is_asked_for(
    deliver: Callable[..., Outcome],
) -> None:
    packets = ("a:1|g|c:ci-abc|card:high", "b:1|g|c:ci-abc", "c:1|g|#dd.internal.card:high|c:in-1")
    found, _, _ = deliver(*packets, env={"DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT": "true"})
    assert found == {"a": ["container_id:abc"], "b": [], "c": []}
    found, _, _ = deliver(*packets, env={})
    assert found == {"a": [], "b": [], "c": []}


UNIX_APP = """
import os, pathlib, socket, struct, sys
folder, container, *packets = sys.argv[1:]
process = pathlib.Path(folder, "proc", str(os.getpid()))
process.mkdir(parents=True)
(process / "cgroup").write_text(f"0::/docker/{container}\\n")
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
    client.sendto(packets[0].encode(), f"{folder}/datagram")
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
    client.connect(f"{folder}/stream")
    client.sendall(struct.pack("<I", len(packets[1])) + packets[1].encode())
"""


def test_the_kernel_tells_the_container_of_who_sends_on_a_unix_socket(
    run: Callable[..., object], tmp_path: Path
) -> None:
    container = "0123456789abcdef" * 4
    packets = ("a:1|g|#x:1\n_e{1,1}:a|b|#z", "b:1|g\n_sc|up|0|#dd.internal.card:low")
    with IntakeThread() as intake:
        env = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": intake.url,
            "DD_DOGSTATSD_SOCKET": str(tmp_path / "datagram"),
            "DD_DOGSTATSD_STREAM_SOCKET": str(tmp_path / "stream"),
            "DD_DOGSTATSD_ORIGIN_DETECTION": "true",
            "DD_DOGSTATSD_TAG_CARDINALITY": "high",
            "DD_CONTAINER_PROC_ROOT": str(tmp_path / "proc"),
        }
        ended = run(sys.executable, "-c", UNIX_APP, str(tmp_path), container, *packets, env=env)
        snapshot = intake.snapshot()
    assert ended.stderr == ""  # type: ignore[attr-defined]
    tag = f"container_id:{container}"
    assert {view.metric: view.tags for view in snapshot.series} == {"a": (tag, "x:1"), "b": (tag,)}
    assert [event.tags for event in snapshot.events] == [(tag, "z")]
    assert [check.tags for check in snapshot.checks] == [()]
