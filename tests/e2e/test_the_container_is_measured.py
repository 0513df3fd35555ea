"""What is told about a container on a simulated platform, from the kernel's files of a small tree.

The metadata server does not answer, so what only it knows is unknown.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.apps import WAIT_UNTIL_READY

from serverless_init import __version__
from serverless_init.intake import Snapshot
from serverless_init.testing import IntakeThread

TREES = Path(__file__).parents[1] / "unit" / "enhanced" / "trees"
# It uses CPU and memory, in the kernel's files of its own, once we have read them.
APP = (
    WAIT_UNTIL_READY
    + """
import pathlib, sys
tree, code = pathlib.Path(sys.argv[1], "cgroup"), int(sys.argv[2])
(tree / "cpu.stat").write_text("usage_usec 3600000000\\n")
(tree / "memory.current").write_text("209715200\\n")
(tree / "memory.events").write_text("oom 9\\noom_kill 3\\n")
sys.exit(code)
"""
)
SERVICE = {"K_SERVICE": "shop", "K_REVISION": "shop-00001", "K_CONFIGURATION": "shop"}
JOB = {"CLOUD_RUN_JOB": "nightly", "CLOUD_RUN_EXECUTION": "nightly-x", "CLOUD_RUN_TASK_INDEX": "0"}
COMMON = [f"datadog_init_version:{__version__}", "sidecar:false"]
UNIFIED = ["env:prod", "service:billing", "team:blue"]
SERVICE_BASE = [
    *("location:unknown", "origin:cloudrun", "project_id:unknown"),
    *("revision_name:shop-00001", "service_name:shop"),
]
JOB_TAGS = [
    *(*COMMON, *UNIFIED, "job_name:nightly", "location:unknown", "origin:cloudrunjobs"),
    "project_id:unknown",
]
CONTAINER = "gcp.run.container.enhanced."

Measure = Callable[..., tuple[Snapshot, dict[str, object]]]


@pytest.fixture
def measure(run: Callable[..., object], tmp_path: Path, free_tcp_port: int) -> Measure:
    """Run a program on a simulated platform that ends with a code: what arrived, the receipt."""
    tree = shutil.copytree(TREES / "v2", tmp_path / "kernel")

    def measured(
        platform: dict[str, str], *, code: int = 0, **settings: str
    ) -> tuple[Snapshot, dict[str, object]]:
        with IntakeThread() as intake:
            env = {
                "DD_API_KEY": "0123456789abcdef0123456789abcdef",
                "DD_DD_URL": intake.url,
                "DD_HEALTH_PORT": str(free_tcp_port),
                "DD_SERVERLESS_RECEIPT": "json",
                "DD_SERVERLESS_FLUSH_TIMEOUT": "60",
                "DD_CONTAINER_PROC_ROOT": str(tree / "proc"),
                "DD_CONTAINER_CGROUP_ROOT": str(tree / "cgroup"),
                "GCE_METADATA_HOST": "127.0.0.1:1",
                "DD_ENV": "prod",
                "DD_SERVICE": "billing",
                "DD_TAGS": "team:blue",
                "DD_DOGSTATSD_TAGS": "only:dogstatsd",
                "DD_STATSD_METRIC_NAMESPACE": "app",
                **platform,
                **settings,
            }
            done = run(sys.executable, "-I", "-c", APP, str(tree), str(code), env=env)
            snapshot = intake.snapshot()
        assert done.returncode == code  # type: ignore[attr-defined]
        return snapshot, json.loads(done.stderr.splitlines()[-1])  # type: ignore[attr-defined]

    return measured


def tags_of(snapshot: Snapshot) -> dict[str, list[str]]:
    views = [*snapshot.series, *snapshot.distributions]
    return {view.metric: sorted(view.tags) for view in views}


def total(snapshot: Snapshot, metric: str) -> float:
    (view,) = (view for view in snapshot.distributions if view.metric == metric)
    return sum(point.total for point in view.points)


def test_a_service_tells_its_start_its_end_and_what_it_used(measure: Measure) -> None:
    snapshot, receipt = measure(SERVICE)
    tags = sorted([*COMMON, *UNIFIED, *SERVICE_BASE])
    found = tags_of(snapshot)
    for end in ("cold_start", "shutdown", "cpu.usage", "cpu.limit", "memory.usage"):
        assert found[CONTAINER + end] == tags, end
    for end in ("memory.limit", "network.rx_bytes", "network.tx_bytes", "out_of_memory"):
        assert found[CONTAINER + end] == tags, end
    assert found[f"{CONTAINER}instance"] == sorted([*COMMON, *SERVICE_BASE, "instance:unknown"])
    assert {"gcp.run.enhanced.cold_start", "gcp.run.enhanced.shutdown"} <= found.keys()
    assert len(found) == 12
    assert total(snapshot, f"{CONTAINER}cold_start") == 1
    assert total(snapshot, f"{CONTAINER}shutdown") == 1
    assert total(snapshot, f"{CONTAINER}out_of_memory") == 2
    # Almost an hour of CPU within seconds: more than the limit of half a CPU.
    assert total(snapshot, f"{CONTAINER}cpu.usage") > 5e8
    assert receipt["accepted"] == receipt["delivered"]
    assert (receipt["dropped"], receipt["held"], receipt["balanced"]) == ({}, 0, True)


@pytest.mark.parametrize(("code", "succeeded"), [(0, "true"), (3, "false")])
def test_a_job_tells_its_task_and_whether_it_succeeded(
    measure: Measure, code: int, succeeded: str
) -> None:
    snapshot, _ = measure(JOB, code=code)
    found = tags_of(snapshot)
    ended = sorted([*JOB_TAGS, f"succeeded:{succeeded}"])
    assert found["gcp.run.job.enhanced.task.started"] == sorted(JOB_TAGS)
    assert found["gcp.run.job.enhanced.task.ended"] == ended
    assert found["gcp.run.job.enhanced.task.duration"] == ended
    assert found[f"{CONTAINER}cpu.usage"] == sorted(JOB_TAGS)
    assert f"{CONTAINER}cold_start" not in found
    assert f"{CONTAINER}instance" not in found
    assert 0 < total(snapshot, "gcp.run.job.enhanced.task.duration") < 60_000


def test_our_own_metrics_have_a_switch_each(measure: Measure) -> None:
    switches = ("MEMORY", "NETWORK", "OOM")
    off = {f"DD_SERVERLESS_ENHANCED_{name}_METRICS": "false" for name in switches}
    snapshot, _ = measure(JOB, **off)
    measured = {name for name in tags_of(snapshot) if name.startswith(CONTAINER)}
    assert measured == {f"{CONTAINER}cpu.usage", f"{CONTAINER}cpu.limit"}


def test_the_originals_switch_turns_everything_off(measure: Measure) -> None:
    snapshot, receipt = measure(SERVICE, DD_ENHANCED_METRICS="false")
    assert tags_of(snapshot) == {}
    assert receipt["accepted"] == 0


def test_where_no_platform_is_recognised_only_the_setting_turns_it_on(measure: Measure) -> None:
    assert tags_of(measure({})[0]) == {}
    found = tags_of(measure({}, DD_ENHANCED_METRICS="true")[0])
    assert "datadog.serverless_agent.enhanced.cold_start" in found
