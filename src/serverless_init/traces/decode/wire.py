"""The library's typed decoder: one span as it stands on the wire, and how it becomes ours.

A request is taken apart in two steps, its traces and then the spans of each, so that the number of
spans is known before there is memory for them.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.model import Span
from serverless_init.traces.decode.lenient import as_tree, events, links

SPANS_MAX = 500_000
"""Spans of one request."""

SPAN_BYTES_MIN = 13
"""A span with its ids takes more in any version; empty ones would take more memory than bytes."""

REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""How the library says that it does not take a body."""

Index = Annotated[int, msgspec.Meta(ge=0)]
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
UINT64_MASK = 2**64 - 1


class WireSpan(msgspec.Struct, gc=False):
    """A span of versions 0.3, 0.4 and 0.7. nil stands for the zero of a type."""

    service: str | None = ""
    name: str | None = ""
    resource: str | None = ""
    trace_id: int | None = 0
    span_id: int | None = 0
    parent_id: int | None = 0
    start: Int64 | None = 0
    duration: Int64 | None = 0
    error: Int32 | None = 0
    meta: dict[str, str] | None = None
    metrics: dict[str, float] | None = None
    type: str | None = ""
    meta_struct: dict[str, bytes] | None = None
    span_links: list[object] | None = None
    span_events: list[object] | None = None


_decode_spans: Callable[[bytes | msgspec.Raw], list[WireSpan]] = msgspec.msgpack.Decoder(
    list[WireSpan]
).decode


def span_of(wire: WireSpan) -> Span:
    """`wire` as a span."""
    return Span(
        wire.service or "",
        wire.name or "",
        wire.resource or "",
        (wire.trace_id or 0) & UINT64_MASK,
        (wire.span_id or 0) & UINT64_MASK,
        (wire.parent_id or 0) & UINT64_MASK,
        wire.start or 0,
        wire.duration or 0,
        wire.error or 0,
        {} if wire.meta is None else wire.meta,
        {} if wire.metrics is None else wire.metrics,
        wire.type or "",
        wire.meta_struct or None,
        links(as_tree(wire.span_links)) if wire.span_links else None,
        events(as_tree(wire.span_events)) if wire.span_events else None,
    )


class Spans:
    """Decodes the spans of a request of `body_bytes`, chunk after chunk; counts them."""

    def __init__(self, body_bytes: int) -> None:
        self._count = 0
        self._count_max = min(SPANS_MAX, body_bytes // SPAN_BYTES_MIN + 1)

    def decode(self, chunk: msgspec.Raw) -> list[Span]:
        """The spans of `chunk`, an encoded array. Raises one of `REFUSED`, or `Undecodable`."""
        self.count(chunk)
        return [span_of(wire) for wire in _decode_spans(chunk)]

    def count(self, chunk: msgspec.Raw) -> None:
        """Add the entries of an encoded array to those of the request."""
        self._count += array_length(chunk)
        if self._count > self._count_max:
            raise Undecodable(f"more than {self._count_max} spans in one request")


def array_length(encoded: msgspec.Raw) -> int:
    """How many entries an encoded array says it has; 0 for what is no array."""
    header = bytes(memoryview(encoded)[:5])
    if header[0] & 0xF0 == 0x90:
        return header[0] & 0x0F
    if header[0] in (0xDC, 0xDD):
        return int.from_bytes(header[1 : 3 if header[0] == 0xDC else 5], "big")
    return 0
