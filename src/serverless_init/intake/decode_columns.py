"""The agent's columnar bodies (v3): series and distributions, row by row.

Every dictionary begins with the empty entry at 0, which is not written. Within a dictionary of sets
differences begin anew with each set, and bin keys do so with each point. A negative tag of a set
stands for all tags of an earlier set. Everything here raises `Undecodable` for what is no such
message.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

from serverless_init.errors import Undecodable
from serverless_init.intake.column_reader import Columns
from serverless_init.intake.decode_protobuf import finite, named
from serverless_init.intake.protobuf_reader import fields, submessage, text
from serverless_init.intake.received import (
    SERIES_KINDS,
    ReceivedOrigin,
    ReceivedSeries,
    ReceivedSketch,
    ReceivedSketches,
)

V = TypeVar("V")
Resource = tuple[str, str]

_SKETCH = 4
_HAS_UNIT = 0x200
# Sets include sets: a few bytes could ask for any number of tags in all.
_TAGS_MAX = 1_000_000


def decode_columns(body: bytes) -> tuple[ReceivedSeries | ReceivedSketches, ...]:
    """The series and distributions of a ``Payload``."""
    data: list[bytes] = []
    tags: list[str] = []
    resources: list[str] = []
    for number, value in fields(body):
        if number == 3:
            data.append(submessage(value))
        for inner, word in fields(submessage(value)) if number == 2 else ():
            if inner in (1, 2):
                (tags if inner == 1 else resources).append(text(word))
    # A message that comes in several parts is all of them together.
    rows = _Rows(Columns(b"".join(data)), tuple(tags), _pairs(resources))
    return tuple(rows.read())


class _Rows:
    """Reads rows. `tags` and `resources` are every row's, besides its own."""

    def __init__(
        self, columns: Columns, tags: tuple[str, ...], resources: tuple[Resource, ...]
    ) -> None:
        self._columns = columns
        self._names = columns.texts(1)
        self._source_types = columns.texts(8)
        self._units = columns.texts(25)
        self._tag_sets = [own + tags for own in _tag_sets(columns)]
        self._resource_sets = [own + resources for own in _resource_sets(columns)]
        self._origins = _origins(columns)

    def read(self) -> Iterator[ReceivedSeries | ReceivedSketches]:
        columns = self._columns
        for kind in columns.rest(10):
            yield self._sketches(kind) if kind & 0xF == _SKETCH else self._series(kind)
        columns.check_read()

    def _series(self, kind: int) -> ReceivedSeries:
        if not 0 < kind & 0xF < len(SERIES_KINDS):
            raise Undecodable(f"a row has the type {kind:#x}")
        columns = self._columns
        resources = self._refer(self._resource_sets, 13)
        return ReceivedSeries(
            metric=named(self._refer(self._names, 11)),
            kind=SERIES_KINDS[kind & 0xF],
            tags=self._refer(self._tag_sets, 12),
            host=_host(resources),
            resources=tuple(resource for resource in resources if resource[0] != "host"),
            origin=self._refer(self._origins, 24),
            unit=self._refer(self._units, 26) if kind & _HAS_UNIT else "",
            source_type=self._refer(self._source_types, 23),
            interval_s=columns.integer(14),
            points=tuple(
                (columns.integer(16), self._value(kind)) for _ in range(columns.integer(15))
            ),
        )

    def _sketches(self, kind: int) -> ReceivedSketches:
        columns = self._columns
        # Columns that a distribution has an entry in, but no use for.
        self._refer(self._source_types, 23)
        columns.integer(14)
        return ReceivedSketches(
            metric=named(self._refer(self._names, 11)),
            tags=self._refer(self._tag_sets, 12),
            host=_host(self._refer(self._resource_sets, 13)),
            origin=self._refer(self._origins, 24),
            points=tuple(self._sketch(kind) for _ in range(columns.integer(15))),
        )

    def _sketch(self, kind: int) -> ReceivedSketch:
        columns = self._columns
        total, minimum, maximum = (self._value(kind) for _ in range(3))
        count, bins = columns.integer(17), columns.integer(20)
        if count < 0:
            raise Undecodable(f"a sketch counts {count} values")
        pairs = [(columns.integer(21), columns.integer(22)) for _ in range(bins)]
        return ReceivedSketch(
            timestamp=columns.integer(16),
            count=count,
            minimum=minimum,
            maximum=maximum,
            average=total / count if count else 0.0,
            total=total,
            keys=tuple(accumulate(key for key, _ in pairs)),
            counts=tuple(count for _, count in pairs),
        )

    def _value(self, kind: int) -> float:
        """The next value, from the column that the row's values stand in."""
        match kind & 0xF0:
            case 0x00:
                return 0.0
            case 0x10:
                return float(self._columns.integer(17))
            case 0x20:
                return finite(self._columns.real(18))
            case 0x30:
                return finite(self._columns.real(19))
            case _:
                raise Undecodable(f"a row has the type {kind:#x}")

    def _refer(self, dictionary: Sequence[V], column: int) -> V:
        """What the next reference of `column` means."""
        return _entry(dictionary, self._columns.integer(column))


def _tag_sets(columns: Columns) -> list[tuple[str, ...]]:
    texts, numbers = columns.texts(2), iter(columns.rest(3))
    sets: list[tuple[str, ...]] = [()]
    held = 0
    for count in numbers:
        tags: tuple[str, ...] = ()
        for number in accumulate(_next(numbers, count, "dictTagsets")):
            tags += _entry(sets, -number) if number < 0 else (_entry(texts, number),)
            if held + len(tags) > _TAGS_MAX:
                raise Undecodable(f"the sets have more than {_TAGS_MAX} tags")
        held += len(tags)
        sets.append(tags)
    return sets


def _resource_sets(columns: Columns) -> list[tuple[Resource, ...]]:
    texts = columns.texts(4)
    kinds, names = iter(columns.rest(6)), iter(columns.rest(7))
    sets: list[tuple[Resource, ...]] = [()]
    for count in columns.rest(5):
        kinds_of_set = accumulate(_next(kinds, count, "dictResourceType"))
        names_of_set = accumulate(_next(names, count, "dictResourceName"))
        pairs = zip(kinds_of_set, names_of_set, strict=True)
        sets.append(tuple((_entry(texts, kind), _entry(texts, name)) for kind, name in pairs))
    if next(kinds, None) is not None or next(names, None) is not None:
        raise Undecodable("dictResourceType or dictResourceName is too long")
    return sets


def _origins(columns: Columns) -> list[ReceivedOrigin | None]:
    numbers = columns.rest(9)
    if len(numbers) % 3:
        raise Undecodable("dictOriginInfo is not made of threes")
    threes = (numbers[at : at + 3] for at in range(0, len(numbers), 3))
    return [None, *(ReceivedOrigin(*three) for three in threes)]


def _next(numbers: Iterator[int], count: int, column: str) -> list[int]:
    """The next `count` numbers."""
    found = [number for _, number in zip(range(count), numbers, strict=False)]
    if len(found) != count:
        raise Undecodable(f"{column} is too short")
    return found


def _entry(dictionary: Sequence[V], number: int) -> V:
    if not 0 <= number < len(dictionary):
        raise Undecodable(f"there is no entry {number} in a dictionary of {len(dictionary)}")
    return dictionary[number]


def _host(resources: tuple[Resource, ...]) -> str:
    return next((name for kind, name in resources if kind == "host"), "")


def _pairs(words: list[str]) -> tuple[Resource, ...]:
    if len(words) % 2:
        raise Undecodable("the resources of the metadata are not pairs")
    return tuple(zip(words[::2], words[1::2], strict=True))
