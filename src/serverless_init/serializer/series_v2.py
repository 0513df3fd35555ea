"""Series as ``MetricPayload`` (intake API v2, protobuf): one ``MetricSeries`` per serie.

Fields (number, wire type): resources 1, metric 2, tags 3, points 4, type 5, unit 6, interval 8,
metadata 9; a point is value 1 (double), timestamp 2 (int64 seconds). Written in the order the
Datadog Agent writes them; ``source_type_name`` (7) is for checks and stays empty.
"""

from collections.abc import Callable, Iterable

from serverless_init.model import SERIES_V2, Origin, PayloadKind, Serie, SerieKind
from serverless_init.serializer.fragments import metadata
from serverless_init.serializer.memo import Memo
from serverless_init.serializer.protobuf import delimited, integer, pack_double, string, varint
from serverless_init.serializer.resources import in_order, resource_of
from serverless_init.serializer.split import Item, PayloadFormat
from serverless_init.serializer.utf8 import valid

SERIES_FORMAT = PayloadFormat(PayloadKind.SERIES, SERIES_V2, "application/x-protobuf")

_POINT_KEY = b"\x22"
# What so many series share may be remembered beyond the memos' bounds.
_TRIM_EVERY = 32


class SeriesEncoder:
    """Encodes the series of one batch; what they share is encoded once."""

    def __init__(self, origin: Callable[[bytes], Origin | None]) -> None:
        self._origin = origin
        self._encoded = 0
        self._tags: Memo[bytes, bytes] = Memo(self._tag)
        self._lifted: dict[bytes, bytes] = {}
        self._hosts: Memo[bytes, bytes] = Memo(_host)
        self._names: Memo[bytes, tuple[bytes, bytes]] = Memo(self._name)
        self._shapes: Memo[tuple[SerieKind, int, bytes], bytes] = Memo(_shape)
        self._instants: Memo[int, tuple[bytes, bytes]] = Memo(_instant)

    def encode(self, serie: Serie) -> Item:
        """`serie` as one ``series`` field of the payload."""
        self._encoded += 1
        if self._encoded % _TRIM_EVERY == 0:
            self._trim()
        name, origin = self._names[serie.name]
        tags = b"".join(map(self._tags.__getitem__, serie.tags))
        resources = self._hosts[serie.host]
        lifted = self._lifted
        if lifted and not lifted.keys().isdisjoint(serie.tags):
            resources += _resources(serie.tags, lifted)
        shape = self._shapes[serie.kind, serie.interval_s, serie.unit]
        points = serie.points
        if len(points) == 1:  # nearly always
            ((timestamp, value),) = points
            with_value, point = self._instants[timestamp]
            if value:
                point = with_value + pack_double(value)
        else:
            point = self._points(points)
        body = b"".join((resources, name, tags, shape, point, origin))
        field = b"\x0a" + varint(len(body)) + body
        # Half of the time of `Item(...)`, and there is one for each serie of a flush.
        return tuple.__new__(Item, (field, len(points), serie.samples, b""))

    def _trim(self) -> None:
        self._tags.trim()
        if not self._tags:
            self._lifted.clear()
        self._hosts.trim()
        self._names.trim()
        self._shapes.trim()
        self._instants.trim()

    def _tag(self, tag: bytes) -> bytes:
        """The ``tags`` field; nothing for a tag that becomes a resource, which is remembered."""
        resource = resource_of(tag)
        if resource is None:
            return delimited(b"\x1a", valid(tag))
        self._lifted[tag] = _resource_field(*resource)
        return b""

    def _name(self, name: bytes) -> tuple[bytes, bytes]:
        return string(b"\x12", valid(name)), metadata(b"\x4a", self._origin(name))

    def _points(self, points: Iterable[tuple[int, float]]) -> bytes:
        instants = self._instants
        fields = []
        for timestamp, value in points:
            with_value, without_value = instants[timestamp]
            fields.append(with_value + pack_double(value) if value else without_value)
        return b"".join(fields)


def _host(host: bytes) -> bytes:
    """The first resource, present also when there is no host: the intake expects it there."""
    return _resource_field(b"host", host)


def _shape(shape: tuple[SerieKind, int, bytes]) -> bytes:
    kind, interval_s, unit = shape
    return integer(b"\x28", kind) + integer(b"\x40", interval_s) + string(b"\x32", valid(unit))


def _instant(timestamp: int) -> tuple[bytes, bytes]:
    """A point up to its value, and a whole point whose value is 0."""
    field = integer(b"\x10", timestamp)
    with_value = _POINT_KEY + varint(len(field) + 9) + field + b"\x09"
    return with_value, delimited(_POINT_KEY, field)


def _resources(tags: Iterable[bytes], lifted: dict[bytes, bytes]) -> bytes:
    """The resources among `tags`."""
    return b"".join(lifted[tag] for tag in in_order(tag for tag in tags if tag in lifted))


def _resource_field(kind: bytes, name: bytes) -> bytes:
    return delimited(b"\x0a", string(b"\x0a", valid(kind)) + string(b"\x12", valid(name)))
