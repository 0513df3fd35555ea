"""The store: one queue of payloads, and an index that holds exactly what they brought."""

from serverless_init.intake import Selection, Store, StoreBounds
from serverless_init.intake.received import (
    Received,
    ReceivedAgent,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)
from serverless_init.intake.store import OTHER, REASONS_MAX, ROUTES_MAX
from serverless_init.intake.views import RouteTotals, StoredPayload, Totals


def payload(*received: Received, body: bytes = b"body", route: str = "/r") -> StoredPayload:
    return StoredPayload(route, 1.0, body, plain_bytes=10, received=received)


def series(
    metric: str = "m", *points: tuple[int, float], kind: str = "count", **fields: object
) -> ReceivedSeries:
    return ReceivedSeries(metric, kind, points, **fields)  # type: ignore[arg-type]


def sketches(metric: str, *timestamps: int, tags: tuple[str, ...] = ()) -> ReceivedSketches:
    points = (ReceivedSketch(t, 1, 1, 1, 1, 1, (1338,), (1,)) for t in timestamps)
    return ReceivedSketches(metric, tuple(points), tags)


def filled(*received: Received) -> Store:
    store = Store()
    store.add(payload(*received))
    return store


def test_points_of_one_context_come_together_in_order_of_time() -> None:
    store = filled(series("m", (20, 2.0)), series("m", (10, 1.0), (30, 3.0)))
    (view,) = store.series()
    assert view.points == ((10, 1.0), (20, 2.0), (30, 3.0))
    assert (view.last, view.total, view.duplicates) == (3.0, 6.0, 0)


def test_the_order_and_repetition_of_tags_make_no_context() -> None:
    store = filled(
        series("m", (1, 1.0), tags=("b", "a")), series("m", (2, 1.0), tags=("a", "b", "a"))
    )
    assert [view.tags for view in store.series()] == [("a", "b")]


def test_type_host_and_resources_make_a_context() -> None:
    store = filled(
        series("m", (1, 1.0)),
        series("m", (1, 1.0), kind="gauge"),
        series("m", (1, 1.0), host="h"),
        series("m", (1, 1.0), resources=(("device", "sda"),)),
    )
    assert [(view.kind, view.host, view.resources) for view in store.series()] == [
        ("count", "", ()),
        ("count", "", (("device", "sda"),)),
        ("count", "h", ()),
        ("gauge", "", ()),
    ]


def test_of_equal_timestamps_the_last_point_counts_and_the_others_are_counted() -> None:
    store = filled(series("m", (10, 1.0), (10, 2.0)), series("m", (10, 3.0), (20, 1.0)))
    (view,) = store.series()
    assert view.points == ((10, 3.0), (20, 1.0))
    assert view.duplicates == 2


def test_a_rates_count_is_its_sum_times_the_interval() -> None:
    rate, count = filled(
        series("r", (10, 0.5), (20, 1.5), kind="rate", interval_s=10), series("s", (10, 4.0))
    ).series()
    assert (rate.total, rate.count) == (2.0, 20.0)
    assert (count.total, count.count) == (4.0, 4.0)


def test_sketches_of_equal_timestamps_are_merged() -> None:
    (view,) = filled(sketches("d", 10, 10, 20)).distributions()
    assert [(point.timestamp, point.count) for point in view.points] == [(10, 2), (20, 1)]
    assert (view.whole.count, view.whole.total, view.duplicates) == (3, 3, 1)


def test_a_selection_asks_for_metric_tags_host_and_time() -> None:
    store = filled(
        series("a", (10, 1.0), (20, 2.0), tags=("x", "y"), host="h"),
        series("b", (10, 3.0), tags=("x",)),
    )

    def names(selection: Selection) -> list[str]:
        return [view.metric for view in store.series(selection)]

    assert names(Selection()) == ["a", "b"]
    assert names(Selection(metric="b")) == ["b"]
    assert names(Selection(tags=("x",))) == ["a", "b"]
    assert names(Selection(tags=("y", "x"))) == ["a"]
    assert names(Selection(tags=("z",))) == []
    assert names(Selection(host="h")) == ["a"]
    assert names(Selection(since=20)) == ["a"]
    assert store.series(Selection(until=20))[0].points == ((10, 1.0),)
    assert store.series(Selection(since=20))[0].points == ((20, 2.0),)


def test_events_and_checks_keep_their_order() -> None:
    store = filled(ReceivedEvent("b", "", 2), ReceivedCheck("c", 0, 1), ReceivedEvent("a", "", 1))
    assert [event.title for event in store.events()] == ["b", "a"]
    assert [check.name for check in store.checks()] == ["c"]


def test_beyond_the_bound_of_items_the_oldest_payload_goes_with_its_points() -> None:
    store = Store(StoreBounds(items_max=3))
    store.add(payload(series("m", (10, 1.0), (20, 1.0)), ReceivedEvent("old", "", 1)))
    store.add(payload(series("m", (20, 2.0)), series("only.here", (5, 1.0)), body=b"second"))
    assert [(view.metric, view.points, view.duplicates) for view in store.series()] == [
        ("m", ((20, 2.0),), 0),
        ("only.here", ((5, 1.0),), 0),
    ]
    assert store.events() == ()
    assert [kept.body for kept in store.payloads("/r")] == [b"second"]
    totals = store.totals()
    assert (totals.forgotten_payloads, totals.forgotten_items) == (1, 3)
    assert totals.routes["/r"].items == 5


def test_what_agents_said_of_themselves_goes_with_its_payload() -> None:
    store = Store(StoreBounds(items_max=1))
    store.add(payload(ReceivedAgent("u-1", 1)))
    store.add(payload(ReceivedAgent("u-2", 2)))
    assert store.snapshot().agents == (ReceivedAgent("u-2", 2),)
    assert store.totals().forgotten_items == 1


def test_beyond_the_bound_of_bytes_the_oldest_payload_goes() -> None:
    store = Store(StoreBounds(bytes_max=30))
    for body in (b"aaaa", b"bbbb", b"cccc"):
        store.add(payload(sketches("d", 1), body=body))
    assert [kept.body for kept in store.payloads("/r")] == [b"bbbb", b"cccc"]
    assert store.distributions()[0].points[0].count == 2


def test_one_payload_beyond_every_bound_is_kept_alone() -> None:
    store = Store(StoreBounds(bytes_max=1, items_max=1))
    store.add(payload(series("a", (1, 1.0))))
    store.add(payload(series("b", (1, 1.0), (2, 1.0))))
    assert [view.metric for view in store.series()] == ["b"]


def test_series_without_points_leave_no_trace() -> None:
    store = Store(StoreBounds(items_max=1))
    for _ in range(2):
        store.add(payload(series("m"), sketches("d"), ReceivedEvent("e", "", 1)))
    assert store.series() == ()
    assert store.distributions() == ()
    assert len(store.events()) == 1


def test_totals_count_what_came_whatever_is_kept() -> None:
    store = Store()
    store.count_request("/r", 4)
    store.add(
        payload(series("m", (1, 1.0), (1, 2.0)), sketches("d", 1, 2), ReceivedCheck("c", 0, 1))
    )
    store.count_request("/r", 9, faulted=True)
    store.count_request("/r", 1, refusal="400 bad")
    store.add(StoredPayload("/r", 1.0, b"x", error="bad"))
    assert store.totals() == Totals(
        {
            "/r": RouteTotals(
                requests=3,
                payloads=2,
                items=5,
                bytes=14,
                plain_bytes=10,
                undecodable=1,
                faulted=1,
                refused={"400 bad": 1},
            )
        }
    )


def test_totals_are_a_copy() -> None:
    store = Store()
    store.count_request("/r", 1, refusal="403 Forbidden")
    before = store.totals()
    store.count_request("/r", 1, refusal="403 Forbidden")
    assert before.routes["/r"].requests == 1
    assert before.routes["/r"].refused == {"403 Forbidden": 1}


def test_routes_and_reasons_are_bounded() -> None:
    store = Store()
    for number in range(ROUTES_MAX + 5):
        store.count_request(f"/{number}", 1)
    for number in range(REASONS_MAX + 5):
        store.count_request("/0", 1, refusal=f"400 {number}")
    routes = store.totals().routes
    assert len(routes) == ROUTES_MAX + 1
    assert routes[OTHER].requests == 5
    assert len(routes["/0"].refused) == REASONS_MAX + 1
    assert routes["/0"].refused[OTHER] == 5


def test_clear_forgets_the_totals_too() -> None:
    store = filled(series("m", (1, 1.0)), sketches("d", 1), ReceivedEvent("e", "", 1))
    store.clear()
    assert store.snapshot() == Store().snapshot()
    assert store.payloads("/r") == ()
