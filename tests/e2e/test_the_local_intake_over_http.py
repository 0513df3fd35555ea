"""The local intake as any Datadog client sees it: a plain HTTP client from another thread."""

import gzip
import json
import threading
import zlib
from http.client import HTTPConnection, RemoteDisconnected
from typing import Any

import pytest
import zstandard

from serverless_init.intake import FaultStep, StoreBounds
from serverless_init.testing import IntakeThread

SERIES = {
    "series": [
        {
            "metric": "orders",
            "type": 1,
            "points": [{"timestamp": 1_700_000_000, "value": 3}],
            "tags": ["env:test"],
        }
    ]
}


class Client:
    """One connection to the intake, with an API key."""

    def __init__(self, intake: IntakeThread) -> None:
        self.connection = HTTPConnection("127.0.0.1", intake.port, timeout=5)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("POST", path, body, {"DD-Api-Key": "k", **names})
        return self.read()

    def get(self, path: str) -> tuple[int, Any]:
        self.connection.request("GET", path)
        return self.read()

    def read(self) -> tuple[int, Any]:
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


def test_series_of_every_encoding_arrive() -> None:
    body = json.dumps(SERIES).encode()
    with IntakeThread() as intake, Client(intake) as client:
        for encoding, encoded in [
            ("identity", body),
            ("gzip", gzip.compress(body)),
            ("deflate", zlib.compress(body)),
            ("zstd", zstandard.compress(body)),
        ]:
            answer = client.post("/api/v2/series", encoded, Content_Encoding=encoding)
            assert answer == (202, {"errors": []})
        (view,) = intake.snapshot().series
        assert view.points == ((1_700_000_000, 3.0),)
        assert view.duplicates == 3
        assert intake.points("orders", ("env:test",)) == ((1_700_000_000, 3.0),)
        assert intake.points("orders", ("env:prod",)) == ()


def test_a_chunked_body_arrives() -> None:
    body = json.dumps(SERIES).encode()
    with IntakeThread() as intake, Client(intake) as client:
        client.connection.request(
            "POST",
            "/api/v2/series",
            iter([body[:10], body[10:]]),
            {"DD-Api-Key": "k"},
            encode_chunked=True,
        )
        assert client.read()[0] == 202
        assert len(intake.points("orders")) == 1


def test_what_was_received_can_be_asked_for() -> None:
    with IntakeThread() as intake, Client(intake) as client:
        client.post("/api/v2/series", json.dumps(SERIES).encode())
        status, answer = client.get("/local/points?metric=orders&tags=env:test")
        assert status == 200
        assert answer["series"][0]["sum"] == 3.0
        status, answer = client.get("/fakeintake/payloads?endpoint=/api/v2/series&format=json")
        assert answer["payloads"][0]["data"][0]["metric"] == "orders"
        assert client.get("/local/nothing") == (404, {"errors": ["no such route: /local/nothing"]})


def test_an_override_replaces_the_answer_and_the_payload_is_kept() -> None:
    with IntakeThread() as intake, Client(intake) as client:
        override = {"endpoint": "/api/v2/series", "status_code": 413, "body": "e30="}
        client.post("/fakeintake/configure/override", json.dumps(override).encode())
        assert client.post("/api/v2/series", json.dumps(SERIES).encode()) == (413, {})
        assert len(intake.points("orders")) == 1


def test_an_undecodable_body_is_refused_kept_and_counted() -> None:
    with IntakeThread() as intake, Client(intake) as client:
        status, answer = client.post("/api/beta/sketches", b"\x08")
        assert (status, answer) == (400, {"errors": ["a varint is cut off or too long"]})
        totals = intake.query(lambda store: store.totals()).routes["/api/beta/sketches"]
        assert (totals.requests, totals.payloads, totals.undecodable) == (1, 1, 1)
        (kept,) = intake.query(lambda store: store.payloads("/api/beta/sketches"))
        assert kept.body == b"\x08"


def test_faults_are_played_in_order() -> None:
    faults = {"/api/v2/series": [FaultStep(status=500, times=2), FaultStep(reset=True)]}
    with IntakeThread(faults=faults) as intake, Client(intake) as client:
        body = json.dumps(SERIES).encode()
        assert [client.post("/api/v2/series", body)[0] for _ in range(2)] == [500, 500]
        with pytest.raises((ConnectionResetError, RemoteDisconnected)):
            client.post("/api/v2/series", body)
        assert client.post("/api/v2/series", body)[0] == 202
        intake.script("/api/v2/series", [FaultStep(status=429)])
        assert client.post("/api/v2/series", body)[0] == 429
        assert len(intake.points("orders")) == 1


def test_faults_are_set_over_http() -> None:
    with IntakeThread() as intake, Client(intake) as client:
        script = {"route": "*", "steps": [{"status": 503, "times": 1}]}
        assert client.post("/local/faults", json.dumps(script).encode()) == (200, {})
        assert client.post("/intake/", b"{}")[0] == 503
        assert client.post("/intake/", b"{}")[0] == 202


def test_waiting_ends_with_the_request_that_was_waited_for() -> None:
    with IntakeThread() as intake, Client(intake) as client:
        sender = threading.Thread(
            target=client.post, args=("/api/v2/series", json.dumps(SERIES).encode())
        )
        sender.start()
        intake.wait_until(lambda store: bool(store.series()))
        sender.join()
        with pytest.raises(AssertionError, match=r"still not so after 0\.01 s"):
            intake.wait_until(lambda store: len(store.series()) > 1, timeout_s=0.01)


def test_the_store_is_bounded() -> None:
    with IntakeThread(bounds=StoreBounds(items_max=2)) as intake, Client(intake) as client:
        for number in range(5):
            check = {"check": f"c{number}", "status": 0}
            client.post("/api/v1/check_run", json.dumps([check]).encode())
        assert [check.name for check in intake.snapshot().checks] == ["c3", "c4"]
        assert intake.snapshot().totals.forgotten_items == 3


def test_a_stopped_intake_is_unreachable_and_still_tells_what_came() -> None:
    with IntakeThread() as intake, Client(intake) as client:
        client.post("/api/v2/series", json.dumps(SERIES).encode())
        intake.stop()
        with pytest.raises(OSError, match=r"refused|reset|closed"):
            client.post("/api/v2/series", b"{}")
        assert len(intake.points("orders")) == 1
        intake.clear()
        assert intake.points("orders") == ()


def test_many_clients_are_served_at_once() -> None:
    def send(number: int) -> None:
        with Client(intake) as client:
            for turn in range(10):
                check = {"check": f"{number}.{turn}", "status": 0}
                assert client.post("/api/v1/check_run", json.dumps(check).encode())[0] == 202

    with IntakeThread() as intake:
        threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(intake.snapshot().checks) == 200
