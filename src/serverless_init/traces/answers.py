"""What tracers are answered: rates of sampling, and refusals as they know them."""

import json

from serverless_init.traces.samplers import Rates
from serverless_init.wire import Response

RATES_VERSION = "Datadog-Rates-Payload-Version"
_TEXT = "text/plain; charset=utf-8"


def said_ok() -> Response:
    """The answer of the versions that know no rates."""
    return Response(200, b"OK\n", _TEXT)


def rates(current: Rates, known_version: str) -> Response:
    """How much of each service to keep; who says which version it knows is told of changes."""
    if not known_version:
        return Response(200, _rates_body(current))
    headers = ((RATES_VERSION, current.version),)
    body = b"{}\n" if known_version == current.version else _rates_body(current)
    return Response(200, body, headers=headers)


def refusal(status: int, why: str) -> Response:
    """Why not, in one line."""
    return Response(status, f"{why}\n".encode(), _TEXT, (("X-Content-Type-Options", "nosniff"),))


def _rates_body(current: Rates) -> bytes:
    return json.dumps({"rate_by_service": dict(current.by_service)}).encode() + b"\n"
