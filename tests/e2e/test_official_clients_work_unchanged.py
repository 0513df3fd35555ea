"""The clients that programs use, over every transport: what they report is what arrives.

The program is started by ``serverless-init`` and finds it by the standard variables alone.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from serverless_init.testing import IntakeThread

FOLDER = Path(__file__).parent
PYTHON_APP = FOLDER / "python" / "app.py"
NODE_FOLDER = FOLDER / "node"
NODE_APP = NODE_FOLDER / "app.js"
NODE = Path(sys.executable).with_name("node")

TELEMETRY = "datadog.dogstatsd.client."
HISTOGRAMS = {
    "cart.items": {"max": 40.0, "median": 20.0, "avg": 25.0, "95percentile": 40.0},
    "checkout.ms": {"max": 20.0, "median": 10.0, "avg": 12.5, "95percentile": 20.0},
}
# The programs' calls that report a metric, sampled ones included, as the clients count them.
PYTHON_METRICS = 273
NODE_METRICS = 271

DATAGRAM = {"DD_DOGSTATSD_SOCKET": "{socket}"}
STREAM = {"DD_DOGSTATSD_STREAM_SOCKET": "{socket}"}
# How both are told where to meet. hot-shots reads the variables of the sockets, too, and prefers
# them, so there is one only where it is meant.
TRANSPORTS = {
    "udp by host and port": {"DD_AGENT_HOST": "127.0.0.1"},
    "udp by url": {"DD_DOGSTATSD_URL": "udp://127.0.0.1:{port}"},
    "unix finds datagram": {"DD_DOGSTATSD_URL": "unix://{socket}", **DATAGRAM},
    "unix finds stream": {"DD_DOGSTATSD_URL": "unix://{socket}", **STREAM},
    "unixgram": {"DD_DOGSTATSD_URL": "unixgram://{socket}", **DATAGRAM},
    "unixstream": {"DD_DOGSTATSD_URL": "unixstream://{socket}", **STREAM},
}

Session = Callable[..., "dict[str, Any]"]


@pytest.fixture
def intake() -> Iterator[IntakeThread]:
    """The intake that everything is delivered to."""
    with IntakeThread() as running:
        yield running


@pytest.fixture
def session(
    run: Callable[..., "subprocess.CompletedProcess[str]"],
    intake: IntakeThread,
    free_port: int,
    tmp_path: Path,
) -> Session:
    """Run a program that uses a client of `transport`; what it printed, once all is accounted."""

    def had(transport: str, *command: str | Path) -> "dict[str, Any]":
        where = {
            variable: text.format(port=free_port, socket=tmp_path / "dsd.socket")
            for variable, text in TRANSPORTS[transport].items()
        }
        own = {
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_DD_URL": intake.url,
            "DD_SERVERLESS_RECEIPT": "json",
        }
        result = run(*map(str, command), env={**own, **where})
        assert result.returncode == 0, result.stderr
        assert result.stderr.count("\n") == 1, result.stderr
        receipt = json.loads(result.stderr)
        assert receipt["accepted"] == receipt["delivered"] > 0
        assert (receipt["dropped"], receipt["kernel_drops"]) == ({}, 0)
        printed: dict[str, Any] = json.loads(result.stdout)
        return printed

    return had


@pytest.mark.parametrize("way", ["unbuffered", "buffered"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_python_client_loses_nothing(
    session: Session, intake: IntakeThread, transport: str, way: str
) -> None:
    printed = session(transport, sys.executable, PYTHON_APP, way)
    expect_the_shop(intake, printed)
    expect_no_drop_in_telemetry(intake)
    assert counts(intake)[f"{TELEMETRY}metrics"] == PYTHON_METRICS
    assert counts(intake)[f"{TELEMETRY}events"] == 1
    assert counts(intake)[f"{TELEMETRY}service_checks"] == 1


@pytest.mark.parametrize("way", ["background", "aggregated"])
@pytest.mark.parametrize("transport", ["udp by host and port", "unixgram", "unixstream"])
def test_the_python_clients_own_thread_and_aggregation_lose_nothing(
    session: Session, intake: IntakeThread, transport: str, way: str
) -> None:
    printed = session(transport, sys.executable, PYTHON_APP, way)
    expect_the_shop(intake, printed)
    expect_no_drop_in_telemetry(intake)


def test_the_python_clients_timers_arrive_as_measured(
    session: Session, intake: IntakeThread
) -> None:
    printed = session("udp by host and port", sys.executable, PYTHON_APP, "unbuffered")
    assert gauges(intake)["search.duration.max"] == printed["search"]
    assert counts(intake)["search.duration.count"] == 1
    spread = sketches(intake)["search.spread"]
    assert (spread["count"], spread["total"]) == (1, printed["spread"])


@pytest.mark.usefixtures("node_packages")
@pytest.mark.parametrize("buffer_bytes", [0, 1432])
@pytest.mark.parametrize("transport", ["udp by host and port", "udp by url"])
def test_hot_shots_loses_nothing(
    session: Session, intake: IntakeThread, transport: str, buffer_bytes: int
) -> None:
    printed = session(transport, NODE, NODE_APP, str(buffer_bytes))
    expect_the_shop(intake, printed)
    assert counts(intake)[f"{TELEMETRY}metrics"] == NODE_METRICS
    # This client speaks of drops only when there were any.
    assert not [name for name in counts(intake) if "dropped" in name]


def test_the_lock_of_the_node_packages_names_no_registry() -> None:
    """A registry's address would bind everybody to the mirror of whoever wrote the file."""
    lock = json.loads((NODE_FOLDER / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    unsecured = [name for name, entry in lock["packages"].items() if "integrity" not in entry]
    assert unsecured == [""]


def expect_the_shop(intake: IntakeThread, printed: dict[str, Any]) -> None:
    """Everything that both programs report, but for their timers."""
    counted, measured = counts(intake), gauges(intake)
    assert counted["orders"] == 50
    assert counted["orders payment:card"] == 7
    assert counted["stock"] == -3
    assert counted.get("visits", 0) == printed["visits"] * 4
    assert counted["deliveries"] == 12
    assert measured["temperature"] == 21.25
    assert measured["pressure"] == 1013.25
    assert measured["customers"] == 3
    for name, outputs in HISTOGRAMS.items():
        assert counted[f"{name}.count"] == 4
        assert {suffix: measured[f"{name}.{suffix}"] for suffix in outputs} == outputs
    value = sketches(intake)["order.value currency:eur paid"]
    shape = {key: value[key] for key in ("count", "minimum", "maximum", "total")}
    assert shape == {"count": 3, "minimum": 1.5, "maximum": 4.0, "total": 8.0}
    for metric in ("pressure", "deliveries"):
        at = [timestamp for timestamp, value in intake.points(metric) if value]
        assert [printed["minute_ago"] - 10 < timestamp <= printed["minute_ago"] for timestamp in at]
    expect_event_and_check(intake, printed["minute_ago"])


def expect_event_and_check(intake: IntakeThread, minute_ago: int) -> None:
    """The event and the check with every field that the clients can set."""
    (event,), (check,) = intake.snapshot().events, intake.snapshot().checks
    assert {**asdict(event), "tags": sorted(event.tags)} == {
        "title": "Shop open",
        "text": "First line\nsecond | line",
        "timestamp": minute_ago,
        "host": "till-1",
        "tags": ["door:front", "shop:berlin"],
        "priority": "low",
        "alert_type": "success",
        "aggregation_key": "opening",
        "source_type": "shop",
    }
    assert {**asdict(check), "tags": sorted(check.tags)} == {
        "name": "shop.door",
        "status": 2,
        "timestamp": minute_ago,
        "host": "till-2",
        "message": "jammed",
        "tags": ["door:back", "shop:berlin"],
    }


def expect_no_drop_in_telemetry(intake: IntakeThread) -> None:
    """What the Python client says of itself, which includes every kind of drop."""
    said = {name: n for name, n in counts(intake).items() if name.startswith(TELEMETRY)}
    dropped = {name: n for name, n in said.items() if "dropped" in name}
    assert f"{TELEMETRY}packets_dropped" in dropped
    assert set(dropped.values()) == {0}
    assert said[f"{TELEMETRY}packets_sent"] > 0


def counts(intake: IntakeThread) -> dict[str, float]:
    """How much was counted, by metric and tags."""
    views = [view for view in intake.snapshot().series if view.kind == "rate"]
    # A rate is per second: ten times a tenth is not always a whole number in binary.
    return {named(view.metric, view.tags): round(view.count, 6) for view in views}


def gauges(intake: IntakeThread) -> dict[str, float]:
    """The last value, by metric and tags."""
    views = [view for view in intake.snapshot().series if view.kind == "gauge"]
    return {named(view.metric, view.tags): view.last for view in views}


def sketches(intake: IntakeThread) -> dict[str, dict[str, Any]]:
    """The distributions, by metric and tags."""
    views = intake.snapshot().distributions
    return {named(view.metric, view.tags): asdict(view.whole) for view in views}


def named(metric: str, tags: tuple[str, ...]) -> str:
    """The metric with its tags. All have the client's own tag; those of telemetry are its own."""
    if metric.startswith(TELEMETRY):
        return metric
    assert "shop:berlin" in tags
    return " ".join([metric, *(tag for tag in tags if tag != "shop:berlin")])
