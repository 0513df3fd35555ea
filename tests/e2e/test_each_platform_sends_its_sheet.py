"""On each platform, what the whole program sends has the names and tags of the platform's sheet.

The sheets are those of ``tests/vectors/platforms``. The environment is the platform's example, the
metadata server is a real one that knows what the sheet says.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_init import __version__
from serverless_init.intake import Snapshot
from serverless_init.intake.views import DistributionView, SeriesView
from serverless_init.testing import IntakeThread, MetadataServer

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "platforms"
SHEETS = ROOT / "tests" / "vectors" / "platforms"
KERNEL = ROOT / "tests" / "unit" / "enhanced" / "trees" / "v2"
NAMES = sorted(path.stem for path in SHEETS.glob("*.txt"))
# As the sheets are made with.
SETTINGS = {"DD_ENV": "Prod", "DD_SERVICE": "shop", "DD_VERSION": "1.4", "DD_TAGS": "Team:Berlin"}
APP = """
import http.client, json, os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
client.send(b"orders:3|c\\ntook:2.5|d")
client.send(b"_e{4,4}:open|text")
span = dict(service="a", name="order", resource="c", trace_id=7, span_id=7, duration=1)
tracer = http.client.HTTPConnection("127.0.0.1", int(os.environ["DD_APM_RECEIVER_PORT"]))
tracer.request("PUT", "/v0.4/traces", json.dumps([[span]]), {"Content-Type": "application/json"})
assert tracer.getresponse().status == 200
print("a line")
"""
# The only ones whose start and end are not told as those of a container.
STARTS = {"cloud_run_job": ["gcp.run.job.enhanced.task.started"], "micro_vm": []}

Run = Callable[..., object]
Sheet = dict[str, set[str]]


def sheet_of(name: str) -> tuple[dict[str, str], Sheet]:
    """The facts of a sheet by name, and its sets of tags; a dash is nothing."""
    text = (SHEETS / f"{name}.txt").read_text().replace(":9.9\n", f":{__version__}\n")
    _, head, *sets = text.split("\n\n")
    facts = {line[:16].rstrip(): line[17:] for line in head.splitlines()}
    found = ([line.strip() for line in block.splitlines()] for block in sets)
    return (
        {fact: "" if said == "-" else said for fact, said in facts.items()},
        {title: set(tags) for title, *tags in found},
    )


def environment_of(name: str, server: MetadataServer) -> dict[str, str]:
    """The variables of the example; addresses of metadata lead to `server`."""
    lines = (EXAMPLES / f"{name}.env").read_text().splitlines()
    wanted = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    told = server.environment
    asked = {k: v for k, v in told.items() if k in wanted}
    return {**wanted, **asked, "GCE_METADATA_HOST": told["GCE_METADATA_HOST"]}


def without_a_pod(sets: Sheet) -> Sheet:
    """The namespace stands in a file that only a pod has."""
    namespace = "kube_namespace:shops"
    unknown = {name: {"kube_namespace:unknown"} for name in ("enhanced", "usage")}
    return {
        name: tags - {namespace} | (unknown.get(name, set()) if namespace in tags else set())
        for name, tags in sets.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_signal_is_as_the_sheet_says(name: str, run: Run, free_tcp_port: int) -> None:
    with IntakeThread() as intake, MetadataServer() as server:
        env = {
            **environment_of(name, server),
            **SETTINGS,
            "DD_API_KEY": "0" * 32,
            "DD_DD_URL": intake.url,
            "DD_APM_DD_URL": intake.url,
            "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url,
            "DD_LOGS_ENABLED": "true",
            "DD_CONTAINER_PROC_ROOT": str(KERNEL / "proc"),
            "DD_CONTAINER_CGROUP_ROOT": str(KERNEL / "cgroup"),
            "DD_AWS_MICROVM_LIFECYCLE_PORT": str(free_tcp_port),
        }
        done = run(sys.executable, "-I", "-c", APP, env=env)
        seen = intake.snapshot()
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]
    facts, sets = sheet_of(name)
    if name == "kubernetes":
        sets = without_a_pod(sets)
    assert sent_by_the_app(seen) == said_of_the_app(facts, sets)
    assert sent_of_the_container(seen) == said_of_the_container(name, facts, sets)
    [span] = [span for span in seen.spans if span.name == "order"]
    assert {f"{key}:{value}" for key, value in span.meta.items()} >= (
        sets["metric"] | sets["high cardinality"]
    )
    assert span.tracer.tags["_dd.tags.function"] == ",".join(sets["function"])


def tags_by_metric(views: list[SeriesView | DistributionView]) -> dict[str, set[str]]:
    return {view.metric: set(view.tags) for view in views}


def sent_by_the_app(seen: Snapshot) -> dict[str, object]:
    views = tags_by_metric([*seen.series, *seen.distributions])
    [event], [line] = seen.events, seen.logs
    return {
        **{metric: tags for metric, tags in views.items() if metric in ("orders", "took")},
        "event": set(event.tags),
        "line": set(line.tags),
        "source": line.source,
    }


def said_of_the_app(facts: dict[str, str], sets: Sheet) -> dict[str, object]:
    return {
        **dict.fromkeys(("orders", "took", "event"), sets["metric"]),
        "line": sets["metric"] | sets["high cardinality"],
        "source": facts["source of logs"],
    }


def sent_of_the_container(seen: Snapshot) -> dict[str, set[str]]:
    """The instance's gauge, the limit of the CPU, and how the start was told."""
    ends = (".cpu.limit", ".cold_start", ".task.started")
    told = [view for view in seen.distributions if view.metric.endswith(ends)]
    alive = [view for view in seen.series if ".enhanced." in view.metric]
    return tags_by_metric([*told, *alive])


def said_of_the_container(name: str, facts: dict[str, str], sets: Sheet) -> dict[str, set[str]]:
    prefix, legacy, usage = facts["metrics"], facts["legacy metrics"], facts["usage"]
    starts = STARTS.get(name, [f"{prefix}enhanced.cold_start"])
    said = dict.fromkeys((f"{prefix}enhanced.cpu.limit", *starts), sets["enhanced"])
    if legacy:
        said[f"{legacy}enhanced.cold_start"] = sets["metric"]
    if usage:
        said[f"{prefix}enhanced.{usage}"] = sets["usage"]
    return said
