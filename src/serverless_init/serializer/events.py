"""Events as the intake's JSON: ``{"apiKey":"","events":{"<source type>":[...]},...}``.

Events stand under their source type, ``api`` when they have none. The key in the body stays empty:
the request's header carries it.
"""

from collections.abc import Iterable

from serverless_init.model import INTAKE, Event, PayloadKind
from serverless_init.serializer.json_text import json_text
from serverless_init.serializer.split import Item, PayloadFormat
from serverless_init.serializer.utf8 import text

_NO_SOURCE_TYPE = "api"


def events_format(hostname: bytes) -> PayloadFormat:
    """The format for events sent by `hostname`, which may be empty."""
    return PayloadFormat(
        PayloadKind.EVENTS,
        INTAKE,
        "application/json",
        header=b'{"apiKey":"","events":{',
        separator=b",",
        footer=b']},"internalHostname":' + json_text(text(hostname)) + b"}",
        grouped=True,
    )


def by_source_type(events: Iterable[Event]) -> list[Event]:
    """`events` in the order in which they share payloads best: by source type, then arrival."""
    return sorted(events, key=_group)


class EventEncoder:
    """Encodes events."""

    def encode(self, event: Event) -> Item:
        """`event` as one JSON object, grouped by source type."""
        fields: dict[str, object] = {
            "msg_title": text(event.title),
            "msg_text": text(event.text),
            "timestamp": event.timestamp,
            "priority": event.priority.value,
            "host": text(event.host),
        }
        if event.tags:
            fields["tags"] = [text(tag) for tag in event.tags]
        fields["alert_type"] = event.alert_type.value
        if event.aggregation_key:
            fields["aggregation_key"] = text(event.aggregation_key)
        if event.source_type:
            fields["source_type_name"] = text(event.source_type)
        return Item(json_text(fields), points=0, samples=1, group=_group(event))


def _group(event: Event) -> bytes:
    return json_text(text(event.source_type) or _NO_SOURCE_TYPE)
