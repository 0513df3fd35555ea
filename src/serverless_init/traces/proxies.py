"""Sends on what tracers send for other products, and answers as those are answered.

Where each request goes says `passing`. Nothing is kept for later: a tracer that is told of a
failure sends again, or does without. Only its own telemetry is answered at once, and sent on beside
everything else, within bounds.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from serverless_init.errors import IntakeUnreachable
from serverless_init.traces import answers
from serverless_init.traces.passing import Outgoing, Passing
from serverless_init.traces.stats import ReceiverStats
from serverless_init.wire import ClientResponse, HttpClient, Request, Response

_log = logging.getLogger("serverless_init.traces")

_ANSWER_BYTES_MAX = 1_048_576
_WAITING_MAX = 100
_WAITING_BYTES_MAX = 25_000_000
_PROFILES = "/profiling/v1/input"


class Proxies:
    """Passes requests on through `client`, with the key that `api_key` gives at the moment."""

    def __init__(
        self,
        passing: Passing,
        *,
        client: HttpClient,
        api_key: Callable[[], str],
        stats: ReceiverStats,
    ) -> None:
        self._passing = passing
        self._client = client
        self._api_key = api_key
        self._stats = stats
        self._waiting: dict[asyncio.Task[None], int] = {}

    def takes(self, path: str) -> bool:
        """Whether requests to `path` are passed on."""
        return self._passing.takes(path)

    async def answer(self, request: Request) -> Response:
        """The answer to `request`. Raises `RequestRefused`."""
        passed = self._passing.pass_on(request)
        for copy in passed.copies:
            self._send_aside(copy)
        if passed.main is None:
            return Response(200)
        if passed.at_once:
            sent = self._send_aside(passed.main)
            return Response(200 if sent else 429, b"{}")
        try:
            answer = await self._send(passed.main)
        except IntakeUnreachable as error:
            return answers.refusal(503 if error.phase == "timeout" else 502, str(error))
        # The Agent tells tracers so, whose older versions know no other success.
        status = 200 if answer.status == 202 and request.path == _PROFILES else answer.status
        encoding = answer.content_encoding
        return Response(
            status,
            answer.body,
            answer.content_type or "application/octet-stream",
            (("Content-Encoding", encoding),) if encoding else (),
        )

    async def finish(self, timeout_s: float) -> None:
        """Let what is sent aside arrive; what is not there in time is given up and counted."""
        if self._waiting:
            await asyncio.wait([*self._waiting], timeout=max(0.0, timeout_s))
        self.close()

    def close(self) -> None:
        """Give up what is under way. Idempotent."""
        for task in list(self._waiting):
            task.cancel()

    def _send_aside(self, outgoing: Outgoing) -> bool:
        """Whether there was room to send `outgoing` in a task of its own."""
        size = len(outgoing.request.body)
        full = len(self._waiting) >= _WAITING_MAX
        if full or sum(self._waiting.values()) + size > _WAITING_BYTES_MAX:
            self._stats.telemetry_dropped += 1
            return False
        task = asyncio.create_task(self._send_and_forget(outgoing), name="traces proxy")
        self._waiting[task] = size
        task.add_done_callback(lambda done: self._waiting.pop(done, None))
        return True

    async def _send_and_forget(self, outgoing: Outgoing) -> None:
        try:
            await self._send(outgoing)
        except IntakeUnreachable as error:
            _log.debug("not passed on: %s", error)

    async def _send(self, outgoing: Outgoing) -> ClientResponse:
        try:
            key = outgoing.api_key or self._api_key()
            if not key:
                raise IntakeUnreachable("invalid_request", "no API key to pass a request on with")
            shown = ("Authorization", f"Bearer {key}") if outgoing.bearer else ("DD-API-KEY", key)
            request = replace(
                outgoing.request,
                headers=(*outgoing.request.headers, shown),
                answer_bytes_max=_ANSWER_BYTES_MAX,
            )
            answer = await self._client.send(request, timeout_s=outgoing.timeout_s)
        except BaseException:
            self._stats.passing_failed += 1
            raise
        self._stats.passed_on += 1
        return answer
