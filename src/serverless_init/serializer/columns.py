"""The columns of a v3 payload: what many series have in common stands once, the rest as deltas.

A payload is one ``MetricData`` message of up to 26 fields, each a *column*. Texts, tag sets,
resource sets and origins stand in dictionaries, numbered from 1 in the order in which they come; 0
is the empty one. A series is one entry in each column of references, and as many as it has points
in those of timestamps and values. References and timestamps are written as the difference to the
one before, over the whole column and across series.

Everything is appended, so the lengths before a series are all that is needed to take it back.
"""

from collections.abc import Collection, Iterable
from operator import sub
from struct import Struct

from serverless_init.model import Origin
from serverless_init.serializer.memo import Memo
from serverless_init.serializer.protobuf import varint, zigzag
from serverless_init.serializer.resources import Resource
from serverless_init.serializer.utf8 import valid

# The field numbers of `MetricData`.
NAMES, TAGS, TAG_SETS = 1, 2, 3
RESOURCES, RESOURCE_COUNTS, RESOURCE_TYPES, RESOURCE_NAMES = 4, 5, 6, 7
ORIGINS = 9
KINDS, NAME_REFS, TAG_SET_REFS, RESOURCE_SET_REFS = 10, 11, 12, 13
INTERVALS, POINT_COUNTS, TIMESTAMPS = 14, 15, 16
INTEGERS, FLOATS, DOUBLES = 17, 18, 19
BINS, BIN_KEYS, BIN_COUNTS = 20, 21, 22
SOURCE_TYPE_REFS, ORIGIN_REFS = 23, 24
UNITS, UNIT_REFS = 25, 26
COLUMNS = 26

# The bits of an entry in KINDS beside the metric's type: which column has the values, and flags.
ZERO, INTEGER, FLOAT, DOUBLE = 0x00, 0x10, 0x20, 0x30
HAS_UNIT = 0x200
SKETCH = 4

# Whole numbers that a varint of 7 bytes holds.
_INTEGER_MAX = float(2**48)
_FLOAT_MAX = 3.4028234663852886e38

_float = Struct("<f")
_double = Struct("<d")


class Delta:
    """A column of which each entry is written as the difference to the one before."""

    __slots__ = ("_before", "_column")

    def __init__(self, column: bytearray) -> None:
        self._column = column
        self._before = 0

    def put(self, value: int) -> None:
        """Append `value`."""
        self._column += zigzag(value - self._before)
        self._before = value


class Texts(dict[bytes, int]):
    """A dictionary of texts: ``texts[raw]`` is its number, written when it comes first."""

    __slots__ = ("_column",)

    def __init__(self, column: bytearray) -> None:
        super().__init__({b"": 0})
        self._column = column

    def __missing__(self, raw: bytes) -> int:
        text = valid(raw)
        self._column += varint(len(text)) + text
        number = self[raw] = len(self)
        return number


class Columns:
    """The columns of one payload. `data` is by field number; nothing stands at 0."""

    def __init__(self) -> None:
        self.data = data = tuple(bytearray() for _ in range(COLUMNS + 1))
        self.names = Texts(data[NAMES])
        self.units = Texts(data[UNITS])
        self.name_refs = Delta(data[NAME_REFS])
        self.tag_set_refs = Delta(data[TAG_SET_REFS])
        self.resource_set_refs = Delta(data[RESOURCE_SET_REFS])
        self.origin_refs = Delta(data[ORIGIN_REFS])
        self.unit_refs = Delta(data[UNIT_REFS])
        self.timestamps = Delta(data[TIMESTAMPS])
        self._tags = Texts(data[TAGS])
        self._resources = Texts(data[RESOURCES])
        self._steps: Memo[int, bytes] = Memo(zigzag)
        self._tag_sets: dict[tuple[int, ...], int] = {(): 0}
        self._resource_sets: dict[tuple[Resource, ...], int] = {(): 0}
        self._origins: dict[Origin | None, int] = {None: 0}

    @property
    def size(self) -> int:
        """How long the columns are together."""
        return sum(map(len, self.data))

    def mark(self) -> list[int]:
        """Where each column ends now."""
        return list(map(len, self.data))

    def cut(self, mark: list[int]) -> None:
        """Take back what was appended after `mark`. The dictionaries still know it: begin anew."""
        for column, end in zip(self.data, mark, strict=True):
            del column[end:]

    def tag_set(self, tags: tuple[bytes, ...]) -> int:
        """The number of a set of tags, whatever their order."""
        numbers = tuple(sorted(map(self._tags.__getitem__, tags)))
        known = self._tag_sets.get(numbers)
        if known is None:
            known = self._tag_sets[numbers] = len(self._tag_sets)
            steps = self._steps
            steps.trim()
            self.data[TAG_SETS].extend(steps[len(numbers)])
            self.data[TAG_SETS].extend(
                b"".join(map(steps.__getitem__, map(sub, numbers, (0, *numbers))))
            )
        return known

    def resource_set(self, resources: tuple[Resource, ...]) -> int:
        """The number of a set of resources, in the order in which they are to stand."""
        known = self._resource_sets.get(resources)
        if known is None:
            known = self._resource_sets[resources] = len(self._resource_sets)
            data = self.data
            data[RESOURCE_COUNTS].extend(varint(len(resources)))
            kinds, names = Delta(data[RESOURCE_TYPES]), Delta(data[RESOURCE_NAMES])
            for kind, name in resources:
                kinds.put(self._resources[kind])
                names.put(self._resources[name])
        return known

    def origin(self, origin: Origin | None) -> int:
        """The number of an origin."""
        known = self._origins.get(origin)
        if known is None:
            assert origin is not None
            known = self._origins[origin] = len(self._origins)
            for number in (origin.product, origin.category, origin.service):
                self.data[ORIGINS].extend(varint(number))
        return known

    def put_values(self, kind: int, values: Iterable[float]) -> None:
        """Append `values` to the column of `kind`, which holds them exactly (see `kind_of`)."""
        data = self.data
        if kind == INTEGER:
            data[INTEGERS].extend(b"".join(zigzag(int(value)) for value in values))
        elif kind == FLOAT:
            data[FLOATS].extend(b"".join(map(_float.pack, values)))
        elif kind == DOUBLE:
            data[DOUBLES].extend(b"".join(map(_double.pack, values)))


def kind_of(values: Collection[float]) -> int:
    """The kind of the smallest column that holds all of `values` exactly; `ZERO` needs none."""
    if not any(values):
        return ZERO
    if all(map(_is_integer, values)):
        return INTEGER
    return FLOAT if all(map(_is_float, values)) else DOUBLE


def _is_integer(value: float) -> bool:
    return -_INTEGER_MAX <= value < _INTEGER_MAX and value == int(value)


def _is_float(value: float) -> bool:
    """Whether half the bytes hold `value`. Never true of NaN, which is not equal to itself."""
    if abs(value) > _FLOAT_MAX:
        return value in (float("inf"), float("-inf"))
    return bool(_float.unpack(_float.pack(value))[0] == value)
