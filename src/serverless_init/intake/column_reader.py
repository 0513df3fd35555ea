"""Reading the columns of a ``MetricData`` message (v3), each from its beginning to its end.

Columns of references and of timestamps hold differences over the whole column. Everything here
raises `Undecodable` for what is not such a message, and for a column that ends too early or late.
"""

from itertools import accumulate

from serverless_init.errors import Undecodable
from serverless_init.intake.protobuf_reader import (
    Value,
    fields,
    repeated_fixed,
    repeated_signed,
    repeated_unsigned,
    repeated_zigzag,
    submessage,
    text,
    varint_at,
)

TEXTS = {
    1: "dictNameStr",
    2: "dictTagStr",
    4: "dictResourceStr",
    8: "dictSourceTypeName",
    25: "dictUnitStr",
}
_UNSIGNED = {
    10: "types",
    14: "intervals",
    15: "numPoints",
    20: "sketchNumBins",
    22: "sketchBinCnts",
}
_SIGNED = {5: "dictResourceLen", 9: "dictOriginInfo"}
_ZIGZAG = {
    3: "dictTagsets",
    6: "dictResourceType",
    7: "dictResourceName",
    17: "valsSint64",
    21: "sketchBinKeys",
}
_DELTAS = {
    11: "nameRefs",
    12: "tagsetRefs",
    13: "resourcesRefs",
    16: "timestamps",
    23: "sourceTypeNameRefs",
    24: "originInfoRefs",
    26: "unitRefs",
}
_REALS = {18: "valsFloat32", 19: "valsFloat64"}
_NAMES = _UNSIGNED | _SIGNED | _ZIGZAG | _DELTAS | _REALS


class Columns:
    """The columns of `message`, by field number. Unknown fields are skipped."""

    def __init__(self, message: bytes) -> None:
        self._texts: dict[int, bytes] = {}
        integers: dict[int, list[int]] = {}
        reals: dict[int, list[float]] = {}
        for number, value in fields(message):
            if number in TEXTS:
                self._texts[number] = submessage(value)
            elif number in _REALS:
                form = "<f" if number == 18 else "<d"
                reals.setdefault(number, []).extend(repeated_fixed(value, form))
            elif number in _NAMES:
                integers.setdefault(number, []).extend(_integers(number, value))
        self._integers = {
            number: accumulate(column) if number in _DELTAS else iter(column)
            for number, column in integers.items()
        }
        self._reals = {number: iter(column) for number, column in reals.items()}

    def texts(self, number: int) -> list[str]:
        """A dictionary of texts, each behind its length; the empty one is before the first."""
        raw, at = self._texts.get(number, b""), 0
        found = [""]
        while at < len(raw):
            length, at = varint_at(raw, at)
            if length > len(raw) - at:
                raise Undecodable(f"{TEXTS[number]} is cut off")
            found.append(text(raw[at : at + length]))
            at += length
        return found

    def integer(self, number: int) -> int:
        """The next entry of a column of whole numbers."""
        found = next(self._integers.get(number, iter(())), None)
        if found is None:
            raise Undecodable(f"{_NAMES[number]} is too short")
        return found

    def real(self, number: int) -> float:
        """The next entry of a column of floating-point numbers."""
        found = next(self._reals.get(number, iter(())), None)
        if found is None:
            raise Undecodable(f"{_NAMES[number]} is too short")
        return found

    def rest(self, number: int) -> list[int]:
        """What has not been read of a column of whole numbers."""
        return list(self._integers.get(number, ()))

    def check_read(self) -> None:
        """Raise `Undecodable` unless everything has been read."""
        for number, column in (*self._integers.items(), *self._reals.items()):
            if next(iter(column), None) is not None:
                raise Undecodable(f"{_NAMES[number]} is too long")


def _integers(number: int, value: Value) -> tuple[int, ...]:
    if number in _UNSIGNED:
        return repeated_unsigned(value)
    return repeated_signed(value) if number in _SIGNED else repeated_zigzag(value)
