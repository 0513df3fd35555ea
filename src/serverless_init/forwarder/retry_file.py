"""Payloads as a file, and back: what waits for an intake beyond the memory that there is for it.

A first line names the format. Then each payload is a line of JSON, which describes it, and its
body, as long as the line says and with the CRC-32 that it says. There is no API key in it, and no
host: a file that somebody has tampered with cannot lead a key anywhere.
"""

import json
from collections.abc import Iterable
from zlib import crc32

from serverless_init.errors import Undecodable
from serverless_init.model import Endpoint, Payload, PayloadKind, Priority

_FIRST_LINE = b"serverless-init retry 1\n"


def encode(payloads: Iterable[Payload]) -> bytes:
    """A file of `payloads`, in their order."""
    parts = [_FIRST_LINE]
    for payload in payloads:
        described = {
            "kind": payload.kind.value,
            "name": payload.endpoint.name,
            "route": payload.endpoint.route,
            "content_type": payload.content_type,
            "content_encoding": payload.content_encoding,
            "headers": payload.headers,
            "points": payload.points,
            "samples": payload.samples,
            "priority": payload.priority,
            "length": len(payload.body),
            "crc32": crc32(payload.body),
        }
        parts += [json.dumps(described).encode(), b"\n", payload.body, b"\n"]
    return b"".join(parts)


def decode(data: bytes) -> list[Payload]:
    """The payloads of a file. Raises `Undecodable` when it is not one, or not whole."""
    if not data.startswith(_FIRST_LINE):
        raise Undecodable("it does not begin like a file of payloads")
    payloads, at = [], len(_FIRST_LINE)
    while at < len(data):
        body_at = data.find(b"\n", at) + 1
        if not body_at:
            raise Undecodable("it is cut off")
        payload = _payload(data, at, body_at)
        payloads.append(payload)
        at = body_at + len(payload.body) + 1
    return payloads


def _payload(data: bytes, line_at: int, body_at: int) -> Payload:
    """The payload that the line at `line_at` describes and whose body is at `body_at`."""
    try:
        said = json.loads(data[line_at:body_at])
        length = _count(said["length"])
        body = data[body_at : body_at + length]
        payload = Payload(
            kind=PayloadKind(said["kind"]),
            endpoint=Endpoint(_text(said["name"]), _route(said["route"])),
            body=body,
            content_type=_text(said["content_type"]),
            content_encoding=_text(said["content_encoding"]),
            points=_count(said["points"]),
            samples=_count(said["samples"]),
            priority=Priority(said["priority"]),
            headers=tuple((_text(name), _text(value)) for name, value in said["headers"]),
        )
        checksum = said["crc32"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Undecodable(f"a payload is not described: {error}") from None
    if body_at + length >= len(data) or crc32(body) != checksum:
        raise Undecodable("a payload is damaged")
    return payload


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no number of things")
    return value


def _text(value: object) -> str:
    # What is printable ends no header and no request line.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ValueError(f"{value!r} is no text")
    return value


def _route(value: object) -> str:
    route = _text(value)
    if not route.startswith("/"):
        raise ValueError(f"{route!r} is no route")
    return route
