"""Series and distributions as columns (intake API v3). See `columns` for how they are laid out.

A row differs from a v2 message in three points: the host is a resource only when there is one, the
average of a sketch is not written (it is the sum by the count), and a distribution has no interval.
As in v2 a ``device:`` tag of a series becomes a resource, and one of a distribution stays a tag.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from serverless_init.model import Endpoint, Origin, PayloadKind, Serie, SerieKind, SketchSerie
from serverless_init.serializer.columns import (
    BIN_COUNTS,
    BIN_KEYS,
    BINS,
    HAS_UNIT,
    INTEGERS,
    INTERVALS,
    KINDS,
    POINT_COUNTS,
    SKETCH,
    SOURCE_TYPE_REFS,
    Columns,
    Delta,
    kind_of,
)
from serverless_init.serializer.memo import Memo
from serverless_init.serializer.protobuf import varint, zigzag
from serverless_init.serializer.resources import HOST, in_order, name_none, resource_of
from serverless_init.serializer.split import PayloadFormat

SERIES_V3 = Endpoint("series_v3", "/api/intake/metrics/v3/series")
SKETCHES_V3 = Endpoint("sketches_v3", "/api/intake/metrics/v3/sketches")
SKETCHES_V3_FORMAT = PayloadFormat(PayloadKind.SKETCHES, SKETCHES_V3, "application/x-protobuf")

_NO_SOURCE_TYPE = zigzag(0)
_NO_INTERVAL = varint(0)

T_contra = TypeVar("T_contra", contravariant=True)
Tags = tuple[bytes, ...]
OriginOf = Callable[[bytes], Origin | None]


def series_v3_format(beta_route: str = "") -> PayloadFormat:
    """The format of series, posted to `beta_route` when there is one."""
    endpoint = Endpoint("series_v3beta", beta_route) if beta_route else SERIES_V3
    return PayloadFormat(PayloadKind.SERIES, endpoint, "application/x-protobuf")


class Rows(Protocol[T_contra]):
    """Writes values into the columns that it was made with."""

    def put(self, value: T_contra, /) -> None:
        """Append the row of `value`."""


class SeriesRows:
    """The series of one payload."""

    def __init__(self, columns: Columns, origin: OriginOf) -> None:
        self._columns = columns
        self._origins: Memo[bytes, int] = Memo(lambda name: columns.origin(origin(name)))
        self._places = Memo(self._place)

    def put(self, serie: Serie) -> None:
        """See `Rows`."""
        columns = self._columns
        self._origins.trim()
        self._places.trim()
        tag_set, resource_set = self._places[serie.tags, serie.host]
        columns.tag_set_refs.put(tag_set)
        columns.resource_set_refs.put(resource_set)
        _put_common(columns, serie, self._origins[serie.name])
        columns.data[INTERVALS].extend(varint(serie.interval_s))
        for timestamp, _ in serie.points:
            columns.timestamps.put(timestamp)
        kind = serie.kind or SerieKind.GAUGE  # what has no type is a gauge, as in v1
        values = [value for _, value in serie.points]
        value_kind = kind_of(values)
        columns.put_values(value_kind, values)
        unit = 0
        if serie.unit:
            unit = HAS_UNIT
            columns.unit_refs.put(columns.units[serie.unit])
        columns.data[KINDS].extend(varint(kind | value_kind | unit))

    def _place(self, place: tuple[Tags, bytes]) -> tuple[int, int]:
        """The numbers of the tag set and of the resource set of these tags and this host."""
        tags, host = place
        columns = self._columns
        resources = [(HOST, host)] if host else []
        if not name_none(tags):
            found = {tag: resource for tag in tags if (resource := resource_of(tag))}
            resources += [found[tag] for tag in in_order(found)]
            tags = tuple(tag for tag in tags if tag not in found)
        return columns.tag_set(tags), columns.resource_set(tuple(resources))


class SketchRows:
    """The distributions of one payload."""

    def __init__(self, columns: Columns, origin: OriginOf) -> None:
        self._columns = columns
        self._origins: Memo[bytes, int] = Memo(lambda name: columns.origin(origin(name)))
        self._tag_sets = Memo(columns.tag_set)

    def put(self, serie: SketchSerie) -> None:
        """See `Rows`."""
        columns, data = self._columns, self._columns.data
        self._origins.trim()
        self._tag_sets.trim()
        columns.tag_set_refs.put(self._tag_sets[serie.tags])
        resources = ((HOST, serie.host),) if serie.host else ()
        columns.resource_set_refs.put(columns.resource_set(resources))
        _put_common(columns, serie, self._origins[serie.name])
        data[INTERVALS].extend(_NO_INTERVAL)
        kind = kind_of([v for p in serie.points for v in (p.total, p.minimum, p.maximum)])
        data[KINDS].extend(varint(SKETCH | kind))
        for point in serie.points:
            columns.timestamps.put(point.timestamp)
            columns.put_values(kind, (point.total, point.minimum, point.maximum))
            # Behind the three, where these are whole numbers too.
            data[INTEGERS].extend(zigzag(point.count))
            data[BINS].extend(varint(len(point.keys)))
            keys = Delta(data[BIN_KEYS])
            for key in point.keys:
                keys.put(key)
            data[BIN_COUNTS].extend(b"".join(map(varint, point.counts)))


def _put_common(columns: Columns, serie: Serie | SketchSerie, origin: int) -> None:
    """The columns in which series and distributions do not differ."""
    data = columns.data
    columns.name_refs.put(columns.names[serie.name])
    columns.origin_refs.put(origin)
    data[SOURCE_TYPE_REFS].extend(_NO_SOURCE_TYPE)
    data[POINT_COUNTS].extend(varint(len(serie.points)))
