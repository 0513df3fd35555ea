"""The report of a run, against what it is meant to look like (``golden/*.txt``)."""

import json
from pathlib import Path

import pytest

from serverless_init.intake import Store, StoreBounds, Style, render
from serverless_init.intake.received import (
    Received,
    ReceivedAgent,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)
from serverless_init.intake.views import StoredPayload

GOLDEN = Path(__file__).parent / "golden"
BASE = ("env:prod", "service:checkout", "version:1.4.2")
T0 = 1_700_000_000


def series(
    metric: str, kind: str, *values: float, tags: tuple[str, ...] = (), **fields: object
) -> Received:
    points = tuple((T0 + 10 * index, value) for index, value in enumerate(values) if value >= 0)
    return ReceivedSeries(metric, kind, points, BASE + tags, **fields)  # type: ignore[arg-type]


def agent(identity: str, reason: str) -> ReceivedAgent:
    told = {
        "resource_id": "//run.googleapis.com/projects/example/locations/eu/services/shop",
        "resource_name": "shop",
        "workload_type": "cloud_run_service",
        "region": "eu",
        "report_reason": reason,
        "agent_startup_time_ms": T0 * 1000,
    }
    return ReceivedAgent(
        identity, T0 * 10**9, metadata=tuple((k, json.dumps(v)) for k, v in told.items())
    )


def shop() -> Store:
    """A run of everything: two regions, a distribution, events, checks and some trouble."""
    store = Store()
    sketch = ReceivedSketch(T0, 101, 0, 100, 50, 5050, (0, 1338, 1487, 1635), (1, 20, 40, 40))
    received: dict[str, list[Received]] = {
        "/api/v2/series": [
            series("cart.size", "gauge", 12, tags=("region:eu",), host="web-1"),
            *(
                series("checkout.latency.max", "gauge", *values, tags=(region,), unit="millisecond")
                for region, values in (
                    ("region:eu", (41.5, 43.25, -1, 40, 44)),
                    ("region:us", (50, 50, 50, 50, 50)),
                )
            ),
            *(
                series(
                    "checkout.orders", "rate", *values, tags=("cloud:gcp", region), interval_s=10
                )
                for region, values in (
                    ("region:eu", (0.1, 0.4, 0.8, 1.2, 0.4)),
                    ("region:us", (2, 1, 0, 0, 3)),
                )
            ),
            series("jobs.done", "count", 3),
            series("jobs.done", "count", 4),
        ],
        "/api/beta/sketches": [ReceivedSketches("checkout.duration", (sketch,), BASE)],
        "/intake/": [
            ReceivedEvent(
                "Deploy failed",
                "rolled back\nby hand",
                T0 + 3,
                tags=("team:shop",),
                alert_type="error",
            ),
            ReceivedEvent("Nightly job", "", T0 + 9),
        ],
        "/api/v1/check_run": [
            ReceivedCheck("db.up", 0, T0, tags=("db:main",)),
            ReceivedCheck("db.up", 2, T0 + 1, message="connection refused", tags=("db:main",)),
            ReceivedCheck("cache.up", 0, T0, host="web-1"),
        ],
        "/api/v1/metadata": [
            agent("u-1", "startup"),
            agent("u-2", "startup"),
            agent("u-1", "periodic"),
        ],
    }
    for route, items in received.items():
        store.count_request(route, 1234)
        store.add(StoredPayload(route, T0, b"x" * 1234, plain_bytes=4321, received=tuple(items)))
    store.count_request("/api/v2/series", 7, refusal="400 a varint is cut off or too long")
    store.count_request("/api/v2/series", 7, faulted=True)
    return store


def crowd() -> Store:
    """More of everything than is shown, in a store that is too small."""
    store = Store(StoreBounds(items_max=200))
    first = ReceivedSeries("forgotten", "count", ((T0, 1.0), (T0 + 10, 1.0)))
    contexts = [
        ReceivedSeries("a.queue", "gauge", ((T0, float(n)),), (f"shard:{n:02}",)) for n in range(14)
    ]
    metrics = [
        ReceivedSeries(f"metric.{n:02}", "count", ((T0, float(n)),), (f"n:{n}",)) for n in range(60)
    ]
    events = [ReceivedEvent(f"event {n}", "", T0 + n) for n in range(25)]
    checks = [ReceivedCheck(f"check.{n:02}", 1, T0) for n in range(30)]
    filler = ReceivedSeries("metric.00", "count", tuple((T0 + n, 1.0) for n in range(71)), ("n:0",))
    for items in ([first], [*contexts, *metrics, *events, *checks, filler]):
        store.add(StoredPayload("/any", T0, b"", received=tuple(items)))
    return store


@pytest.mark.parametrize(
    ("name", "store", "style"),
    [
        ("shop_100", shop(), Style()),
        ("shop_64_ascii", shop(), Style(width=64, unicode=False)),
        ("shop_120_colour", shop(), Style(width=120, colour=True)),
        ("crowd", crowd(), Style()),
        ("nothing", Store(), Style()),
    ],
)
def test_the_report_reads_as_it_is_meant_to(name: str, store: Store, style: Style) -> None:
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert "\n".join([*render(store.snapshot(), style), ""]) == golden


@pytest.mark.parametrize("width", [60, 64, 89, 90, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for store in (shop(), crowd()):
        for line in render(store.snapshot(), Style(width=width)):
            assert len(line) <= width, line


def test_a_run_that_was_refused_says_so() -> None:
    store = Store()
    store.count_request("/api/v2/series", 10, refusal="403 Forbidden")
    assert render(store.snapshot(), Style(unicode=False))[-2:] == [
        "NOTES",
        "1 x /api/v2/series refused: 403 Forbidden",
    ]


def test_what_a_client_names_cannot_control_the_terminal() -> None:
    store = Store()
    evil = "\x1b[2J\n"
    items = (
        ReceivedSeries(evil, "gauge", ((1, 1.0),), (evil,), host=evil, unit=evil),
        ReceivedSketches(evil, (ReceivedSketch(1, 1, 1, 1, 1, 1, (1338,), (1,)),), (evil, "a")),
        ReceivedEvent(evil, evil, 1, alert_type=evil),
        ReceivedCheck(evil, 0, 1, message=evil, host=evil),
        ReceivedAgent(evil, 1, metadata=(("report_reason", json.dumps(evil)), (evil, "1"))),
    )
    store.count_request(evil, 1, refusal=evil)
    store.add(StoredPayload(evil, 1.0, b"", received=items))
    for line in render(store.snapshot()):
        assert line.isprintable(), line
