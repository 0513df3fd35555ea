"""Which pages of browsers may export over HTTP: the part of CORS that a receiver of OTLP needs.

A page of another origin asks first, with OPTIONS, and reads an answer only when it names its
origin. Without allowed origins there is no CORS: a browser then keeps its page from us.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from serverless_init.wire import Request, Response

_HEADERS = ("Accept", "Content-Type", "X-Requested-With")
_ASKED = "access-control-request-method"


class Cors:
    """Allows `origins`, where `*` stands for any text, to send `headers` beside the usual ones."""

    def __init__(self, origins: Sequence[str], headers: Sequence[str]) -> None:
        self._origins = tuple(origins)
        self._patterns = [_pattern(origin) for origin in origins]
        self._headers = ", ".join((*_HEADERS, *headers))
        self._has_any_header = "*" in headers

    def preflight(self, request: Request) -> Response | None:
        """The answer to a browser that asks what it may send; None if `request` is none such."""
        if not self._origins or request.method != "OPTIONS" or _ASKED not in request.headers:
            return None
        asked = request.headers.get("access-control-request-headers", "")
        allowed = asked if self._has_any_header and asked else self._headers
        answer = self.allow(request, Response(200))
        if not self._allows(request):
            return answer
        told = (
            ("Access-Control-Allow-Methods", "POST"),
            ("Access-Control-Allow-Headers", allowed),
        )
        return replace(answer, headers=answer.headers + told)

    def allow(self, request: Request, response: Response) -> Response:
        """`response`, readable for the page that has sent `request` if its origin is allowed."""
        if not self._origins:
            return response
        told: tuple[tuple[str, str], ...] = (("Vary", "Origin"),)
        if self._allows(request):
            told += (("Access-Control-Allow-Origin", request.headers["origin"]),)
        return replace(response, headers=response.headers + told)

    def _allows(self, request: Request) -> bool:
        origin = request.headers.get("origin", "").lower()
        return bool(origin) and any(pattern.fullmatch(origin) for pattern in self._patterns)


def _pattern(origin: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, origin.lower().split("*"))))
