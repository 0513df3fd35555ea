"""The JSON bodies of the public API and of the agent."""

import json

import pytest

from serverless_init.errors import Undecodable
from serverless_init.intake import decode_json
from serverless_init.intake.received import (
    ReceivedCheck,
    ReceivedEvent,
    ReceivedOrigin,
    ReceivedSeries,
)


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def test_series_v2_is_decoded_with_all_its_fields() -> None:
    series = {
        "metric": "m",
        "type": 1,
        "points": [{"timestamp": 1_700_000_000, "value": 2}],
        "interval": 10,
        "unit": "second",
        "tags": ["a:1"],
        "resources": [{"name": "web-1", "type": "host"}, {"name": "x", "type": "device"}],
        "source_type_name": "s",
        "metadata": {"origin": {"metric_type": 0, "product": 1, "category": 2, "service": 3}},
    }
    assert decode_json.decode_series_v2(body({"series": [series]})) == (
        ReceivedSeries(
            metric="m",
            kind="count",
            points=((1_700_000_000, 2.0),),
            tags=("a:1",),
            host="web-1",
            unit="second",
            interval_s=10,
            source_type="s",
            resources=(("device", "x"),),
            origin=ReceivedOrigin(1, 2, 3),
        ),
    )


def test_series_v1_is_decoded_with_all_its_fields() -> None:
    series = {
        "metric": "m",
        "points": [[1_700_000_000, 1.5], [1_700_000_010.9, 2]],
        "type": "rate",
        "interval": 10,
        "host": "h",
        "device": "sda",
        "tags": None,
        "source_type_name": "System",
    }
    assert decode_json.decode_series_v1(body({"series": [series]})) == (
        ReceivedSeries(
            metric="m",
            kind="rate",
            points=((1_700_000_000, 1.5), (1_700_000_010, 2.0)),
            host="h",
            interval_s=10,
            source_type="System",
            resources=(("device", "sda"),),
        ),
    )


def test_series_v1_without_a_type_is_a_gauge() -> None:
    (series,) = decode_json.decode_series_v1(b'{"series":[{"metric":"m","points":[]}]}')
    assert series == ReceivedSeries(metric="m", kind="gauge", points=())


def test_checks_come_in_a_list_or_alone() -> None:
    check = {
        "check": "db.up",
        "host_name": "h",
        "timestamp": 5,
        "status": 2,
        "message": "m",
        "tags": ["a"],
    }
    decoded = ReceivedCheck("db.up", 2, 5, "h", "m", ("a",))
    assert decode_json.decode_checks(body([check, check])) == (decoded, decoded)
    assert decode_json.decode_checks(body(check)) == (decoded,)
    assert decode_json.decode_checks(b'[{"check":"c","status":0,"tags":null}]') == (
        ReceivedCheck("c", 0, 0),
    )
    assert decode_json.decode_checks(b"{}") == ()


def test_events_come_by_source_type() -> None:
    full = {
        "msg_title": "t",
        "msg_text": "x",
        "timestamp": 5,
        "priority": "low",
        "host": "h",
        "tags": ["a"],
        "alert_type": "error",
        "aggregation_key": "k",
        "source_type_name": "own",
    }
    sent = {"apiKey": "", "events": {"api": [full], "s": [{"msg_title": "t2"}]}}
    assert decode_json.decode_intake(body(sent)) == (
        ReceivedEvent("t", "x", 5, "h", ("a",), "low", "error", "k", "own"),
        ReceivedEvent("t2", "", 0, source_type="s"),
    )


def test_metadata_on_the_intake_route_has_no_events() -> None:
    assert decode_json.decode_intake(b'{"internalHostname":"h","agentVersion":"7"}') == ()


def test_a_public_event_is_one_object() -> None:
    sent = {"title": "t", "text": "x", "date_happened": 7, "tags": ["a"]}
    assert decode_json.decode_event(body(sent)) == (ReceivedEvent("t", "x", 7, tags=("a",)),)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "body is not an object"),
        (b'{"series":{}}', "body.series is not a list"),
        (b'{"series":[1]}', "body.series[0] is not an object"),
        (b'{"series":[{}]}', "body.series[0].metric is missing"),
        (b'{"series":[{"metric":1}]}', "body.series[0].metric is not a string"),
        (b'{"series":[{"metric":"m","type":9}]}', "a series has the type 9"),
        (b'{"series":[{"metric":"m","tags":[1]}]}', "body.series[0].tags is not a list of strings"),
        (
            b'{"series":[{"metric":"m","points":[{"value":NaN}]}]}',
            "body.series[0].points[0].value is nan",
        ),
        (
            b'{"series":[{"metric":"m","points":[{"value":true}]}]}',
            "body.series[0].points[0].value is not a number",
        ),
        (
            b'{"series":[{"metric":"m","points":[{"timestamp":1e300,"value":1}]}]}',
            "body.series[0].points[0].timestamp is too large",
        ),
        (
            b'{"series":[{"metric":"m","points":[{"timestamp":1,"value":1' + b"0" * 400 + b"}]}]}",
            "body.series[0].points[0].value is too large",
        ),
    ],
)
def test_a_series_that_does_not_fit_says_where_and_why(sent: bytes, why: str) -> None:
    with pytest.raises(Undecodable) as raised:
        decode_json.decode_series_v2(sent)
    assert str(raised.value) == why


def test_other_bodies_that_do_not_fit_say_where_and_why() -> None:
    for decode, sent, why in [
        (
            decode_json.decode_series_v1,
            b'{"series":[{"metric":"m","points":[[1]]}]}',
            "body.series[0].points[0] is not a pair",
        ),
        (
            decode_json.decode_series_v1,
            b'{"series":[{"metric":"m","type":"x"}]}',
            "a series has the type 'x'",
        ),
        (decode_json.decode_checks, b"[{}]", "body[0].check is missing"),
        (decode_json.decode_checks, b'[{"check":"c","status":4}]', "a check has the status 4"),
        (decode_json.decode_checks, b"[1]", "body[0] is not an object"),
        (decode_json.decode_intake, b'{"events":[]}', "body.events is not an object"),
        (decode_json.decode_intake, b'{"events":{"api":1}}', "body.events.api is not a list"),
        (decode_json.decode_event, b"{}", "body.title is missing"),
    ]:
        with pytest.raises(Undecodable) as raised:
            decode(sent)
        assert str(raised.value) == why


def test_a_body_nested_too_deeply_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="not JSON"):
        decode_json.decode_checks(b"[" * 100_000)
