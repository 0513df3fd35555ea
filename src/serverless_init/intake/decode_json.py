"""The public API's JSON bodies: series v1 and v2, service checks, events.

Everything here raises `Undecodable` with the place and the reason for what does not fit.
"""

import json
from collections.abc import Iterator, Mapping
from math import isfinite

from serverless_init.errors import Undecodable
from serverless_init.intake.received import (
    SERIES_KINDS,
    ReceivedCheck,
    ReceivedEvent,
    ReceivedOrigin,
    ReceivedSeries,
)

_INTEGER_MAX = 2**63 - 1


class _Object:
    """A JSON object that knows where it stands and insists on its members' types."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise Undecodable(f"{where} is not an object")
        self._members: Mapping[str, object] = value
        self._where = where

    def text(self, name: str, default: str = "") -> str:
        value = self._members.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise Undecodable(f"{self._where}.{name} is not a string")
        return value

    def integer(self, name: str) -> int:
        value = self._members.get(name)
        return 0 if value is None else _integer(value, f"{self._where}.{name}")

    def texts(self, name: str) -> tuple[str, ...]:
        items = self.items(name)
        if not all(isinstance(item, str) for item in items):
            raise Undecodable(f"{self._where}.{name} is not a list of strings")
        return tuple(str(item) for item in items)

    def objects(self, name: str) -> "Iterator[_Object]":
        for index, item in enumerate(self.items(name)):
            yield _Object(item, f"{self._where}.{name}[{index}]")

    def items(self, name: str) -> list[object]:
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Undecodable(f"{self._where}.{name} is not a list")
        return value

    def child(self, name: str) -> "_Object | None":
        value = self._members.get(name)
        return None if value is None else _Object(value, f"{self._where}.{name}")

    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise Undecodable(f"{self._where}.{name} is missing")
        return value

    def points(self, name: str) -> tuple[tuple[int, float], ...]:
        """The pairs ``[timestamp, value]`` of series v1."""
        found = []
        for index, item in enumerate(self.items(name)):
            where = f"{self._where}.{name}[{index}]"
            if not isinstance(item, list) or len(item) != 2:
                raise Undecodable(f"{where} is not a pair")
            found.append((_integer(item[0], where), _number(item[1], where)))
        return tuple(found)

    def number(self, name: str) -> float:
        return _number(self._members.get(name), f"{self._where}.{name}")


def decode_series_v2(body: bytes) -> tuple[ReceivedSeries, ...]:
    """``{"series": [{"metric", "type", "points": [{"timestamp", "value"}], ...}]}``."""
    return tuple(_series_v2(series) for series in _Object(_json(body), "body").objects("series"))


def decode_series_v1(body: bytes) -> tuple[ReceivedSeries, ...]:
    """``{"series": [{"metric", "type", "points": [[timestamp, value]], ...}]}``."""
    return tuple(_series_v1(series) for series in _Object(_json(body), "body").objects("series"))


def decode_checks(body: bytes) -> tuple[ReceivedCheck, ...]:
    """A list of checks, or one check alone."""
    value = _json(body)
    items = value if isinstance(value, list) else [value] if value else []
    return tuple(_check(_Object(item, f"body[{index}]")) for index, item in enumerate(items))


def decode_intake(body: bytes) -> tuple[ReceivedEvent, ...]:
    """The agent's ``{"events": {source type: [event]}}``; a body of metadata has no events."""
    sources = _Object(_json(body), "body").child("events")
    if sources is None:
        return ()
    return tuple(
        _event(event, title="msg_title", text="msg_text", when="timestamp", source=source)
        for source in sources.names()
        for event in sources.objects(source)
    )


def decode_event(body: bytes) -> tuple[ReceivedEvent, ...]:
    """The public API's single event."""
    event = _Object(_json(body), "body")
    event.required("title")
    return (_event(event, title="title", text="text", when="date_happened", source=""),)


def _series_v2(series: _Object) -> ReceivedSeries:
    kind = series.integer("type")
    if not 0 <= kind < len(SERIES_KINDS):
        raise Undecodable(f"a series has the type {kind}")
    resources = [(item.text("type"), item.text("name")) for item in series.objects("resources")]
    points = tuple((p.integer("timestamp"), p.number("value")) for p in series.objects("points"))
    metadata = series.child("metadata")
    origin = metadata and metadata.child("origin")
    return ReceivedSeries(
        metric=series.required("metric"),
        kind=SERIES_KINDS[kind],
        points=points,
        tags=series.texts("tags"),
        host=next((name for type_, name in resources if type_ == "host"), ""),
        unit=series.text("unit"),
        interval_s=series.integer("interval"),
        source_type=series.text("source_type_name"),
        resources=tuple(resource for resource in resources if resource[0] != "host"),
        origin=ReceivedOrigin(*(origin.integer(n) for n in ("product", "category", "service")))
        if origin
        else None,
    )


def _series_v1(series: _Object) -> ReceivedSeries:
    kind = series.text("type", "gauge")
    if kind not in SERIES_KINDS:
        raise Undecodable(f"a series has the type {kind!r}")
    device = series.text("device")
    return ReceivedSeries(
        metric=series.required("metric"),
        kind=kind,
        points=series.points("points"),
        tags=series.texts("tags"),
        host=series.text("host"),
        interval_s=series.integer("interval"),
        source_type=series.text("source_type_name"),
        resources=(("device", device),) if device else (),
    )


def _check(check: _Object) -> ReceivedCheck:
    status = check.integer("status")
    if not 0 <= status <= 3:
        raise Undecodable(f"a check has the status {status}")
    return ReceivedCheck(
        name=check.required("check"),
        status=status,
        timestamp=check.integer("timestamp"),
        host=check.text("host_name"),
        message=check.text("message"),
        tags=check.texts("tags"),
    )


def _event(event: _Object, *, title: str, text: str, when: str, source: str) -> ReceivedEvent:
    return ReceivedEvent(
        title=event.text(title),
        text=event.text(text),
        timestamp=event.integer(when),
        host=event.text("host"),
        tags=event.texts("tags"),
        priority=event.text("priority", "normal"),
        alert_type=event.text("alert_type", "info"),
        aggregation_key=event.text("aggregation_key"),
        source_type=event.text("source_type_name", source),
    )


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"the body is not JSON: {error}") from None


def _number(value: object, where: str) -> float:
    """A finite number; true and false are none, nor are NaN and Infinity, which json accepts."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Undecodable(f"{where} is not a number")
    try:
        number = float(value)
    except OverflowError:
        raise Undecodable(f"{where} is too large") from None
    if not isfinite(number):
        raise Undecodable(f"{where} is {number}")
    return number


def _integer(value: object, where: str) -> int:
    """A number without its fraction, as the API takes timestamps; it must fit 64 bits."""
    number = _number(value, where)
    if abs(number) >= _INTEGER_MAX:
        raise Undecodable(f"{where} is too large")
    return value if isinstance(value, int) else int(number)
