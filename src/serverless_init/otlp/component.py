"""The component: sockets for OTLP from the start, everything behind them from the first request.

Until a program sends by OTLP there are only listening sockets. What understands HTTP is small and
there anyway; what decodes and maps is loaded, away from the loop, when the first request comes, and
what speaks HTTP/2 when somebody first connects for gRPC. Who connects meanwhile waits.

At the end requests that have begun are answered; what they held has then been passed on.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.config import OtlpSettings
from serverless_init.lifecycle import Drained
from serverless_init.otlp.http import answer_http
from serverless_init.otlp.options import OtlpOptions
from serverless_init.otlp.stats import OtlpStats
from serverless_init.wire import (
    HttpServer,
    LoadedOnce,
    Request,
    Response,
    ServerLimits,
    offload,
    refusals_by_reason,
)

if TYPE_CHECKING:
    from serverless_init.otlp.grpc import GrpcServer
    from serverless_init.otlp.receiver import Receiver

_HTTP_BYTES = 20 << 20
_GRPC_BYTES = 4 << 20
_BODIES_BYTES_MIN = 64 << 20


class Otlp:
    """Listens on `sockets`, by protocol. Its downstream are the sinks among the `options`."""

    name = "otlp"

    def __init__(
        self,
        sockets: Mapping[str, Sequence[socket.socket]],
        options: OtlpOptions,
        *,
        clock: Clock,
    ) -> None:
        self.stats = OtlpStats()
        settings = options.configuration.of(OtlpSettings)
        self._body_bytes_max = settings.http_body_bytes_max or _HTTP_BYTES
        self._message_bytes_max = settings.grpc_message_mib_max << 20 or _GRPC_BYTES
        limits = ServerLimits(
            body_bytes_max=self._body_bytes_max,
            bodies_bytes_max=max(_BODIES_BYTES_MIN, self._body_bytes_max),
        )
        self._http = HttpServer(self._answer, limits=limits)
        for bound in sockets.get("http", ()):
            self._http.take(bound)
        self._grpc_sockets = sockets.get("grpc", ())
        self._grpc: GrpcServer | None = None
        self._opening: asyncio.Task[None] | None = None
        self._options = options
        self._clock = clock
        self._receiver: LoadedOnce[Receiver] = LoadedOnce(self._load, name="otlp load")

    async def start(self) -> None:
        """Accept."""
        await self._http.start()
        for bound in self._grpc_sockets:
            asyncio.get_running_loop().add_reader(bound, self._open_grpc_soon)

    async def drain(self, deadline: float) -> Drained:
        """Answer what has begun."""
        left_s = max(0.0, deadline - self._clock.monotonic())
        late = not await self._http.stop(left_s)
        if self._opening:
            left_s = max(0.0, deadline - self._clock.monotonic())
            _, waiting = await asyncio.wait((self._opening,), timeout=left_s)
            late |= bool(waiting)
        if self._grpc:
            late |= not await self._grpc.stop(deadline - self._clock.monotonic())
        return replace(self.requests_account(), late=late)

    def requests_account(self) -> Drained:
        """Every request that was received whole."""
        refused = self.stats.requests_dropped + refusals_by_reason(self._http.stats.refused)
        return Drained(
            accepted=self.stats.requests_taken + sum(refused.values()),
            passed_on=self.stats.requests_taken,
            dropped=refused,
        )

    def points_account(self) -> Drained:
        """Every point of a metric."""
        dropped = self.stats.points_dropped
        return Drained(
            accepted=self.stats.points_accepted,
            passed_on=self.stats.points_accepted - sum(dropped.values()),
            dropped=dict(dropped),
        )

    def close(self) -> None:
        """Stop listening, cut every connection. Idempotent."""
        self._http.close()
        if self._opening:
            self._opening.cancel()
        if self._grpc:
            self._grpc.close()
        for bound in self._grpc_sockets:
            bound.close()

    async def _answer(self, request: Request) -> Response:
        receiver = self._receiver.value or await self._receiver.get()
        preflight = receiver.cors.preflight(request)
        if preflight is not None:
            return preflight
        bytes_max = self._body_bytes_max
        answer = await answer_http(request, receiver, self.stats, body_bytes_max=bytes_max)
        return receiver.cors.allow(request, answer)

    def _load(self) -> "Receiver":
        from serverless_init.otlp.assembly import assemble

        return assemble(self._options, self.stats, self._clock)

    def _open_grpc_soon(self) -> None:
        """Somebody connects for the first time."""
        self._stop_watching()
        self._opening = asyncio.create_task(self._open_grpc(), name="otlp grpc")

    def _stop_watching(self) -> None:
        for bound in self._grpc_sockets:
            asyncio.get_running_loop().remove_reader(bound)

    async def _open_grpc(self) -> None:
        receiver = await self._receiver.get()
        server = await offload(_grpc_server_class, name="otlp grpc load")
        self._grpc = server(
            self._grpc_sockets, receiver, self.stats, bytes_max=self._message_bytes_max
        )
        await self._grpc.start()


def _grpc_server_class() -> "type[GrpcServer]":
    from serverless_init.otlp.grpc import GrpcServer

    return GrpcServer
