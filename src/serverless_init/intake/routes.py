"""The intake's routes: what each takes, at most how much, and what it answers.

`respond` is the whole of Datadog's side, pure: a request in, the answer and what to keep out.
Limits and answers are those of the public API's documentation; where that is silent the limits of
series v1 hold. A path that nobody knows is kept raw, so that nothing sent here disappears.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from serverless_init.errors import RequestRefused, Undecodable
from serverless_init.intake import decode_columns, decode_json, decode_logs, decode_protobuf
from serverless_init.intake.decode_agents import decode_agents
from serverless_init.intake.decode_stats import decode_stats
from serverless_init.intake.decode_traces import decode_traces
from serverless_init.intake.received import Received
from serverless_init.intake.views import StoredPayload
from serverless_init.wire import Request, Response, inflate

VALIDATE = "/api/v1/validate"

_Decode = Callable[[bytes], tuple[Received, ...]]

_NO_ERRORS = b'{"errors":[]}'
_STATUS_OK = b'{"status":"ok"}'


@dataclass(frozen=True, slots=True)
class Route:
    """One path. `by_protobuf` decodes protobuf bodies, `by_json` all others; None knows no such.

    `by_msgpack` stands alone: nothing else is sent there.
    """

    by_json: _Decode | None = None
    by_protobuf: _Decode | None = None
    by_msgpack: _Decode | None = None
    status: int = 202
    answer: bytes = _STATUS_OK
    body_bytes_max: int = 3_200_000
    plain_bytes_max: int = 62_914_560


_LOGS = Route(
    by_json=decode_logs.decode_logs,
    answer=b"{}",
    body_bytes_max=5_242_880,
    plain_bytes_max=5_242_880,
)

# An answer is a message whose only field says what was wrong.
_COLUMNS = Route(
    by_protobuf=decode_columns.decode_columns,
    answer=b"",
    body_bytes_max=512_000,
    plain_bytes_max=5_242_880,
)

ROUTES = {
    "/api/v2/series": Route(
        by_json=decode_json.decode_series_v2,
        by_protobuf=decode_protobuf.decode_series,
        answer=_NO_ERRORS,
        body_bytes_max=512_000,
        plain_bytes_max=5_242_880,
    ),
    "/api/v1/series": Route(by_json=decode_json.decode_series_v1),
    "/api/beta/sketches": Route(by_protobuf=decode_protobuf.decode_sketches, answer=_NO_ERRORS),
    "/api/intake/metrics/v3/series": _COLUMNS,
    "/api/intake/metrics/v3beta/series": _COLUMNS,
    "/api/intake/metrics/v3/sketches": _COLUMNS,
    "/api/v1/check_run": Route(by_json=decode_json.decode_checks),
    "/api/v1/events": Route(by_json=decode_json.decode_event),
    "/intake/": Route(by_json=decode_json.decode_intake),
    "/api/v1/metadata": Route(by_json=decode_agents),
    "/api/v2/logs": _LOGS,
    "/v1/input": _LOGS,
    "/api/v0.2/traces": Route(
        by_protobuf=decode_traces, status=200, answer=b"", body_bytes_max=62_914_560
    ),
    "/api/v0.2/stats": Route(by_msgpack=decode_stats, status=200, answer=b""),
}

# What the Agent's own test intake says on any path.
_UNKNOWN = Route(status=200, answer=_NO_ERRORS, body_bytes_max=2**63, plain_bytes_max=2**63)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, the payload to keep if any, and the reason when the request was refused."""

    response: Response
    payload: StoredPayload | None = None
    refusal: str = ""


def respond(request: Request, *, now: float, api_key_required: bool) -> Outcome:
    """What Datadog would do with `request` at `now`. Never raises."""
    key = _api_key(request)
    try:
        if request.method == "GET" and request.path == VALIDATE:
            _check_key(key, required=api_key_required)
            return Outcome(json_response(200, {"valid": True}))
        if request.method != "POST":
            known = request.method in ("GET", "HEAD")
            raise RequestRefused(404 if known else 405, "Not Found" if known else "Not Allowed")
        _check_key(key, required=api_key_required)
        route = ROUTES.get(request.path, _UNKNOWN)
        if len(request.body) > route.body_bytes_max:
            raise RequestRefused(413, f"a body has at most {route.body_bytes_max} bytes")
        payload = _payload(request, route, now, key)
    except RequestRefused as refusal:
        reason = str(refusal)
        return Outcome(errors(refusal.status, reason), refusal=f"{refusal.status} {reason}")
    if payload.error:
        reason = f"400 {payload.error}"
        return Outcome(errors(400, payload.error), payload=payload, refusal=reason)
    return Outcome(Response(route.status, route.answer), payload=payload)


def decoder_of(path: str, content_type: str) -> _Decode | None:
    """The decoder of a body of `content_type` posted to `path`; None keeps it raw."""
    route = ROUTES.get(path, _UNKNOWN)
    if route.by_json and route.by_protobuf:
        return route.by_protobuf if "protobuf" in content_type.lower() else route.by_json
    return route.by_json or route.by_protobuf or route.by_msgpack


def json_response(status: int, value: object) -> Response:
    """`value` as a JSON answer. It has no infinite numbers."""
    return Response(status, json.dumps(value, allow_nan=False).encode())


def errors(status: int, why: str) -> Response:
    """Datadog's form of saying no."""
    return json_response(status, {"errors": [why]})


def _payload(request: Request, route: Route, now: float, key: str) -> StoredPayload:
    """The body, understood if it can be. Raises `RequestRefused` for one that is too large."""
    content_type = request.headers.get("content-type", "")
    encoding = request.headers.get("content-encoding", "")
    received: tuple[Received, ...] = ()
    plain_bytes, error = 0, ""
    decode = decoder_of(request.path, content_type)
    if decode:
        try:
            plain = inflate(request.body, encoding, bytes_max=route.plain_bytes_max)
            plain_bytes = len(plain)
            received = decode(plain)
        except Undecodable as reason:
            error = str(reason)
    return StoredPayload(
        route=request.path,
        received_at=now,
        body=request.body,
        encoding=encoding,
        content_type=content_type,
        api_key=f"***{key[-4:]}" if len(key) > 8 else "***" if key else "",
        plain_bytes=plain_bytes,
        received=received,
        error=error,
    )


def _api_key(request: Request) -> str:
    """The key of the header, or of the query, which the public API takes as well."""
    in_header = request.headers.get("dd-api-key", "").strip()
    return in_header or "".join(parse_qs(request.query).get("api_key", [])[:1])


def _check_key(key: str, *, required: bool) -> None:
    if required and not key:
        raise RequestRefused(403, "Forbidden")
