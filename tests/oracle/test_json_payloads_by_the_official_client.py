"""What the models of Datadog's own API client read from our JSON is what was put in.

The client's models let pass what they do not understand and mark it; here that is a failure. Of the
agent's own shapes, which the public API does not have, only the parts are compared: the models have
an event but not the agent's body around it, and no null in the place of no tags.
"""

import json
from typing import Any

import pytest
from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import validate_and_convert_types
from datadog_api_client.v1.model.event_alert_type import EventAlertType
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v1.model.event_priority import EventPriority as ClientPriority
from datadog_api_client.v1.model.metrics_payload import MetricsPayload
from datadog_api_client.v1.model.service_checks import ServiceChecks
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_resource import MetricResource
from datadog_api_client.v2.model.metric_series import MetricSeries

from serverless_init.config import SerializerSettings
from serverless_init.intake.decode_json import decode_series_v1, decode_series_v2
from serverless_init.intake.received import ReceivedSeries
from serverless_init.model import (
    AlertType,
    CheckStatus,
    Event,
    EventPriority,
    Origin,
    Serie,
    SerieKind,
    ServiceCheck,
)
from serverless_init.serializer import Serializer
from serverless_init.wire import choose_codec


def serializer() -> Serializer:
    return Serializer(
        SerializerSettings(use_v2_series=False),
        codec=choose_codec("none"),
        origin=lambda name: Origin(1, 36, 472),
        hostname=b"web-1",
    )


def read(model: type, data: object) -> Any:
    """`data` as the client's `model`, all of it understood."""
    found = validate_and_convert_types(
        data, (model,), ["body"], True, True, configuration=Configuration()
    )
    assert not _is_foreign(found), found
    return found


def _is_foreign(value: Any) -> bool:
    """Whether the client marked `value`, or something in it, as not understood."""
    if isinstance(value, list | tuple):
        return any(map(_is_foreign, value))
    inside = getattr(value, "_data_store", {})
    return bool(getattr(value, "_unparsed", False)) or any(map(_is_foreign, inside.values()))


def a_serie(**changes: Any) -> Serie:
    fields: dict[str, Any] = {
        "name": b"m",
        "tags": (),
        "host": b"",
        "kind": SerieKind.GAUGE,
        "points": ((1, 1.0),),
        "interval_s": 10,
    }
    return Serie(**fields | changes)


def series_of(*series: Serie) -> Any:
    (payload,) = serializer().series(series)
    assert payload.content_type == "application/json"
    return read(MetricsPayload, json.loads(payload.body)).series


@pytest.mark.parametrize(
    "series",
    [{"points": [[1, 2]]}, {"metric": "m", "points": [["x", 2]]}, {"metric": 1, "points": []}],
)
def test_the_client_does_not_let_pass_what_it_does_not_understand(series: object) -> None:
    with pytest.raises(AssertionError):
        read(MetricsPayload, {"series": [series]})


def test_every_field_of_a_v1_serie_is_read_back() -> None:
    serie = Serie(
        name=b"shop.orders",
        tags=(b"env:prod", "città:è".encode()),
        host=b"web-1",
        kind=SerieKind.RATE,
        points=((1_700_000_000, 0.5), (1_700_000_010, -2.0)),
        interval_s=10,
        unit=b"millisecond",
    )

    (found,) = series_of(serie)

    assert found.metric == "shop.orders"
    assert found.tags == ["env:prod", "città:è"]
    assert found.host == "web-1"
    assert found.type == "rate"
    assert [point.value for point in found.points] == [[1_700_000_000, 0.5], [1_700_000_010, -2.0]]
    assert found.interval == 10
    assert set(found.to_dict()) == {"metric", "points", "tags", "host", "type", "interval"}


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (SerieKind.COUNT, "count"),
        (SerieKind.RATE, "rate"),
        (SerieKind.GAUGE, "gauge"),
        (SerieKind.UNSPECIFIED, "gauge"),
    ],
)
def test_the_type_of_a_v1_serie_is_a_word(kind: SerieKind, type_: str) -> None:
    (found,) = series_of(a_serie(kind=kind))

    assert found.type == type_


@pytest.mark.parametrize(
    ("tags", "device", "left"),
    [
        ((b"a", b"device:sda", b"z"), "sda", ["a", "z"]),
        ((b"device:sda", b"device:sdb"), "sdb", ["device:sda"]),
        ((b"device:",), None, ["device:"]),
        ((b"dd.internal.resource:db:d",), None, ["dd.internal.resource:db:d"]),
    ],
)
def test_the_last_device_of_a_v1_serie_is_no_tag_and_there_are_no_other_resources(
    tags: tuple[bytes, ...], device: str | None, left: list[str]
) -> None:
    (found,) = series_of(a_serie(tags=tags))

    assert found.to_dict().get("device") == device
    assert found.tags == left


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 3.0, -1.5, 0.1, 1e300, -5e-324, 2.0**53, 1.7976931348623157e308]
)
def test_a_value_of_a_v1_serie_is_read_back_exactly(value: float) -> None:
    (found,) = series_of(a_serie(points=((1, value),)))

    assert [point.value for point in found.points] == [[1, value]]


def test_invalid_utf8_is_replaced_wherever_a_v1_serie_has_text() -> None:
    tags = (b't:"\xc3', b"device:d\xff")
    (found,) = series_of(a_serie(name=b"m\xff", tags=tags, host=b"h\xfe"))

    assert (found.metric, found.tags, found.host) == ("m\ufffd", ['t:"\ufffd'], "h\ufffd")
    assert found.to_dict()["device"] == "d\ufffd"


def test_the_intake_reads_from_a_v1_body_what_the_client_does() -> None:
    serie = a_serie(name=b"x", tags=(b"a", b"device:sda"), host=b"h", points=((5, 2.5),))
    (payload,) = serializer().series([serie])

    assert decode_series_v1(payload.body) == (
        ReceivedSeries(
            metric="x",
            kind="gauge",
            points=((5, 2.5),),
            tags=("a",),
            host="h",
            interval_s=10,
            resources=(("device", "sda"),),
        ),
    )


def test_the_intake_reads_what_the_client_sends_as_v2() -> None:
    series = MetricSeries(
        metric="m",
        type=1,
        points=[MetricPoint(timestamp=5, value=2.5)],
        tags=["a"],
        unit="byte",
        interval=10,
        resources=[MetricResource(type="host", name="h"), MetricResource(type="db", name="d")],
    )
    body = json.dumps(MetricPayload(series=[series]).to_dict()).encode()

    assert decode_series_v2(body) == (
        ReceivedSeries(
            metric="m",
            kind="count",
            points=((5, 2.5),),
            tags=("a",),
            host="h",
            unit="byte",
            interval_s=10,
            resources=(("db", "d"),),
        ),
    )


@pytest.mark.parametrize("status", list(CheckStatus))
def test_service_checks_are_read_back(status: CheckStatus) -> None:
    check = ServiceCheck(
        name=b"db.up", status=status, timestamp=7, host=b"h", message=b'"m"', tags=(b"a", b"b")
    )
    (payload,) = serializer().service_checks([check])

    (found,) = read(ServiceChecks, json.loads(payload.body)).value

    assert (found.check, found.host_name, found.timestamp) == ("db.up", "h", 7)
    assert (found.message, found.tags, found.status.value) == ('"m"', ["a", "b"], int(status))


def test_a_check_without_tags_has_a_null_as_the_agents() -> None:
    (payload,) = serializer().service_checks([ServiceCheck(b"c", CheckStatus.OK)])

    assert json.loads(payload.body)[0]["tags"] is None


@pytest.mark.parametrize("alert_type", list(AlertType))
@pytest.mark.parametrize("priority", list(EventPriority))
def test_an_event_is_one_of_the_clients_but_for_three_names(
    alert_type: AlertType, priority: EventPriority
) -> None:
    event = Event(
        title=b"t", text=b"x\ny", timestamp=7, priority=priority, alert_type=alert_type,
        host=b"h", aggregation_key=b"k", source_type=b"nagios", tags=(b"a",),
    )  # fmt: skip
    (payload,) = serializer().events([event])
    (sent,) = json.loads(payload.body)["events"]["nagios"]
    renamed = {"msg_title": "title", "msg_text": "text", "timestamp": "date_happened"}

    found = read(EventCreateRequest, {renamed.get(key, key): sent[key] for key in sent})

    assert (found.title, found.text, found.date_happened) == ("t", "x\ny", 7)
    assert (found.host, found.aggregation_key, found.tags) == ("h", "k", ["a"])
    assert found.source_type_name == "nagios"
    assert found.alert_type == EventAlertType(alert_type.value)
    assert found.priority == ClientPriority(priority.value)
