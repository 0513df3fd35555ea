"""Statistics of traces: a ``StatsPayload`` in MessagePack, with durations as DDSketch messages.

MessagePack is read with the library, and taken apart here by the public message's field names.
Everything here raises `Undecodable` for what is not such a payload.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.intake.protobuf_reader import (
    Value,
    double,
    fields,
    repeated_zigzag,
    submessage,
)
from serverless_init.intake.received_traces import ReceivedDurations, ReceivedGroup

_Map = Mapping[str, object]
T = TypeVar("T", str, int, bool, bytes)


def decode_stats(body: bytes) -> tuple[ReceivedGroup, ...]:
    """Every group of every bucket of a ``StatsPayload``."""
    try:
        payload = _map(msgspec.msgpack.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"the body is not MessagePack: {error}") from None
    return tuple(
        _group(_map(group), _map(bucket), _map(client), payload)
        for client in _list(payload, "Stats")
        for bucket in _list(_map(client), "Stats")
        for group in _list(_map(bucket), "Stats")
    )


def _group(group: _Map, bucket: _Map, client: _Map, payload: _Map) -> ReceivedGroup:
    return ReceivedGroup(
        service=_of(group, "Service", str),
        name=_of(group, "Name", str),
        resource=_of(group, "Resource", str),
        start_ns=_of(bucket, "Start", int),
        bucket_ns=_of(bucket, "Duration", int),
        hits=_of(group, "Hits", int),
        errors=_of(group, "Errors", int),
        top_level_hits=_of(group, "TopLevelHits", int),
        duration_ns=_of(group, "Duration", int),
        type=_of(group, "Type", str),
        span_kind=_of(group, "SpanKind", str),
        http_status=_of(group, "HTTPStatusCode", int),
        http_method=_of(group, "HTTPMethod", str),
        http_endpoint=_of(group, "HTTPEndpoint", str),
        grpc_status=_of(group, "GRPCStatusCode", str),
        synthetics=_of(group, "Synthetics", bool),
        trace_root=_of(group, "IsTraceRoot", int),
        service_source=_of(group, "srv_src", str),
        peer_tags=_texts(group, "PeerTags"),
        ok=_durations(_of(group, "OkSummary", bytes)),
        failed=_durations(_of(group, "ErrorSummary", bytes)),
        env=_of(client, "Env", str),
        host=_of(client, "Hostname", str),
        version=_of(client, "Version", str),
        language=_of(client, "Lang", str),
        container_id=_of(client, "ContainerID", str),
        tags=_texts(client, "Tags"),
        client_computed=_of(payload, "ClientComputed", bool),
    )


def _durations(message: bytes) -> ReceivedDurations:
    gamma = zeros = 0.0
    first = 0
    counts: tuple[float, ...] = ()
    for number, value in fields(message):
        match number:
            case 1:
                gamma = next((double(x) for n, x in fields(submessage(value)) if n == 1), 0.0)
            case 2:
                first, counts = _bins(submessage(value))
            case 4:
                zeros = double(value)
    return ReceivedDurations(gamma, first, counts, zeros)


def _bins(message: bytes) -> tuple[int, tuple[float, ...]]:
    """The dense store's first index and its counts."""
    first = 0
    counts: list[float] = []
    for number, value in fields(message):
        if number == 2:
            counts += _doubles(value)
        elif number == 3:
            (first,) = repeated_zigzag(value)
    return first, tuple(counts)


def _doubles(value: Value) -> Iterator[float]:
    """What one occurrence of a repeated double adds: one number, or many packed ones."""
    if isinstance(value, float):
        yield value
        return
    packed = submessage(value)
    if len(packed) % 8:
        raise Undecodable("packed doubles are cut off")
    for (number,) in struct.iter_unpack("<d", packed):
        yield number


def _map(value: object) -> _Map:
    if not isinstance(value, dict):
        raise Undecodable(f"a map is expected, not {type(value).__name__}")
    return value


def _of(where: _Map, name: str, kind: type[T]) -> T:
    """The field `name`; what is missing or nil is the kind's empty value."""
    value = where.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Undecodable(f"{name} is {type(value).__name__}, not {kind.__name__}")
    return value


def _list(where: _Map, name: str) -> list[object]:
    value = where.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Undecodable(f"{name} is {type(value).__name__}, not a list")
    return value


def _texts(where: _Map, name: str) -> tuple[str, ...]:
    texts = _list(where, name)
    if not all(isinstance(text, str) for text in texts):
        raise Undecodable(f"{name} has something that is no string")
    return tuple(map(str, texts))
