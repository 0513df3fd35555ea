"""The health server: ``/live``, ``/ready`` and ``/startup`` on a port of all interfaces.

Answers are the Agent's: 200 or 500, and the names of what is healthy and what is not.
"""

import json

from serverless_init.clock import Clock
from serverless_init.health.vitals import Vitals
from serverless_init.lifecycle import Drained
from serverless_init.wire import HttpServer, Request, Response, ServerLimits

_LIMITS = ServerLimits(
    connections_max=16, head_bytes_max=8192, body_bytes_max=1024, request_s=5.0, idle_s=30.0
)
_LIVE = ("/", "/live")
# A probe that is being answered when everything else has ended.
_STOP_S = 0.1


class Health:
    """Answers probes on `port` from its start to the end of everything else."""

    name = "health"

    def __init__(self, port: int, vitals: Vitals, *, clock: Clock) -> None:
        self.port = port
        self._vitals = vitals
        self._clock = clock
        self._server = HttpServer(self._answer, limits=_LIMITS)

    async def start(self) -> None:
        """Listen. Raises ``OSError`` when the port cannot be had."""
        self.port = self._server.bind("", self.port)
        await self._server.start()

    async def drain(self, deadline: float) -> Drained:
        """Stop listening; a probe that is being answered gets its answer."""
        left_s = max(0.0, deadline - self._clock.monotonic())
        return Drained(late=not await self._server.stop(min(_STOP_S, left_s)))

    def close(self) -> None:
        """Stop listening, cut every connection. Idempotent."""
        self._server.close()

    async def _answer(self, request: Request) -> Response:
        if request.path in _LIVE:
            return _told([self.name], [])
        if request.path == "/startup":
            return _told(*self._vitals.started())
        if request.path == "/ready":
            return _told(*self._vitals.ready())
        return Response(404, b'{"errors":["/live, /ready and /startup are answered here"]}')


def _told(healthy: list[str], unhealthy: list[str]) -> Response:
    body = json.dumps({"Healthy": healthy, "Unhealthy": unhealthy}).encode()
    return Response(500 if unhealthy else 200, body)
