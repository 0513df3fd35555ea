"""The control routes: questions to the store, the fault script, the other intake's paths."""

import base64
import json
from typing import Any

import pytest

from serverless_init.errors import RequestRefused
from serverless_init.intake import FaultStep, Store
from serverless_init.intake.control import Control, dispatch
from serverless_init.intake.fakeintake import OVERRIDES_MAX, FakeIntake
from serverless_init.intake.faults import FaultScript
from serverless_init.intake.received import (
    ReceivedAgent,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedOrigin,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)
from serverless_init.intake.views import StoredPayload
from serverless_init.wire import Request, Response

RATE = ReceivedSeries(
    "orders",
    "rate",
    ((10, 0.5), (20, 1.5)),
    ("region:eu", "a"),
    "web-1",
    "order",
    10,
    "s",
    (("device", "sda"),),
    ReceivedOrigin(1, 36, 472),
)
GAUGE = ReceivedSeries("size", "gauge", ((10, 3.0), (10, 4.0)), ("region:us",))
SKETCH = ReceivedSketch(10, 4, 1.0, 1.0, 1.0, 4.0, (1338,), (4,))
SKETCHES = ReceivedSketches("took", (SKETCH,), ("region:eu",), "web-1")
EVENT = ReceivedEvent("t", "x", 5, tags=("a",))
CHECK = ReceivedCheck("c", 2, 6, "h", "m", ("b",))


class Asked:
    """Control routes over a store with one of everything."""

    def __init__(self) -> None:
        self.store = Store()
        self.script = FaultScript()
        self.fakeintake = FakeIntake(self.store)
        control = Control(self.store, script=self.script)
        self.routes = {**control.routes, **self.fakeintake.routes}
        for route, received in [
            ("/api/v2/series", (RATE, GAUGE)),
            ("/api/beta/sketches", (SKETCHES,)),
            ("/intake/", (EVENT,)),
            ("/api/v1/check_run", (CHECK,)),
            ("/raw", ()),
        ]:
            self.store.count_request(route, 4)
            self.store.add(
                StoredPayload(route, 1.5, b"\xffraw", "zstd", "x/y", "***cdef", 9, received)
            )

    def ask(self, path: str, query: str = "", *, method: str = "GET", body: object = None) -> Any:
        response = self.respond(path, query, method=method, body=json.dumps(body).encode())
        assert (response.status, response.content_type) == (200, "application/json")
        return json.loads(response.body)

    def respond(
        self, path: str, query: str = "", *, method: str = "GET", body: bytes = b""
    ) -> Response:
        return dispatch(self.routes, Request(method, path, query, {}, body))

    def refusal(self, path: str, query: str = "", **options: Any) -> tuple[int, str]:
        with pytest.raises(RequestRefused) as raised:
            self.respond(path, query, **options)
        return raised.value.status, str(raised.value)


def test_metrics_are_listed_with_type_unit_and_numbers() -> None:
    asked = Asked()
    asked.store.add(
        StoredPayload("/r", 1.0, b"", received=(ReceivedSeries("size", "gauge", ((1, 1.0),)),))
    )
    assert asked.ask("/local/metrics") == {
        "metrics": [
            {"name": "orders", "type": "rate", "unit": "order", "contexts": 1, "points": 2},
            {"name": "size", "type": "gauge", "unit": "", "contexts": 2, "points": 2},
            {"name": "took", "type": "distribution", "unit": "", "contexts": 1, "points": 1},
        ]
    }


def test_points_come_with_their_sum_and_last_value() -> None:
    assert Asked().ask("/local/points", "metric=orders") == {
        "series": [
            {
                "metric": "orders",
                "type": "rate",
                "unit": "order",
                "interval_s": 10,
                "host": "web-1",
                "tags": ["a", "region:eu"],
                "resources": [{"type": "device", "name": "sda"}],
                "origin": {"product": 1, "category": 36, "service": 472},
                "points": [[10, 0.5], [20, 1.5]],
                "last": 1.5,
                "sum": 2.0,
                "count": 20.0,
                "duplicates": 0,
            }
        ]
    }


def test_points_are_selected_by_tags_host_and_time() -> None:
    asked = Asked()

    def names(query: str) -> list[str]:
        return [series["metric"] for series in asked.ask("/local/points", query)["series"]]

    assert names("") == ["orders", "size"]
    assert names("tags=region:eu,a") == ["orders"]
    assert names("tags=region:eu&tags=a") == ["orders"]
    assert names("tags=region%3Aus") == ["size"]
    assert names("host=web-1") == ["orders"]
    assert names("since=20") == ["orders"]
    assert names("until=10") == []
    (size,) = asked.ask("/local/points", "metric=size")["series"]
    assert (size["points"], size["duplicates"]) == ([[10, 4.0]], 1)


def test_sketches_come_with_their_quantiles() -> None:
    summary = {"count": 4, "min": 1.0, "max": 1.0, "avg": 1.0, "sum": 4.0}
    quantiles = {"quantiles": {"0.5": 1.0078125, "1": 1.0}}
    point = {"timestamp": 10, **summary, **quantiles, "keys": [1338], "counts": [4]}
    assert Asked().ask("/local/sketches", "metric=took&q=0.5,1") == {
        "sketches": [
            {
                "metric": "took",
                "host": "web-1",
                "tags": ["region:eu"],
                "origin": None,
                "points": [point],
                **summary,
                **quantiles,
                "duplicates": 0,
            }
        ]
    }
    (sketches,) = Asked().ask("/local/sketches")["sketches"]
    assert list(sketches["quantiles"]) == ["0.5", "0.95", "0.99"]


def test_events_and_checks_are_listed() -> None:
    assert Asked().ask("/local/events") == {
        "events": [
            {
                "title": "t",
                "text": "x",
                "timestamp": 5,
                "host": "",
                "tags": ["a"],
                "priority": "normal",
                "alert_type": "info",
                "aggregation_key": "",
                "source_type": "",
            }
        ]
    }
    assert Asked().ask("/local/checks") == {
        "checks": [
            {"name": "c", "status": 2, "timestamp": 6, "host": "h", "message": "m", "tags": ["b"]}
        ]
    }


def test_what_the_inventory_was_told_is_listed() -> None:
    asked = Asked()
    told = ReceivedAgent("u-1", 5, metadata=(("region", '"eu"'), ("agent_startup_time_ms", "4")))
    asked.store.add(StoredPayload("/api/v1/metadata", 1.0, b"", received=(told,)))
    metadata = {"region": "eu", "agent_startup_time_ms": 4}
    assert asked.ask("/local/agents") == {
        "agents": [{"identity": "u-1", "timestamp_ns": 5, "host": "", "metadata": metadata}]
    }
    [payload] = asked.ask("/fakeintake/payloads", "endpoint=/api/v1/metadata&format=json")[
        "payloads"
    ]
    assert payload["data"] == [
        {"hostname": "", "timestamp": 5, "uuid": "u-1", "agent_metadata": metadata}
    ]


def test_totals_are_by_route_and_over_all() -> None:
    asked = Asked()
    asked.store.count_request("/raw", 1, refusal="403 Forbidden")
    totals = asked.ask("/local/totals")
    assert totals["routes"]["/raw"] == {
        "requests": 2,
        "payloads": 1,
        "items": 0,
        "bytes": 5,
        "plain_bytes": 9,
        "undecodable": 0,
        "faulted": 0,
        "refused": {"403 Forbidden": 1},
    }
    del totals["routes"]
    assert totals == {
        "requests": 6,
        "payloads": 5,
        "items": 7,
        "bytes": 21,
        "plain_bytes": 45,
        "undecodable": 0,
        "faulted": 0,
        "forgotten_payloads": 0,
        "forgotten_items": 0,
    }


def test_the_report_is_text_of_the_width_asked_for() -> None:
    response = Asked().respond("/local/report", "width=64")
    assert response.content_type == "text/plain; charset=utf-8"
    lines = response.body.decode().splitlines()
    assert lines[0] == "What Datadog would have received"
    assert max(map(len, lines)) == 64


def test_faults_are_set_listed_and_cleared() -> None:
    asked = Asked()
    steps = [{"status": 500, "times": 2}, {"hang": True}]
    asked.ask("/local/faults", method="POST", body={"route": "/api/v2/series", "steps": steps})
    assert asked.script.next_step("/api/v2/series") == FaultStep(status=500, times=2)
    assert [
        (step["status"], step["times"], step["hang"])
        for step in asked.ask("/local/faults")["faults"]["/api/v2/series"]
    ] == [(500, 1, False), (0, 1, True)]
    asked.ask("/local/faults", method="DELETE")
    assert asked.ask("/local/faults") == {"faults": {}}


def test_listed_faults_can_be_set_again() -> None:
    asked = Asked()
    step = FaultStep(status=429, headers=(("Retry-After", "1"),), accept=True)
    asked.script.set("/r", [step])
    listed = asked.ask("/local/faults")["faults"]["/r"]
    asked.ask("/local/faults", method="POST", body={"route": "/again", "steps": listed})
    assert asked.script.remaining()["/again"] == (step,)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/local/flush"),
        ("GET", "/fakeintake/flushPayloads"),
        ("DELETE", "/fakeintake/flushPayloads"),
    ],
)
def test_a_flush_forgets_everything(method: str, path: str) -> None:
    asked = Asked()
    asked.ask(path, method=method)
    assert asked.store.snapshot() == Store().snapshot()


def test_wrong_questions_are_refused_with_a_reason() -> None:
    asked = Asked()
    assert asked.refusal("/local/nothing") == (404, "no such route: /local/nothing")
    assert asked.refusal("/local/flush") == (405, "/local/flush takes POST")
    assert asked.refusal("/local/points", "since=x") == (400, "since is 'x', not a number")
    assert asked.refusal("/local/sketches", "q=nan") == (400, "q is 'nan', not a number")
    assert asked.refusal("/local/report", "width=inf") == (400, "width is 'inf', not a number")
    for body, why in [
        (b"", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "the body is not an object"),
        (b"{}", "route is a path, or * for every path"),
        (b'{"route":"/r"}', "steps is a list of objects"),
    ]:
        assert asked.refusal("/local/faults", method="POST", body=body) == (400, why)


def test_sums_beyond_every_number_are_null() -> None:
    asked = Asked()
    largest = ReceivedSeries("m", "count", ((1, 1.7e308), (2, 1.7e308)))
    asked.store.add(StoredPayload("/r", 1.0, b"", received=(largest,)))
    (series,) = asked.ask("/local/points", "metric=m")["series"]
    assert (series["sum"], series["count"], series["last"]) == (None, None, 1.7e308)


def test_fakeintake_lists_raw_payloads() -> None:
    for route in ("/api/v2/series", "/raw"):
        assert Asked().ask("/fakeintake/payloads", f"endpoint={route}") == {
            "payloads": [
                {
                    "timestamp": "1970-01-01T00:00:01.500000+00:00",
                    "api_key": "***cdef",
                    "data": base64.b64encode(b"\xffraw").decode(),
                    "encoding": "zstd",
                    "content_type": "x/y",
                }
            ]
        }
    assert Asked().ask("/fakeintake/payloads", "endpoint=/none") == {"payloads": []}


def test_fakeintake_lists_parsed_payloads_in_the_shape_they_were_sent() -> None:
    def parsed(route: str) -> Any:
        query = f"endpoint={route}&format=json"
        return Asked().ask("/fakeintake/payloads", query)["payloads"][0]["data"]

    assert parsed("/api/v2/series")[0] == {
        "metric": "orders",
        "type": 2,
        "points": [{"timestamp": 10, "value": 0.5}, {"timestamp": 20, "value": 1.5}],
        "tags": ["region:eu", "a"],
        "resources": [{"type": "host", "name": "web-1"}, {"type": "device", "name": "sda"}],
        "unit": "order",
        "interval": 10,
        "source_type_name": "s",
        "metadata": {"origin": {"product": 1, "category": 36, "service": 472}},
    }
    assert parsed("/api/beta/sketches") == [
        {
            "metric": "took",
            "host": "web-1",
            "tags": ["region:eu"],
            "dogsketches": [
                {
                    "ts": 10,
                    "cnt": 4,
                    "min": 1.0,
                    "max": 1.0,
                    "avg": 1.0,
                    "sum": 4.0,
                    "k": [1338],
                    "n": [4],
                }
            ],
            "metadata": {"origin": None},
        }
    ]
    (event,) = parsed("/intake/")
    assert (event["msg_title"], event["msg_text"], event["timestamp"]) == ("t", "x", 5)
    assert parsed("/api/v1/check_run") == [
        {"check": "c", "host_name": "h", "timestamp": 6, "status": 2, "message": "m", "tags": ["b"]}
    ]


def test_fakeintake_refuses_what_the_original_refuses() -> None:
    asked = Asked()
    assert asked.refusal("/fakeintake/payloads") == (400, "missing endpoint query parameter")
    assert asked.refusal("/fakeintake/payloads", "endpoint=/raw&format=json") == (
        400,
        "invalid route parameter",
    )


def test_fakeintake_counts_payloads_by_route() -> None:
    assert Asked().ask("/fakeintake/health") == {}
    stats = Asked().ask("/fakeintake/routestats")["routes"]
    assert stats["/api/v2/series"] == {"id": "/api/v2/series", "count": 1}
    assert len(stats) == 5


def test_fakeintake_answers_can_be_overridden() -> None:
    asked = Asked()
    override = {
        "endpoint": "/api/v2/series",
        "status_code": 418,
        "content_type": "text/plain",
        "body": base64.b64encode(b"teapot").decode(),
    }
    asked.ask("/fakeintake/configure/override", method="POST", body=override)
    assert asked.fakeintake.overrides == {
        ("POST", "/api/v2/series"): Response(418, b"teapot", "text/plain")
    }


def test_overrides_are_checked_and_bounded() -> None:
    asked = Asked()
    path = "/fakeintake/configure/override"
    for body, why in [
        (b'{"status_code":"x"}', "status_code is between 200 and 599"),
        (b'{"status_code":100}', "status_code is between 200 and 599"),
        (b'{"body":"?"}', "body is not base64"),
    ]:
        assert asked.refusal(path, method="POST", body=body) == (400, why)
    for number in range(OVERRIDES_MAX):
        asked.ask(path, method="POST", body={"endpoint": f"/{number}"})
    assert asked.refusal(path, method="POST", body=b'{"endpoint":"/more"}')[0] == 400
