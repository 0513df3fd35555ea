"""Distributions as ``SketchPayload`` (protobuf): one ``Sketch`` per series of sketch points.

Fields: metric 1, host 2, tags 4, dogsketches 7, metadata 8. A dogsketch is ts 1 and cnt 2 (int64),
min 3, max 4, avg 5 and sum 6 (double), k 7 (packed sint32: bin keys), n 8 (packed uint32: their
counts). Unlike in series, a ``device:`` tag stays a tag.
"""

from collections.abc import Callable

from serverless_init.model import SKETCHES_V2, Origin, PayloadKind, SketchPoint, SketchSerie
from serverless_init.serializer.fragments import metadata
from serverless_init.serializer.memo import Memo
from serverless_init.serializer.protobuf import (
    delimited,
    double,
    integer,
    string,
    varint,
    zigzag,
)
from serverless_init.serializer.split import Item, PayloadFormat
from serverless_init.serializer.utf8 import valid

# The footer is the payload's own metadata (field 2), empty.
SKETCHES_FORMAT = PayloadFormat(
    PayloadKind.SKETCHES, SKETCHES_V2, "application/x-protobuf", footer=b"\x12\x00"
)


class SketchEncoder:
    """Encodes the sketch series of one batch; what they share is encoded once."""

    def __init__(self, origin: Callable[[bytes], Origin | None]) -> None:
        self._origin = origin
        self._tags: Memo[bytes, bytes] = Memo(_tag)
        self._names: Memo[bytes, tuple[bytes, bytes]] = Memo(self._name)
        self._keys: Memo[int, bytes] = Memo(zigzag)

    def encode(self, serie: SketchSerie) -> Item:
        """`serie` as one ``sketches`` field of the payload."""
        self._tags.trim()
        self._names.trim()
        self._keys.trim()
        name, origin = self._names[serie.name]
        tags = b"".join(map(self._tags.__getitem__, serie.tags))
        host = string(b"\x12", valid(serie.host))
        points = map(self._point, serie.points)
        body = b"".join((name, host, tags, *points, origin))
        return Item(delimited(b"\x0a", body), len(serie.points), serie.samples)

    def _name(self, name: bytes) -> tuple[bytes, bytes]:
        return string(b"\x0a", valid(name)), metadata(b"\x42", self._origin(name))

    def _point(self, point: SketchPoint) -> bytes:
        keys = b"".join(map(self._keys.__getitem__, point.keys))
        body = b"".join(
            (
                integer(b"\x08", point.timestamp),
                integer(b"\x10", point.count),
                double(b"\x19", point.minimum),
                double(b"\x21", point.maximum),
                double(b"\x29", point.average),
                double(b"\x31", point.total),
                string(b"\x3a", keys),
                string(b"\x42", b"".join(map(varint, point.counts))),
            )
        )
        return delimited(b"\x3a", body)


def _tag(tag: bytes) -> bytes:
    return delimited(b"\x22", valid(tag))
