"""The routes of the Agent's own test intake, so that its clients and tests work with ours.

Paths and shapes are those of ``test/fakeintake`` in the Agent's repository, with one difference:
of an API key only the end is shown.
"""

import base64
from datetime import UTC, datetime

from serverless_init.errors import RequestRefused
from serverless_init.intake import as_json
from serverless_init.intake.control import ControlRoutes, Query, object_of
from serverless_init.intake.routes import ROUTES, json_response
from serverless_init.intake.store import Store
from serverless_init.intake.views import StoredPayload
from serverless_init.wire import Request, Response

OVERRIDES_MAX = 100


class FakeIntake:
    """Answers from `store`. `routes` are by method and path, `overrides` as well."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.overrides: dict[tuple[str, str], Response] = {}
        self.routes: ControlRoutes = {
            ("GET", "/fakeintake/payloads"): self._payloads,
            ("GET", "/fakeintake/health"): self._health,
            ("GET", "/fakeintake/routestats"): self._route_stats,
            ("GET", "/fakeintake/flushPayloads"): self._flush,
            ("POST", "/fakeintake/flushPayloads"): self._flush,
            ("DELETE", "/fakeintake/flushPayloads"): self._flush,
            ("POST", "/fakeintake/configure/override"): self._override,
        }

    def _payloads(self, _request: Request, query: Query) -> Response:
        endpoint = query.get("endpoint", "")
        if not endpoint:
            raise RequestRefused(400, "missing endpoint query parameter")
        parsed = query.get("format") == "json"
        if parsed and endpoint not in ROUTES:
            raise RequestRefused(400, "invalid route parameter")
        kept = self._store.payloads(endpoint)
        return json_response(200, {"payloads": [_payload(payload, parsed) for payload in kept]})

    def _health(self, _request: Request, _query: Query) -> Response:
        return json_response(200, {})

    def _route_stats(self, _request: Request, _query: Query) -> Response:
        counts = {path: route.payloads for path, route in self._store.totals().routes.items()}
        shown = {path: {"id": path, "count": count} for path, count in counts.items() if count}
        return json_response(200, {"routes": shown})

    def _flush(self, _request: Request, _query: Query) -> Response:
        self._store.clear()
        return json_response(200, {})

    def _override(self, request: Request, _query: Query) -> Response:
        """A fixed reply for one path; what is posted there is kept all the same."""
        body = object_of(request)
        method, path = str(body.get("method") or "POST").upper(), str(body.get("endpoint", ""))
        status = body.get("status_code", 200)
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise RequestRefused(400, "status_code is between 200 and 599")
        try:
            fixed = base64.b64decode(str(body.get("body") or ""), validate=True)
        except ValueError:
            raise RequestRefused(400, "body is not base64") from None
        if len(self.overrides.keys() | {(method, path)}) > OVERRIDES_MAX:
            raise RequestRefused(400, f"at most {OVERRIDES_MAX} replies can be overridden")
        content_type = str(body.get("content_type") or "application/json")
        self.overrides[method, path] = Response(status, fixed, content_type)
        return json_response(200, {})


def _payload(payload: StoredPayload, parsed: bool) -> as_json.Json:
    data: object = base64.b64encode(payload.body).decode()
    if parsed:
        data = [as_json.as_sent(received) for received in payload.received]
    return {
        "timestamp": datetime.fromtimestamp(payload.received_at, UTC).isoformat(),
        "api_key": payload.api_key,
        "data": data,
        "encoding": payload.encoding or payload.content_type,
        "content_type": payload.content_type,
    }
