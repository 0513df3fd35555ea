"""OTLP in JSON: protobuf's mapping to JSON, with ids in hexadecimal and enums as numbers.

Names are in lowerCamelCase. Numbers of 64 bits may be text; so may NaN and infinite ones. What is
null is as good as absent, and an unknown name is skipped, as the protocol asks for.
"""

import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

from serverless_init.errors import Undecodable
from serverless_init.otlp.schema import DEPTH_MAX, NODES_MAX, SCHEMA, Field, Kind
from serverless_init.otlp.values import AnyValue, Attributes

T = TypeVar("T")

_INT64_MIN, _INT64_MAX, _UINT64_MAX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1


def decode_json(message: type[T], body: bytes) -> T:
    """`body` as `message`, one of the requests. Raises `Undecodable`."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"the body is no JSON: {error}") from None
    decoded: T = _Reader().message(message, value)
    return decoded


class _Reader:
    """One body; counts what it makes."""

    __slots__ = ("_nodes",)

    def __init__(self) -> None:
        self._nodes = 0

    def message(self, kind: type, value: object) -> Any:
        """The message of `kind` that `value` is."""
        self._count()
        message = kind()
        for name, raw in _object(value).items():
            field = _FIELDS[kind].get(name)
            if field is None or raw is None:
                continue
            if field.repeated:
                one = [self._value(field, item) for item in _array(raw)]
            else:
                one = self._value(field, raw)
            setattr(message, field.name, one)
        return message

    def _value(self, field: Field, raw: object) -> Any:
        if field.message is not None:
            return self.message(field.message, raw)
        if field.kind is Kind.ANY:
            return self._any(raw, 0)
        if field.kind is Kind.ATTRIBUTES:
            return self._mapping(raw, 0)
        return _SCALARS[field.kind](raw)

    def _any(self, raw: object, depth: int) -> AnyValue:
        """An ``AnyValue``: an object of at most one entry, whose name says the kind."""
        if depth > DEPTH_MAX:
            raise Undecodable(f"values stand more than {DEPTH_MAX} deep inside one another")
        for name, value in _object(raw).items():
            if value is None:
                continue
            if name == "arrayValue":
                self._count()
                listed = _array(_object(value).get("values") or [])
                return [self._any(item, depth + 1) for item in listed]
            if name == "kvlistValue":
                return self._mapping(_object(value).get("values") or [], depth + 1)
            if name in _ANY_SCALARS:
                found: AnyValue = _ANY_SCALARS[name](value)
                return found
        return None

    def _mapping(self, raw: object, depth: int) -> Attributes:
        self._count()
        found: Attributes = {}
        for item in _array(raw):
            entry = _object(item)
            found[_text(entry.get("key", ""))] = self._any(entry.get("value") or {}, depth)
        return found

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise Undecodable(f"a request has at most {NODES_MAX} messages")


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Undecodable(f"an object is expected, not {_shown(value)}")
    return value


def _array(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Undecodable(f"an array is expected, not {_shown(value)}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Undecodable(f"a string is expected, not {_shown(value)}")
    # JSON can spell half of a surrogate pair, which is no text.
    return value.encode("utf-8", "replace").decode() if not value.isascii() else value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Undecodable(f"true or false is expected, not {_shown(value)}")
    return value


def _whole(minimum: int, maximum: int) -> Callable[[object], int]:
    def convert(value: object) -> int:
        try:
            # More digits than any number of 64 bits has are not worth converting.
            number = int(value[:21]) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        is_number = isinstance(number, int) and not isinstance(number, bool)
        if not is_number or not minimum <= number <= maximum:  # type: ignore[operator]
            raise Undecodable(f"a whole number is expected, not {_shown(value)}")
        return number  # type: ignore[return-value]

    return convert


def _double(value: object) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        return float(value)
    except (ValueError, OverflowError):
        raise Undecodable(f"a number is expected, not {_shown(value)}") from None


def _id(value: object) -> bytes:
    try:
        return bytes.fromhex(_text(value))
    except ValueError:
        raise Undecodable(f"hexadecimal digits are expected, not {_shown(value)}") from None


def _base64(value: object) -> bytes:
    try:
        return binascii.a2b_base64(_text(value))
    except ValueError:
        raise Undecodable(f"base64 is expected, not {_shown(value)}") from None


def _shown(value: object) -> str:
    return repr(value)[:40]


_SCALARS: dict[Kind, Callable[[object], Any]] = {
    Kind.STRING: _text,
    Kind.ID: _id,
    Kind.BOOL: _boolean,
    Kind.UNSIGNED: _whole(0, _UINT64_MAX),
    Kind.ZIGZAG: _whole(-(1 << 31), (1 << 31) - 1),
    Kind.FIXED32: _whole(0, (1 << 32) - 1),
    Kind.FIXED64: _whole(0, _UINT64_MAX),
    Kind.SIGNED_FIXED64: _whole(_INT64_MIN, _INT64_MAX),
    Kind.DOUBLE: _double,
}
_ANY_SCALARS: dict[str, Callable[[object], Any]] = {
    "stringValue": _text,
    "boolValue": _boolean,
    "intValue": _whole(_INT64_MIN, _INT64_MAX),
    "doubleValue": _double,
    "bytesValue": _base64,
}
_FIELDS = {kind: {field.json: field for field in fields} for kind, fields in SCHEMA.items()}
