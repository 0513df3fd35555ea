"""Events as the intake's JSON: ``{"apiKey":"","events":{"<source type>":[...]},...}``.

Events stand under their source type, ``api`` when they have none. The key in the body stays empty:
the request's header carries it.
"""

from collections.abc import Iterable

from serverless_init.model import INTAKE, Event, PayloadKind
from serverless_init.serializer.json_text import json_string, json_strings
from serverless_init.serializer.split import Item, PayloadFormat

_NO_SOURCE_TYPE = b"api"


def events_format(hostname: bytes) -> PayloadFormat:
    """The format for events sent by `hostname`, which may be empty."""
    return PayloadFormat(
        PayloadKind.EVENTS,
        INTAKE,
        "application/json",
        header=b'{"apiKey":"","events":{',
        separator=b",",
        footer=b']},"internalHostname":' + json_string(hostname) + b"}",
        grouped=True,
    )


def by_source_type(events: Iterable[Event]) -> list[Event]:
    """`events` in the order in which they share payloads best: by source type, then arrival."""
    return sorted(events, key=_group)


class EventEncoder:
    """Encodes events."""

    def encode(self, event: Event) -> Item:
        """`event` as one JSON object, grouped by source type."""
        fields = [
            b'{"msg_title":' + json_string(event.title),
            b'"msg_text":' + json_string(event.text),
            b'"timestamp":%d' % event.timestamp,
            b'"priority":' + json_string(event.priority.value.encode()),
            b'"host":' + json_string(event.host),
        ]
        if event.tags:
            fields.append(b'"tags":' + json_strings(event.tags))
        fields.append(b'"alert_type":' + json_string(event.alert_type.value.encode()))
        if event.aggregation_key:
            fields.append(b'"aggregation_key":' + json_string(event.aggregation_key))
        if event.source_type:
            fields.append(b'"source_type_name":' + json_string(event.source_type))
        body = b",".join(fields) + b"}"
        return Item(body, points=0, samples=1, group=_group(event))


def _group(event: Event) -> bytes:
    return json_string(event.source_type or _NO_SOURCE_TYPE)
