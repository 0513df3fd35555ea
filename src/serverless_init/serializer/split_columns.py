"""Values become columnar payloads, closed before a limit is passed.

Theory of operation. It is that of `split`, with columns in the place of one stream. A payload is
the concatenation of its columns, each of which grows at its own end, so nothing can be compressed
in the order of the payload before the payload is closed. But compressed streams may follow one
another in a body (zstd frames, gzip members; zlib streams may not, so with zlib there is no v3).

While all that a payload holds surely fits, whatever it is, it stays as it is: most payloads are
closed by their number of points before that changes, and are then compressed as one stream. Beyond
it the builder *settles*: what each column has gained becomes a stream of its own, the exact size is
known, and the promise is renewed from the bytes that are left. A promise holds for what settling
adds, too: a stream for each column now, and one for each column's header in the end. When it is
small the payload counts as full, and where it is small from the beginning nothing is ever settled.

A value is written first and judged then; what does not fit is taken back by the lengths from
before. The dictionaries are not taken back, but thrown away with the payload that is closed.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from serverless_init.model import Payload
from serverless_init.serializer.columns import COLUMNS, Columns
from serverless_init.serializer.protobuf import varint
from serverless_init.serializer.series_v3 import Rows
from serverless_init.serializer.split import Codec, Limits, PayloadFormat, Shipment
from serverless_init.serializer.stats import SerializerStats

# The key and the length of the message, and of each column.
_HEADERS_BYTES_MAX = 1 + 5 + COLUMNS * (2 + 5)
_METRIC_DATA = b"\x1a"
_KEYS = tuple(varint(number << 3 | 2) for number in range(COLUMNS + 1))

# What settling and then closing makes of the columns.
_STREAMS_MAX = 2 * COLUMNS + 1
# A payload that promises to hold less than this part of its compressed bytes is full.
_FULL = 16


class Sized(Protocol):
    """What every value in columns has."""

    @property
    def points(self) -> tuple[object, ...]:
        """Its points."""

    @property
    def samples(self) -> int:
        """What it stands for."""


T = TypeVar("T", bound=Sized)


class ColumnBatch(Generic[T]):
    """A `Batch` of values in columns; `rows` writes into the columns of one payload."""

    def __init__(
        self,
        form: PayloadFormat,
        rows: Callable[[Columns], Rows[T]],
        *,
        limits: Limits,
        codec: Codec,
        stats: SerializerStats,
    ) -> None:
        self._rows_of = rows
        self._limits = limits
        self._codec = codec
        self._stats = stats
        self._shipment = Shipment(form, codec.content_encoding, stats)
        self._open()

    def add(self, value: T) -> tuple[Payload, ...]:
        """See `Batch`. What has no points, or alone passes a limit, is dropped and counted."""
        stats, points = self._stats, len(value.points)
        stats.samples_accepted += value.samples
        points_max = self._limits.points_max
        if not points or (points_max is not None and points > points_max):
            stats.drop("points_max" if points else "no_points", value.samples)
            return ()
        stats.samples_held += value.samples
        if self._take(value):
            return ()
        full = self.finish()
        self._open()
        if self._take(value):
            return full
        self._open()
        return full + self._alone(value)

    def finish(self) -> tuple[Payload, ...]:
        """See `Batch`."""
        if not self._items:
            return ()
        body, uncompressed_bytes = self._body()
        payload = self._shipment.payload(
            body,
            uncompressed_bytes=uncompressed_bytes,
            items=self._items,
            points=self._points,
            samples=self._samples,
        )
        self._open()
        return (payload,)

    def _open(self) -> None:
        self._columns = Columns()
        self._rows = self._rows_of(self._columns)
        self._streams: list[list[bytes]] = [[] for _ in self._columns.data]
        self._settled = [0] * len(self._streams)
        self._settled_bytes = 0
        self._written = 0
        self._promise()
        if self._is_full:
            self._room = self._capacity(streams=1)
        self._items = self._points = self._samples = 0

    def _take(self, value: T) -> bool:
        """Add `value` to the open payload if it surely fits."""
        points_max, columns = self._limits.points_max, self._columns
        if points_max is not None and self._points + len(value.points) > points_max:
            return False
        before = columns.mark()
        self._rows.put(value)
        size = columns.size
        fits = (
            self._settled_bytes + size <= self._limits.uncompressed_bytes_max - _HEADERS_BYTES_MAX
        )
        if fits and size > self._room:
            if not self._is_full and any(before):
                before = self._settle(before)
            fits = columns.size <= self._room
        if not fits:
            columns.cut(before)
            return False
        self._items += 1
        self._points += len(value.points)
        self._samples += value.samples
        return True

    def _settle(self, ends: list[int]) -> list[int]:
        """Compress the columns up to `ends`, and renew the promise; where they end now."""
        data = self._columns.data
        for number, end in enumerate(ends):
            if end:
                stream = self._compressed(data[number][:end])
                self._streams[number].append(stream)
                self._written += len(stream)
                self._settled[number] += end
                self._settled_bytes += end
                del data[number][:end]
        self._promise()
        return [0] * len(ends)

    def _promise(self) -> None:
        """Learn how many bytes the columns may gain, and whether that is worth a settling."""
        self._room = self._capacity(streams=_STREAMS_MAX)
        self._is_full: bool = self._room < self._limits.compressed_bytes_max // _FULL

    def _body(self) -> tuple[bytes, int]:
        """The payload's body and its uncompressed length; nothing is open afterwards."""
        data = self._columns.data
        lengths = [len(tail) + end for tail, end in zip(data, self._settled, strict=True)]
        headers = [_KEYS[n] + varint(length) for n, length in enumerate(lengths)]
        used = [number for number, length in enumerate(lengths) if length]
        whole = sum(len(headers[number]) + lengths[number] for number in used)
        plain = bytearray(_METRIC_DATA + varint(whole))
        uncompressed_bytes = len(plain) + whole
        body: list[bytes] = []
        for number in used:
            plain += headers[number]
            if self._streams[number]:
                body += (self._compressed(plain), *self._streams[number])
                plain.clear()
            plain += data[number]
        if plain:
            body.append(self._compressed(plain))
        return b"".join(body), uncompressed_bytes

    def _alone(self, value: T) -> tuple[Payload, ...]:
        """A payload of `value` only, measured; none if it passes a limit."""
        self._rows.put(value)
        body, uncompressed_bytes = self._body()
        self._open()
        limits = self._limits
        if (
            uncompressed_bytes <= limits.uncompressed_bytes_max
            and len(body) <= limits.compressed_bytes_max
        ):
            payload = self._shipment.payload(
                body,
                uncompressed_bytes=uncompressed_bytes,
                items=1,
                points=len(value.points),
                samples=value.samples,
            )
            return (payload,)
        self._stats.samples_held -= value.samples
        self._stats.drop("too_big", value.samples)
        return ()

    def _compressed(self, plain: bytearray) -> bytes:
        stream = self._codec.stream()
        return stream.give(bytes(plain)) + stream.finish()

    def _capacity(self, *, streams: int) -> int:
        left = self._limits.compressed_bytes_max - self._written
        return self._codec.capacity(left, streams=streams) - _HEADERS_BYTES_MAX
