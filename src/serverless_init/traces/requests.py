"""A tracer's request as values: the payload of its body, and what its headers add.

Which decoder reads a body is a matter of the path and, where a version knows two formats, of
``Content-Type``. The headers are the trace agent's.
"""

from collections.abc import Callable, Mapping

from serverless_init.errors import RequestRefused
from serverless_init.model import TraceChunk, TracerPayload
from serverless_init.traces.decode import (
    decode_v01,
    decode_v04_json,
    decode_v05,
    decode_v07,
    decode_v10,
)
from serverless_init.traces.pipeline import Sender
from serverless_init.traces.twin import decode_v04

_MSGPACK = "application/msgpack"
_FALSE = frozenset(("", "0", "f", "F", "FALSE", "False", "false"))
_CONTAINER_PREFIXES = ("cid-", "ci-")
_CLIENT_DROPPED_MAX = 10**9

Headers = Mapping[str, str]
_Chunks = Callable[[bytes], list[TraceChunk]]


def payload_of(path: str, headers: Headers, body: bytes) -> TracerPayload:
    """The payload of a `body` that was sent to `path`, with who sent it.

    Raises `errors.Undecodable`, or `RequestRefused` with the status that says what is wrong.
    """
    decode = _PAYLOADS.get(path)
    if decode is not None:
        payload = decode(body)
    else:
        payload = TracerPayload(chunks=_CHUNKS[path](body, headers))
    payload.language_name = payload.language_name or headers.get("datadog-meta-lang", "")
    payload.language_version = payload.language_version or headers.get(
        "datadog-meta-lang-version", ""
    )
    payload.tracer_version = payload.tracer_version or headers.get(
        "datadog-meta-tracer-version", ""
    )
    payload.container_id = payload.container_id or container_id(headers)
    return payload


def sender_of(headers: Headers) -> Sender:
    """What the headers say beside the payload."""
    return Sender(
        process_tags=headers.get("x-datadog-process-tags", ""),
        computes_top_level=is_true(headers, "datadog-client-computed-top-level"),
        computes_stats=is_true(headers, "datadog-client-computed-stats"),
        client_dropped_traces=_count(headers, "datadog-client-dropped-p0-traces"),
        client_dropped_spans=_count(headers, "datadog-client-dropped-p0-spans"),
    )


def container_id(headers: Headers) -> str:
    """The container that the client says it runs in, or nothing."""
    entity = headers.get("datadog-entity-id", "")
    for prefix in _CONTAINER_PREFIXES:
        if entity.startswith(prefix):
            return entity.removeprefix(prefix)
    return headers.get("datadog-container-id", "")


def is_true(headers: Headers, name: str) -> bool:
    """A header that says yes or no: anything that does not say no says yes."""
    return headers.get(name, "") not in _FALSE


def _count(headers: Headers, name: str) -> int:
    text = headers.get(name, "")
    return min(int(text), _CLIENT_DROPPED_MAX) if text.isascii() and text.isdigit() else 0


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _either(body: bytes, headers: Headers) -> list[TraceChunk]:
    """What says that it is neither is read as JSON, as the Agent does."""
    return decode_v04(body) if _media_type(headers) == _MSGPACK else decode_v04_json(body)


def _only_json(decode: _Chunks) -> Callable[[bytes, Headers], list[TraceChunk]]:
    def read(body: bytes, headers: Headers) -> list[TraceChunk]:
        if _media_type(headers) == _MSGPACK:
            raise RequestRefused(415, f'unsupported media type: "{_MSGPACK}"')
        return decode(body)

    return read


_PAYLOADS: Mapping[str, Callable[[bytes], TracerPayload]] = {
    "/v0.7/traces": decode_v07,
    "/v1.0/traces": decode_v10,
}
_CHUNKS: Mapping[str, Callable[[bytes, Headers], list[TraceChunk]]] = {
    "/spans": _only_json(decode_v01),
    "/v0.1/spans": _only_json(decode_v01),
    "/v0.2/traces": _only_json(decode_v04_json),
    "/v0.3/traces": _either,
    "/v0.4/traces": _either,
    "/v0.5/traces": lambda body, _: decode_v05(body),
}
