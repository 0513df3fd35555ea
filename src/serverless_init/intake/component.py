"""The local intake as a component: a server, the store behind it, and the faults asked for."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TextIO

from serverless_init.clock import Clock, SystemClock
from serverless_init.intake.control import Control, dispatch
from serverless_init.intake.fakeintake import FakeIntake
from serverless_init.intake.faults import FaultScript, FaultStep
from serverless_init.intake.layout import Style
from serverless_init.intake.report import render
from serverless_init.intake.routes import respond
from serverless_init.intake.store import Store, StoreBounds
from serverless_init.lifecycle import Drained
from serverless_init.wire import HttpServer, Request, Reset, Response, ServerLimits, offload

# A request that hangs does so for longer than any client waits.
HANG_S = 600.0

_LIMITS = ServerLimits(answer_s=2 * HANG_S)
_CONTROL_PREFIXES = ("/local/", "/fakeintake/")
_STOP_S = 1.0

# Decoding a full payload takes half a second; the loop, which the whole program may share, must not
# stand still that long. A body of this size takes a millisecond or two.
_SMALL_BODY_BYTES = 8_192


class Intake:
    """A fake Datadog on a local port. A `Component`, the last one to be drained.

    `port` 0 takes a free one. A request without an API key is refused unless `api_key_required` is
    off. `faults` are the steps of each route, to which `script` adds at run time.
    """

    name = "intake"

    def __init__(
        self,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key_required: bool = True,
        bounds: StoreBounds | None = None,
        limits: ServerLimits = _LIMITS,
        faults: Mapping[str, Iterable[FaultStep]] | None = None,
    ) -> None:
        self.store = Store(bounds)
        self.host = host
        self.port = port
        self._clock = clock
        self._api_key_required = api_key_required
        self._script = FaultScript(faults)
        self._fakeintake = FakeIntake(self.store)
        control = Control(self.store, script=self._script)
        self._control = {**control.routes, **self._fakeintake.routes}
        self._server = HttpServer(self._answer, limits=limits)
        self._changed = asyncio.Event()
        self._bound = False

    @property
    def url(self) -> str:
        """Where it listens, once it is bound."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def bind(self) -> None:
        """Take the port now, so that `url` is known before the start. Raises OSError."""
        self.port = self._server.bind(self.host, self.port)
        self._bound = True

    async def start(self) -> None:
        """Answer. Raises OSError when the port was not taken before and cannot be had."""
        if not self._bound:
            self.bind()
        await self._server.start()

    async def drain(self, deadline: float) -> Drained:
        """Answer what is in flight; everything that was accepted has reached its end here."""
        finished = await self._server.stop(deadline - self._clock.monotonic())
        items = sum(route.items for route in self.store.totals().routes.values())
        return Drained(accepted=items, passed_on=items, late=not finished)

    def close(self) -> None:
        """Cut every connection. What was received can still be asked for."""
        self._server.close()

    def script(self, route: str, steps: Iterable[FaultStep]) -> None:
        """Let the next requests of `route` fail as `steps` say; none lets it behave."""
        self._script.set(route, steps)

    async def changed(self) -> None:
        """Wait for the next request to be counted."""
        await self._changed.wait()

    async def _answer(self, request: Request) -> Response:
        if request.path.startswith(_CONTROL_PREFIXES):
            return dispatch(self._control, request)
        step = self._script.next_step(request.path)
        if step.delay_s:
            await asyncio.sleep(step.delay_s)
        usual = not (step.reset or step.hang or step.status)
        if usual or step.accept:
            response = await self._receive(request, faulted=not usual)
        else:
            self.store.count_request(request.path, len(request.body), faulted=True)
        self._tell()
        if usual:
            return self._fakeintake.overrides.get((request.method, request.path), response)
        if step.hang:
            await asyncio.sleep(HANG_S)
        if step.hang or step.reset:
            raise Reset
        return Response(step.status, b'{"errors":["by the fault script"]}', headers=step.headers)

    async def _receive(self, request: Request, *, faulted: bool) -> Response:
        answer = partial(
            respond, request, now=self._clock.now(), api_key_required=self._api_key_required
        )
        if len(request.body) <= _SMALL_BODY_BYTES:
            outcome = answer()
        else:
            outcome = await offload(answer, name="intake decode")
        self.store.count_request(
            request.path, len(request.body), faulted=faulted, refusal=outcome.refusal
        )
        if outcome.payload:
            self.store.add(outcome.payload)
        return outcome.response

    def _tell(self) -> None:
        """Wake everybody who waits for a change; the next one is waited for anew."""
        self._changed.set()
        self._changed = asyncio.Event()


async def serve(host: str, port: int) -> None:
    """Run an intake until SIGINT or SIGTERM, then print what it received. Raises OSError."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    clock = SystemClock()
    intake = Intake(clock, host=host, port=port)
    try:
        await intake.start()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        sys.stdout.write(f"listening on {intake.url}\n")
        sys.stdout.flush()
        await stopped.wait()
        await intake.drain(clock.monotonic() + _STOP_S)
    finally:
        intake.close()
    report = render(intake.store.snapshot(), style_of(sys.stdout))
    sys.stdout.write("\n".join([*report, ""]))


def style_of(stream: TextIO) -> Style:
    """The style that fits `stream`: a terminal's width and colours, and what it can encode."""
    unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
    if not stream.isatty():
        return Style(unicode=unicode)
    # A terminal that does not tell its size reports no columns.
    columns = os.get_terminal_size(stream.fileno()).columns
    return Style(width=columns or Style().width, colour=True, unicode=unicode)
