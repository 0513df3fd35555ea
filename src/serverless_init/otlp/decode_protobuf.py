"""OTLP in protobuf: a request's bytes to its values, in one pass and by the schema.

Every field of the schema becomes, once, an entry of a plan: by its key on the wire, which is number
and wire type, what converts it and where it goes. So a field that comes with an unexpected wire
type is as unknown as one with an unexpected number, and is skipped, as protobuf has it. Repeated
numbers are read packed or one by one. Text that is not UTF-8 is mended.
"""

import struct
from collections.abc import Callable
from typing import Any, TypeVar

from serverless_init.errors import Undecodable
from serverless_init.otlp.schema import DEPTH_MAX, NODES_MAX, SCHEMA, Field, Kind
from serverless_init.otlp.values import AnyValue, Attributes

T = TypeVar("T")

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_UINT64_MAX = (1 << 64) - 1

_double = struct.Struct("<d").unpack_from
_unsigned64 = struct.Struct("<Q").unpack_from
_signed64 = struct.Struct("<q").unpack_from
_unsigned32 = struct.Struct("<I").unpack_from

# What converts the bytes of a field from one offset to another.
_Convert = Callable[["_Reader", int, int], Any]
_Entry = tuple[str, _Convert, bool]


def decode_protobuf(message: type[T], body: bytes) -> T:
    """`body` as `message`, one of the requests. Raises `Undecodable`."""
    decoded: T = _Reader(body).message(message, 0, len(body))
    return decoded


class _Reader:
    """One body. Offsets are absolute, so nothing is copied but what is kept."""

    __slots__ = ("_data", "_nodes")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._nodes = 0

    def message(self, kind: type, at: int, end: int) -> Any:
        """The message of `kind` that stands from `at` to `end`."""
        self._count()
        message = kind()
        plan = _PLANS[kind]
        while at < end:
            key, begin, at = self._field(at, end)
            entry = plan.get(key)
            if entry is None:
                continue
            name, convert, repeated = entry
            value = convert(self, begin, at)
            if not repeated:
                setattr(message, name, value)
            elif isinstance(value, list):
                getattr(message, name).extend(value)
            elif isinstance(value, tuple):
                getattr(message, name)[value[0]] = value[1]
            else:
                getattr(message, name).append(value)
        return message

    def attribute(self, at: int, end: int, depth: int = 0) -> tuple[str, AnyValue]:
        """A ``KeyValue``."""
        name, value = "", None
        while at < end:
            key, begin, at = self._field(at, end)
            if key == 0x0A:
                name = self.text(begin, at)
            elif key == 0x12:
                value = self.any_value(begin, at, depth)
        return name, value

    def any_value(self, at: int, end: int, depth: int = 0) -> AnyValue:
        """An ``AnyValue``; None when it has none."""
        if depth > DEPTH_MAX:
            raise Undecodable(f"values stand more than {DEPTH_MAX} deep inside one another")
        value: AnyValue = None
        while at < end:
            key, begin, at = self._field(at, end)
            if key == 0x0A:
                value = self.text(begin, at)
            elif key == 0x10:
                value = self.varint(begin, at) != 0
            elif key == 0x18:
                number = self.varint(begin, at)
                value = number - (1 << 64) if number >> 63 else number
            elif key == 0x21:
                (value,) = _double(self._data, begin)
            elif key == 0x2A:
                value = self._list(begin, at, depth + 1)
            elif key == 0x32:
                value = self._mapping(begin, at, depth + 1)
            elif key == 0x3A:
                value = self._data[begin:at]
        return value

    def text(self, at: int, end: int) -> str:
        """A string."""
        return str(self._data[at:end], "utf-8", "replace")

    def raw(self, at: int, end: int) -> bytes:
        """Bytes."""
        return self._data[at:end]

    def varint(self, at: int, end: int) -> int:
        """The varint that stands from `at` to `end`."""
        number = shift = 0
        for byte in self._data[at:end]:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number & _UINT64_MAX

    def varints(self, at: int, end: int) -> list[int]:
        """Packed varints."""
        numbers = []
        while at < end:
            begin, at = at, self._end_of_varint(at, end)
            numbers.append(self.varint(begin, at))
        return numbers

    def unpacked(self, form: str, at: int, end: int) -> list[Any]:
        """Packed numbers of eight bytes, as ``struct`` calls them."""
        count, rest = divmod(end - at, 8)
        if rest:
            raise Undecodable(f"{end - at} bytes are no numbers of 8 bytes")
        return list(struct.unpack_from(f"<{count}{form}", self._data, at))

    def number(self, unpack: Callable[[bytes, int], tuple[Any, ...]], at: int) -> Any:
        """The fixed-width number at `at`."""
        (value,) = unpack(self._data, at)
        return value

    def _field(self, at: int, end: int) -> tuple[int, int, int]:
        """The key of the field at `at`, and where its value begins and ends."""
        data = self._data
        key = data[at]
        if key < 0x80:
            begin = at + 1
        else:
            begin = self._end_of_varint(at, end)
            key = self.varint(at, begin)
        wire_type = key & 7
        if key < 8:
            raise Undecodable("a field has the number 0")
        if wire_type == _DELIMITED:
            if begin >= end:
                raise Undecodable("a message is cut off")
            length = data[begin]
            after = begin + 1
            if length >= 0x80:
                after = self._end_of_varint(begin, end)
                length = self.varint(begin, after)
            begin, stop = after, after + length
        elif wire_type == _VARINT:
            stop = self._end_of_varint(begin, end)
        elif wire_type in (_FIXED64, _FIXED32):
            stop = begin + (8 if wire_type == _FIXED64 else 4)
        else:
            raise Undecodable(f"a field has the wire type {wire_type}")
        if stop > end:
            raise Undecodable("a message is cut off")
        return key, begin, stop

    def _end_of_varint(self, at: int, end: int) -> int:
        data = self._data
        for index in range(at, min(end, at + 10)):
            if data[index] < 0x80:
                return index + 1
        raise Undecodable("a varint is cut off or too long")

    def _list(self, at: int, end: int, depth: int) -> list[AnyValue]:
        self._count()
        found: list[AnyValue] = []
        while at < end:
            key, begin, at = self._field(at, end)
            if key == 0x0A:
                found.append(self.any_value(begin, at, depth))
        return found

    def _mapping(self, at: int, end: int, depth: int) -> Attributes:
        self._count()
        found: Attributes = {}
        while at < end:
            key, begin, at = self._field(at, end)
            if key == 0x0A:
                name, value = self.attribute(begin, at, depth)
                found[name] = value
        return found

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise Undecodable(f"a request has at most {NODES_MAX} messages")


def _fixed(unpack: Callable[[bytes, int], tuple[Any, ...]]) -> _Convert:
    return lambda reader, at, _: reader.number(unpack, at)


def _unzigzag(reader: _Reader, at: int, end: int) -> int:
    number = reader.varint(at, end)
    return (number >> 1) ^ -(number & 1)


def _submessage(kind: type) -> _Convert:
    return lambda reader, at, end: reader.message(kind, at, end)


_SINGLE: dict[Kind, tuple[int, _Convert]] = {
    Kind.STRING: (_DELIMITED, _Reader.text),
    Kind.ID: (_DELIMITED, _Reader.raw),
    Kind.BOOL: (_VARINT, lambda reader, at, end: reader.varint(at, end) != 0),
    Kind.UNSIGNED: (_VARINT, _Reader.varint),
    Kind.ZIGZAG: (_VARINT, _unzigzag),
    Kind.FIXED32: (_FIXED32, _fixed(_unsigned32)),
    Kind.FIXED64: (_FIXED64, _fixed(_unsigned64)),
    Kind.SIGNED_FIXED64: (_FIXED64, _fixed(_signed64)),
    Kind.DOUBLE: (_FIXED64, _fixed(_double)),
    Kind.ANY: (_DELIMITED, _Reader.any_value),
    Kind.ATTRIBUTES: (_DELIMITED, _Reader.attribute),
}
_PACKED: dict[Kind, _Convert] = {
    Kind.UNSIGNED: _Reader.varints,
    Kind.FIXED64: lambda reader, at, end: reader.unpacked("Q", at, end),
    Kind.DOUBLE: lambda reader, at, end: reader.unpacked("d", at, end),
}


def _entries(field: Field) -> dict[int, _Entry]:
    if field.message is not None:
        convert = _submessage(field.message)
        return {field.number << 3 | _DELIMITED: (field.name, convert, field.repeated)}
    wire_type, convert = _SINGLE[field.kind]
    repeated = field.repeated or field.kind is Kind.ATTRIBUTES
    entries = {field.number << 3 | wire_type: (field.name, convert, repeated)}
    if field.repeated:
        entries[field.number << 3 | _DELIMITED] = (field.name, _PACKED[field.kind], True)
    return entries


def _plan(fields: tuple[Field, ...]) -> dict[int, _Entry]:
    plan: dict[int, _Entry] = {}
    for field in fields:
        plan.update(_entries(field))
    return plan


_PLANS = {kind: _plan(fields) for kind, fields in SCHEMA.items()}
