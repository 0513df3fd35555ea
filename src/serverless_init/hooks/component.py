"""The component: answers the hooks, passes them on to the program, counts them, flushes.

A hook is answered when our own part is done and the program, if it answers hooks too, has answered.
Its answer is then ours. Nothing that goes wrong with it keeps us from our part.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from serverless_init.clock import Clock
from serverless_init.errors import IntakeUnreachable
from serverless_init.hooks.hook import HEARTBEAT, HOOKS, UNKNOWN, Hook, Order, instance_of
from serverless_init.lifecycle import Drained
from serverless_init.model import MetricKind, MetricSample, SampleSink
from serverless_init.wire import (
    ClientRequest,
    HttpClient,
    HttpServer,
    Origin,
    Request,
    Response,
    ServerLimits,
)

HEARTBEAT_S = 300.0
# The original's bound of a flush of everything.
FLUSH_S = 1.5
_POLL_S = 0.05
_BODY_BYTES_MAX = 1 << 20
_WRITE_S = 5.0
_OVERHEAD_S = 6.0
_STOP_S = 1.5


@dataclass(frozen=True, slots=True)
class HooksOptions:
    """What the operator may say. `app_port` is the program's, 0 when it answers no hooks."""

    port: int = 9000
    app_port: int = 0
    forward_s: float = 1.0
    ready_s: float = 60.0
    validate_s: float = 1.0
    image_arn: str = ""
    tags: tuple[str, ...] = ()


class HooksStats:
    """Hooks answered, and samples passed on."""

    __slots__ = ("answered", "samples")

    def __init__(self) -> None:
        self.answered = 0
        self.samples = 0


class Hooks:
    """The component. `out` takes samples; `flush` delivers what is held before a deadline.

    `app_runs` is asked whether the program is alive, `named` told the tag of the instance.
    """

    name = "hooks"

    def __init__(
        self,
        options: HooksOptions,
        *,
        out: SampleSink,
        flush: Callable[[float], Awaitable[None]],
        app_runs: Callable[[], bool],
        named: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self.stats = HooksStats()
        self.port = options.port
        self.instance = ""
        self._options = options
        self._out = out
        self._flush = flush
        self._app_runs = app_runs
        self._named = named
        self._clock = clock
        self._beating: asyncio.Task[None] | None = None
        self._patience = {
            "forward": options.forward_s,
            "ready": options.ready_s,
            "validate": options.validate_s,
        }
        longest_s = max(FLUSH_S + options.forward_s, options.ready_s, options.validate_s)
        self._server = HttpServer(
            self._answer,
            limits=ServerLimits(
                connections_max=16,
                body_bytes_max=_BODY_BYTES_MAX,
                answer_s=longest_s + _OVERHEAD_S,
                write_s=_WRITE_S,
            ),
        )

    async def start(self) -> None:
        """Listen. Raises ``OSError`` when the port cannot be had."""
        self.port = self._server.bind("", self.port)
        await self._server.start()

    async def drain(self, deadline: float) -> Drained:
        """Stop listening; a hook that is being answered gets its answer."""
        self._beat(on=False)
        left_s = max(0.0, deadline - self._clock.monotonic())
        late = not await self._server.stop(min(_STOP_S, left_s))
        return Drained(accepted=self.stats.samples, passed_on=self.stats.samples, late=late)

    def close(self) -> None:
        """Stop listening and counting. Idempotent."""
        self._beat(on=False)
        self._server.close()

    async def _answer(self, request: Request) -> Response:
        hook = HOOKS.get(request.path)
        if hook is None:
            return Response(404)
        if request.method != "POST":
            return Response(405)
        self.stats.answered += 1
        if hook.name == "run":
            self._learn(instance_of(request.body))
        if not self._options.app_port:
            await self._own_part(hook)
            is_ready = hook.name != "ready" or self._app_runs()
            return Response(200 if is_ready else 503)
        return await self._with_the_app(hook, request)

    async def _with_the_app(self, hook: Hook, request: Request) -> Response:
        if hook.order is Order.BESIDE:
            answer, _ = await asyncio.gather(self._forward(hook, request), self._own_part(hook))
            return answer
        if hook.order is Order.BEFORE:
            answer = await self._forward(hook, request)
            await self._own_part(hook)
            return answer
        await self._own_part(hook)
        return await self._forward(hook, request)

    async def _own_part(self, hook: Hook) -> None:
        if hook.beats is False:
            self._beat(on=False)
        if hook.counted:
            named = (self._tag,) if self.instance else ()
            self._count(hook.metric, (*self._options.tags, *named))
        if hook.beats:
            self._beat(on=True)
        if hook.flushes:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_S):
                    await self._flush(self._clock.monotonic() + FLUSH_S)

    def _learn(self, instance: str) -> None:
        """Which of all that begin with the same memory we are: each is run once."""
        if instance and instance != self.instance:
            self.instance = instance
            self._named(self._tag)

    @property
    def _tag(self) -> str:
        return f"lambda_microvm_id:{self.instance}"

    async def _forward(self, hook: Hook, request: Request) -> Response:
        """The program's answer; 503 when it does not listen, 504 when it takes too long."""
        port, timeout_s = self._options.app_port, self._patience[hook.patience]
        client = HttpClient()
        try:
            async with asyncio.timeout(timeout_s):
                while hook.awaits_app and not await _listens(port):
                    await asyncio.sleep(_POLL_S)
                answer = await client.send(
                    ClientRequest(
                        Origin("http", "127.0.0.1", port),
                        "POST",
                        request.path,
                        _content_type(request),
                        request.body,
                        answer_bytes_max=_BODY_BYTES_MAX,
                    ),
                    timeout_s=timeout_s,
                )
        except TimeoutError:
            return Response(504)
        except IntakeUnreachable as error:
            return Response(504 if error.phase == "timeout" else 503)
        finally:
            client.close()
        return Response(answer.status, answer.body, content_type=answer.content_type)

    def _beat(self, *, on: bool) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
        if on:
            self._beating = asyncio.create_task(self._go_on_beating(), name="hooks.heartbeat")

    async def _go_on_beating(self) -> None:
        tags = (
            f"microvm_image_arn:{self._options.image_arn or UNKNOWN}",
            f"microvm_id:{self.instance or UNKNOWN}",
        )
        while True:
            self._count(HEARTBEAT, tags)
            await asyncio.sleep(HEARTBEAT_S)

    def _count(self, name: str, tags: Iterable[str]) -> None:
        sample = MetricSample(
            name=name.encode(),
            kind=MetricKind.DISTRIBUTION,
            values=(1.0,),
            tags=tuple(tag.encode() for tag in tags),
        )
        self._out.add(sample, self._clock.now())
        self.stats.samples += 1


def _content_type(request: Request) -> tuple[tuple[str, str], ...]:
    kind = request.headers.get("content-type", "")
    return (("Content-Type", kind),) if kind else ()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
