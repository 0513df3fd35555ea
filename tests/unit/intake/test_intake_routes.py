"""What Datadog answers to a request, and what is kept of it."""

import json
import zlib
from collections.abc import Callable

import pytest

from serverless_init.intake.received import ReceivedCheck, ReceivedEvent, ReceivedSeries
from serverless_init.intake.routes import ROUTES, Outcome, respond
from serverless_init.intake.views import StoredPayload
from serverless_init.wire import Request

KEY = "0123456789abcdef"
JSON = {"dd-api-key": KEY, "content-type": "application/json"}
PROTOBUF = {"dd-api-key": KEY, "content-type": "application/x-protobuf"}


def answer(
    path: str,
    body: bytes = b"",
    *,
    headers: dict[str, str] | None = None,
    method: str = "POST",
    query: str = "",
    api_key_required: bool = True,
) -> Outcome:
    request = Request(method, path, query, JSON if headers is None else headers, body)
    return respond(request, now=5.0, api_key_required=api_key_required)


def test_series_are_chosen_by_content_type(encode: Callable[..., bytes]) -> None:
    expected = (ReceivedSeries("m", "count", ((7, 2.0),)),)
    by_protobuf = encode((1, encode((2, "m"), (5, 1), (4, encode((1, 2.0), (2, 7))))))
    by_json = b'{"series":[{"metric":"m","type":1,"points":[{"timestamp":7,"value":2}]}]}'
    for body, headers in [(by_protobuf, PROTOBUF), (by_json, JSON)]:
        outcome = answer("/api/v2/series", body, headers=headers)
        assert (outcome.response.status, outcome.response.body) == (202, b'{"errors":[]}')
        assert outcome.payload == StoredPayload(
            route="/api/v2/series",
            received_at=5.0,
            body=body,
            content_type=headers["content-type"],
            api_key="***cdef",
            plain_bytes=len(body),
            received=expected,
        )


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/api/v1/series", b'{"series":[]}', 202, b'{"status":"ok"}'),
        ("/api/intake/metrics/v3/series", b"", 202, b""),
        ("/api/intake/metrics/v3beta/series", b"", 202, b""),
        ("/api/intake/metrics/v3/sketches", b"", 202, b""),
        ("/api/beta/sketches", b"", 202, b'{"errors":[]}'),
        ("/api/v1/check_run", b"[]", 202, b'{"status":"ok"}'),
        ("/api/v1/events", b'{"title":"t"}', 202, b'{"status":"ok"}'),
        ("/intake/", b"{}", 202, b'{"status":"ok"}'),
        ("/nobody/knows", b"\x00\xff", 200, b'{"errors":[]}'),
    ],
)
def test_each_route_answers_like_datadog(path: str, body: bytes, status: int, text: bytes) -> None:
    outcome = answer(path, body)
    assert (outcome.response.status, outcome.response.body) == (status, text)
    assert outcome.payload is not None
    assert outcome.payload.body == body
    assert outcome.refusal == ""


def test_events_and_checks_are_understood() -> None:
    event = answer("/intake/", b'{"events":{"api":[{"msg_title":"t","timestamp":3}]}}').payload
    check = answer("/api/v1/check_run", b'[{"check":"c","status":1,"timestamp":3}]').payload
    assert event is not None
    assert check is not None
    assert event.received == (ReceivedEvent("t", "", 3, source_type="api"),)
    assert check.received == (ReceivedCheck("c", 1, 3),)


def test_an_encoded_body_is_kept_as_sent_and_understood() -> None:
    body = zlib.compress(b'[{"check":"c","status":1}]')
    outcome = answer("/api/v1/check_run", body, headers={**JSON, "content-encoding": "deflate"})
    assert outcome.payload is not None
    assert (outcome.payload.body, outcome.payload.encoding) == (body, "deflate")
    assert outcome.payload.plain_bytes == 26
    assert outcome.payload.received == (ReceivedCheck("c", 1, 0),)


def test_what_cannot_be_decoded_is_refused_and_kept_raw() -> None:
    outcome = answer("/api/v2/series", b"\x08", headers=PROTOBUF)
    assert outcome.response.status == 400
    assert json.loads(outcome.response.body) == {"errors": ["a varint is cut off or too long"]}
    assert outcome.refusal == "400 a varint is cut off or too long"
    assert outcome.payload is not None
    assert outcome.payload.body == b"\x08"
    assert outcome.payload.error == "a varint is cut off or too long"


def test_a_wrong_encoding_is_a_body_that_cannot_be_decoded() -> None:
    outcome = answer("/api/v1/check_run", b"[]", headers={**JSON, "content-encoding": "zstd"})
    assert outcome.response.status == 400
    assert outcome.refusal.startswith("400 the body does not decompress")


def test_without_an_api_key_nothing_is_taken() -> None:
    for path in ("/api/v2/series", "/intake/", "/nobody/knows"):
        outcome = answer(path, b"", headers={"dd-api-key": " "})
        assert (outcome.response.status, outcome.payload) == (403, None)
        assert json.loads(outcome.response.body) == {"errors": ["Forbidden"]}
        assert outcome.refusal == "403 Forbidden"


def test_a_key_in_the_query_is_a_key() -> None:
    outcome = answer("/api/v1/check_run", b"[]", headers={}, query=f"api_key={KEY}")
    assert outcome.response.status == 202
    assert outcome.payload is not None
    assert outcome.payload.api_key == "***cdef"


def test_a_short_key_is_not_shown_at_all() -> None:
    outcome = answer("/x", headers={"dd-api-key": "12345678"})
    assert outcome.payload is not None
    assert outcome.payload.api_key == "***"


def test_the_check_of_the_key_can_be_switched_off() -> None:
    outcome = answer("/x", headers={}, api_key_required=False)
    assert outcome.response.status == 200
    assert outcome.payload is not None
    assert outcome.payload.api_key == ""


def test_a_key_is_validated() -> None:
    valid = answer("/api/v1/validate", method="GET")
    assert (valid.response.status, json.loads(valid.response.body)) == (200, {"valid": True})
    assert answer("/api/v1/validate", method="GET", headers={}).response.status == 403


def test_other_methods_are_refused() -> None:
    assert answer("/api/v2/series", method="GET").response.status == 404
    assert answer("/api/v2/series", method="HEAD").response.status == 404
    assert answer("/api/v2/series", method="PUT").response.status == 405


def test_the_limits_of_a_route_are_enforced_at_the_byte() -> None:
    at_most = ROUTES["/api/v2/series"].body_bytes_max
    assert at_most == 512_000
    plain = b'{"series":[]}'
    fits = answer("/api/v2/series", plain.ljust(at_most))
    too_large = answer("/api/v2/series", plain.ljust(at_most + 1))
    assert fits.response.status == 202
    assert (too_large.response.status, too_large.payload) == (413, None)
    assert too_large.refusal == "413 a body has at most 512000 bytes"


def test_the_limit_of_the_decompressed_body_is_enforced_at_the_byte() -> None:
    at_most = ROUTES["/api/v2/series"].plain_bytes_max
    assert at_most == 5_242_880
    headers = {**JSON, "content-encoding": "deflate"}
    for surplus, status in [(0, 202), (1, 413)]:
        body = zlib.compress(b'{"series":[]}'.ljust(at_most + surplus))
        assert answer("/api/v2/series", body, headers=headers).response.status == status
