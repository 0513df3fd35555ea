"""What exporters are told: that all was taken, what of it was not, or why nothing was.

An answer is in the encoding of its request. Sources: the OTLP specification and ``google.rpc``.
"""

import json
from dataclasses import dataclass
from enum import IntEnum

PROTOBUF, JSON = "application/x-protobuf", "application/json"


class Code(IntEnum):
    """Those of gRPC's status codes that are given here."""

    OK = 0
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many items of a request were rejected, and why; none when all is well."""

    rejected: int = 0
    why: str = ""


def accepted(outcome: Outcome, rejected_name: str, *, as_json: bool) -> bytes:
    """The response to an export; `rejected_name` is JSON's for the number of rejected items."""
    if as_json:
        partial = {rejected_name: str(outcome.rejected), "errorMessage": outcome.why}
        return json.dumps({"partialSuccess": partial} if outcome.rejected else {}).encode()
    if not outcome.rejected:
        return b""
    partial_success = b"\x08" + _varint(outcome.rejected) + _text(b"\x12", outcome.why)
    return b"\x0a" + _varint(len(partial_success)) + partial_success


def refused(code: Code, why: str, *, as_json: bool) -> bytes:
    """A ``google.rpc.Status``."""
    if as_json:
        return json.dumps({"code": int(code), "message": why}).encode()
    return b"\x08" + _varint(code) + _text(b"\x12", why)


def _text(key: bytes, text: str) -> bytes:
    content = text.encode()
    return key + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
