"""Items become payloads: joined, compressed, closed before a limit is passed.

Theory of operation. A payload has two byte limits, one on what is compressed and one on the
result, and for series a third one, on points. Uncompressed bytes and points are sums and are
known before an item is taken. The compressed size is known only after compressing, and a
compressor cannot give back what it was given. So the builder keeps a *promise* instead of a size:
`_room`, the uncompressed bytes that surely still fit, whatever they are (`Codec.capacity`).

An item within the promise is taken: this costs one comparison. An item beyond it makes the
builder *settle*: the compressor writes out all that it holds, the exact size is known, and the
promise is renewed from the bytes that are really left. Data that compresses ten to one consumes
a tenth of the room in each round, so rounds are few and the payload ends up full. If the renewed
promise is still too small, the payload is closed and the item opens the next one.

An item that even an empty payload cannot promise to hold is compressed by itself and measured: it
is sent alone when it is within the limits and dropped when it is not. So no payload ever passes a
limit and no item is dropped that alone would have fitted. (The original rejects by the worst case
and so loses large items that compress well.)

Items reach the compressor in slices, so that one `add` costs a fraction of a millisecond.
Nothing is kept of a closed payload, not even the compressor.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from serverless_init.model import Endpoint, Payload, PayloadKind
from serverless_init.serializer.stats import SerializerStats

# Enough to make the calls cheap; 0.1 ms of zstd, below 1 ms of zlib.
SLICE_BYTES = 32_768


class Stream(Protocol):
    """One compressed body in the making. Each call returns the bytes that are ready."""

    def give(self, data: bytes) -> bytes:
        """Compress `data`; the result may stay inside for now."""

    def settle(self) -> bytes:
        """Everything given so far, written out; the stream goes on."""

    def finish(self) -> bytes:
        """Everything given so far and the end mark; the stream is over."""


class Codec(Protocol):
    """A way to compress."""

    @property
    def content_encoding(self) -> str:
        """The header's value."""

    def capacity(self, room_bytes: int, *, streams: int = 1) -> int:
        """How many bytes, whatever they are, surely fit into `room_bytes` when compressed.

        In all, when they are compressed as so many streams. The room left by a settled stream
        also holds the stream's end mark.
        """

    def stream(self) -> Stream:
        """A new body."""


@dataclass(frozen=True, slots=True)
class PayloadFormat:
    """What surrounds the items of a kind, and where they go.

    With `grouped`, an item's group is a JSON key: its items stand in one array under it, and
    `footer` begins by closing the last array. `destinations` are as a `Payload` has them.
    """

    kind: PayloadKind
    endpoint: Endpoint
    content_type: str
    header: bytes = b""
    separator: bytes = b""
    footer: bytes = b""
    grouped: bool = False
    destinations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """A payload's limits, each inclusive. `points_max` is None where points do not count."""

    compressed_bytes_max: int
    uncompressed_bytes_max: int
    points_max: int | None = None


class Item(NamedTuple):
    """One encoded item; `group` only where the format is grouped.

    A tuple and not a dataclass, because a flush makes one of each serie.
    """

    body: bytes
    points: int
    samples: int
    group: bytes = b""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Makes payloads of finished bodies, and counts them."""

    form: PayloadFormat
    content_encoding: str
    stats: SerializerStats

    def payload(
        self, body: bytes, *, uncompressed_bytes: int, items: int, points: int, samples: int
    ) -> Payload:
        """`body` on its way; its samples are no longer held."""
        stats = self.stats
        stats.payloads += 1
        stats.items_serialized += items
        stats.samples_held -= samples
        stats.samples_serialized += samples
        stats.bytes_uncompressed += uncompressed_bytes
        stats.bytes_compressed += len(body)
        return Payload(
            kind=self.form.kind,
            endpoint=self.form.endpoint,
            body=body,
            content_type=self.form.content_type,
            content_encoding=self.content_encoding,
            points=points,
            samples=samples,
            destinations=self.form.destinations,
        )


class PayloadBuilder:
    """Takes items in order, returns payloads in order."""

    def __init__(
        self, form: PayloadFormat, *, limits: Limits, codec: Codec, stats: SerializerStats
    ) -> None:
        self._form = form
        self._is_joined = form.grouped or bool(form.separator)
        self._limits = limits
        self._codec = codec
        self._stats = stats
        self._shipment = Shipment(form, codec.content_encoding, stats)
        self._open()

    def add(self, item: Item) -> tuple[Payload, ...]:
        """Take `item`; return the payloads that this completed, usually none.

        An item that alone passes a limit is dropped and counted.
        """
        self._stats.samples_accepted += item.samples
        points_max = self._limits.points_max
        if points_max is not None and item.points > points_max:
            self._stats.drop("points_max", item.samples)
            return ()
        self._stats.samples_held += item.samples
        if self._take(item):
            return ()
        full = self.finish()
        if self._take(item):
            return full
        return full + self._alone(item)

    def finish(self) -> tuple[Payload, ...]:
        """The payload of what is held, if anything is. The builder can go on."""
        if not self._items:
            return ()
        self._pending.append(self._form.footer)
        self._pending_bytes += len(self._form.footer)
        stream = self._feed()
        self._written.append(stream.finish())
        payload = self._shipment.payload(
            b"".join(self._written),
            uncompressed_bytes=self._uncompressed_bytes + len(self._form.footer),
            items=self._items,
            points=self._points,
            samples=self._samples,
        )
        self._open()
        return (payload,)

    def _open(self) -> None:
        form = self._form
        self._stream: Stream | None = None
        self._written: list[bytes] = []
        self._written_bytes = 0
        self._pending = [form.header]
        self._pending_bytes = len(form.header)
        self._uncompressed_bytes = len(form.header)
        self._is_settled = True
        self._room = (
            self._codec.capacity(self._limits.compressed_bytes_max)
            - len(form.header)
            - len(form.footer)
        )
        self._group: bytes | None = None
        self._items = self._points = self._samples = 0

    def _take(self, item: Item) -> bool:
        """Add `item` to the open payload if it surely fits."""
        body, points, samples, group = item
        joint = self._joint(group) if self._is_joined else b""
        if joint is None:
            return False
        size = len(joint) + len(body)
        limits = self._limits
        uncompressed_bytes = self._uncompressed_bytes + size
        if uncompressed_bytes + len(self._form.footer) > limits.uncompressed_bytes_max:
            return False
        if limits.points_max is not None and self._points + points > limits.points_max:
            return False
        if size > self._room and (self._is_settled or size > self._settle()):
            return False
        if joint:
            self._pending.append(joint)
        self._pending.append(body)
        self._pending_bytes += size
        self._uncompressed_bytes = uncompressed_bytes
        self._room -= size
        self._is_settled = False
        self._group = group
        self._items += 1
        self._points += points
        self._samples += samples
        if self._pending_bytes >= SLICE_BYTES:
            self._feed()
        return True

    def _joint(self, group: bytes) -> bytes | None:
        """What stands before an item of `group`; None if it cannot follow in this payload.

        Groups ascend within a payload: a JSON object has each key once.
        """
        form, before = self._form, self._group
        if not form.grouped:
            return b"" if before is None else form.separator
        if before is None:
            return group + b":["
        if before == group:
            return form.separator
        return b"]," + group + b":[" if before < group else None

    def _feed(self) -> Stream:
        """Give the pending bytes to the compressor."""
        if self._stream is None:
            self._stream = self._codec.stream()
        ready = self._stream.give(b"".join(self._pending))
        self._written.append(ready)
        self._written_bytes += len(ready)
        self._pending = []
        self._pending_bytes = 0
        return self._stream

    def _settle(self) -> int:
        """Learn the exact compressed size; return the renewed room."""
        ready = self._feed().settle()
        self._written.append(ready)
        self._written_bytes += len(ready)
        self._is_settled = True
        room_bytes = self._limits.compressed_bytes_max - self._written_bytes
        self._room = self._codec.capacity(room_bytes) - len(self._form.footer)
        return self._room

    def _alone(self, item: Item) -> tuple[Payload, ...]:
        """A payload of `item` only, measured; none if it passes a limit."""
        form, limits = self._form, self._limits
        joint = self._joint(item.group)
        whole = b"".join((form.header, joint or b"", item.body, form.footer))
        if len(whole) <= limits.uncompressed_bytes_max:
            stream = self._codec.stream()
            body = stream.give(whole) + stream.finish()
            if len(body) <= limits.compressed_bytes_max:
                payload = self._shipment.payload(
                    body,
                    uncompressed_bytes=len(whole),
                    items=1,
                    points=item.points,
                    samples=item.samples,
                )
                return (payload,)
        self._stats.samples_held -= item.samples
        self._stats.drop("too_big", item.samples)
        return ()
