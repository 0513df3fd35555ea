"""OTLP over HTTP: three paths, protobuf or JSON, plain or compressed.

What the specification says of answers: one that is refused for good has 400 or another status of
its kind, one that may be sent again 503, with the time to wait; a part that was not taken is told
in a response of 200.
"""

from typing import NamedTuple, Protocol

from serverless_init.errors import RequestRefused, Undecodable
from serverless_init.otlp.answers import JSON, PROTOBUF, Code, Outcome, accepted, refused
from serverless_init.otlp.stats import OtlpStats, reason_of
from serverless_init.wire import Request, Response, inflate

_CODES = {
    400: Code.INVALID_ARGUMENT,
    404: Code.UNIMPLEMENTED,
    405: Code.UNIMPLEMENTED,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    500: Code.INTERNAL,
    503: Code.UNAVAILABLE,
}


class Path(NamedTuple):
    """What a path takes, and JSON's name for the number of its rejected items."""

    signal: str
    rejected_name: str


PATHS = {
    "/v1/metrics": Path("metrics", "rejectedDataPoints"),
    "/v1/logs": Path("logs", "rejectedLogRecords"),
    "/v1/traces": Path("traces", "rejectedSpans"),
}


class Taker(Protocol):
    """What takes bodies."""

    def takes(self, signal: str) -> bool:
        """Whether `signal` is on."""

    async def take(self, signal: str, body: bytes, *, as_json: bool) -> Outcome:
        """Pass on what `body` holds. Raises `Undecodable`."""


async def answer_http(
    request: Request, taker: Taker, stats: OtlpStats, *, body_bytes_max: int
) -> Response:
    """The answer to an exporter's request; a refused one is counted in `stats`."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    as_json = content_type == JSON
    encoding = JSON if as_json else PROTOBUF
    path = PATHS.get(request.path)
    if path is None or request.method != "POST":
        stats.requests_foreign += 1
        status, why = (404, "no such path") if path is None else (405, "only POST is answered")
        return _refusal(status, why, as_json=as_json)
    try:
        if not taker.takes(path.signal):
            raise RequestRefused(404, f"{path.signal} are not taken here")
        if content_type not in (JSON, PROTOBUF):
            raise RequestRefused(415, f"the content type is neither {PROTOBUF} nor {JSON}")
        coding = request.headers.get("content-encoding", "")
        body = inflate(request.body, coding, bytes_max=body_bytes_max)
        outcome = await taker.take(path.signal, body, as_json=as_json)
    except (RequestRefused, Undecodable) as error:
        status = error.status if isinstance(error, RequestRefused) else 400
        stats.requests_dropped[reason_of(status)] += 1
        return _refusal(status, str(error), as_json=as_json)
    stats.requests_taken += 1
    return Response(200, accepted(outcome, path.rejected_name, as_json=as_json), encoding)


def _refusal(status: int, why: str, *, as_json: bool) -> Response:
    body = refused(_CODES.get(status, Code.INTERNAL), why, as_json=as_json)
    headers = (("Retry-After", "1"),) if status == 503 else ()
    return Response(status, body, JSON if as_json else PROTOBUF, headers)
