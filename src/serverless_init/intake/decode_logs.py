"""Decoder of the logs intake's bodies: one object, or a list of them; what is wrong raises.

Every key may be missing, as the API has it; a key that the intake does not know is an attribute of
the message. Written from the API's documentation, not from our encoder.
"""

import json

from serverless_init.errors import Undecodable
from serverless_init.intake.received import ReceivedLog

_TEXTS = ("message", "status", "hostname", "service", "ddsource", "ddtags")
_ENTRIES_MAX = 1000


def decode_logs(body: bytes) -> tuple[ReceivedLog, ...]:
    """The messages in order. Raises `Undecodable`; the intake takes a body whole or not at all."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"the body is not JSON: {error}") from None
    entries = value if isinstance(value, list) else [value]
    if len(entries) > _ENTRIES_MAX:
        raise Undecodable(f"a body has at most {_ENTRIES_MAX} messages, not {len(entries)}")
    # An empty object is what the Agent asks the intake's health with.
    return tuple(_log(entry, n) for n, entry in enumerate(entries) if entry != {})


def _log(entry: object, number: int) -> ReceivedLog:
    if not isinstance(entry, dict):
        raise Undecodable(f"body[{number}] is not an object")
    texts = {name: _text(entry, name, number) for name in _TEXTS}
    timestamp = entry.get("timestamp", 0)
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        raise Undecodable(f"body[{number}].timestamp is not a whole number")
    known = {*_TEXTS, "timestamp"}
    return ReceivedLog(
        message=texts["message"],
        status=texts["status"],
        timestamp_ms=timestamp,
        host=texts["hostname"],
        service=texts["service"],
        source=texts["ddsource"],
        tags=tuple(tag for tag in texts["ddtags"].split(",") if tag),
        attributes=tuple((k, json.dumps(v)) for k, v in entry.items() if k not in known),
    )


def _text(entry: dict[str, object], name: str, number: int) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise Undecodable(f"body[{number}].{name} is not a text")
    return value
