"""The hooks of a MicroVM over real sockets, with and without a program that answers them too."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from serverless_init.clock import SystemClock
from serverless_init.hooks import Hooks, HooksOptions
from serverless_init.model import MetricSample
from serverless_init.wire import ClientRequest, ClientResponse, HttpClient, Origin

BASE = "/aws/lambda-microvms/runtime/v1/"
OPTIONS = HooksOptions(port=0, image_arn="arn:image", tags=("origin:lambdamicrovm",))
PREFIX = "aws.lambda.enhanced.microvm."


@dataclass
class Surroundings:
    """What the hooks meet, and what they did to it, in order."""

    did: list[str] = field(default_factory=list)
    samples: list[MetricSample] = field(default_factory=list)
    app_runs: bool = True
    named: list[str] = field(default_factory=list)

    def learn(self, tag: str) -> None:
        self.named.append(tag)

    def add(self, sample: MetricSample, now: float) -> None:
        assert now > 0
        self.samples.append(sample)
        self.did.append(sample.name.decode().removeprefix(PREFIX))

    async def flush(self, deadline: float) -> None:
        assert deadline > SystemClock().monotonic()
        self.did.append("flush")


async def told(hooks: Hooks, hook: str, body: bytes = b"", method: str = "POST") -> ClientResponse:
    client = HttpClient()
    try:
        request = ClientRequest(
            Origin("http", "127.0.0.1", hooks.port), method, BASE + hook, body=body
        )
        return await client.send(request, timeout_s=20)
    finally:
        client.close()


def playing(
    play: Callable[[Hooks, Surroundings], Awaitable[None]], options: HooksOptions = OPTIONS
) -> Surroundings:
    async def played() -> Surroundings:
        around = Surroundings()
        hooks = Hooks(
            options,
            out=around,
            flush=around.flush,
            app_runs=lambda: around.app_runs,
            named=around.learn,
            clock=SystemClock(),
        )
        await hooks.start()
        try:
            await play(hooks, around)
            drained = await hooks.drain(SystemClock().monotonic() + 5)
            assert drained.balanced
            assert drained.accepted == len(around.samples)
        finally:
            hooks.close()
        return around

    return asyncio.run(played())


@pytest.mark.parametrize(
    ("hook", "did"),
    [
        ("ready", []),
        ("validate", ["validate"]),
        ("run", ["run", "active_instances"]),
        ("resume", ["resume", "active_instances"]),
        ("suspend", ["suspend", "flush"]),
        ("terminate", ["terminate", "flush"]),
    ],
)
def test_each_hook_is_counted_and_what_would_be_lost_is_flushed(hook: str, did: list[str]) -> None:
    async def play(hooks: Hooks, _: Surroundings) -> None:
        assert (await told(hooks, hook)).status == 200
        await asyncio.sleep(0)

    assert playing(play).did == did


def test_an_instance_is_named_from_its_run_on() -> None:
    async def play(hooks: Hooks, _: Surroundings) -> None:
        await told(hooks, "validate")
        await told(hooks, "run", b'{"microvmId": "vm-7"}')
        await told(hooks, "suspend")

    validate, run, beat, suspend = (sample.tags for sample in playing(play).samples)
    assert validate == (b"origin:lambdamicrovm",)
    assert run == suspend == (b"origin:lambdamicrovm", b"lambda_microvm_id:vm-7")
    assert beat == (b"microvm_image_arn:arn:image", b"microvm_id:vm-7")


def test_the_others_are_told_who_we_are_once_for_each_instance() -> None:
    async def play(hooks: Hooks, _: Surroundings) -> None:
        for instance in (b"vm-7", b"vm-7", b"vm-8"):
            await told(hooks, "run", b'{"microvmId": "%b"}' % instance)
        await told(hooks, "run", b"{}")

    assert playing(play).named == ["lambda_microvm_id:vm-7", "lambda_microvm_id:vm-8"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"microvmId": 7}', b"\xff", b"[" * 100_000])
def test_a_run_that_names_nobody_is_a_run(body: bytes) -> None:
    async def play(hooks: Hooks, _: Surroundings) -> None:
        assert (await told(hooks, "run", body)).status == 200
        assert hooks.instance == ""

    assert playing(play).samples[1].tags[1] == b"microvm_id:unknown"


def test_only_a_program_that_is_alive_is_ready() -> None:
    async def play(hooks: Hooks, around: Surroundings) -> None:
        around.app_runs = False
        assert (await told(hooks, "ready")).status == 503

    playing(play)


def test_what_is_no_hook_is_refused_and_counts_nothing() -> None:
    async def play(hooks: Hooks, _: Surroundings) -> None:
        assert (await told(hooks, "launch")).status == 404
        assert (await told(hooks, "run", method="GET")).status == 405
        assert hooks.stats.answered == 0

    assert playing(play).did == []


def with_an_app(
    script: tuple[Any, ...],
    scripted_server: Any,
    play: Callable[[Hooks, Any], Awaitable[None]],
    **options: float,
) -> Surroundings:
    """As `playing`, with a program behind us that does what its script says."""
    around = Surroundings()

    async def played() -> None:
        async with scripted_server(*script) as app:
            given = replace(OPTIONS, app_port=app.port, **options)  # type: ignore[arg-type]
            hooks = Hooks(
                given,
                out=around,
                flush=around.flush,
                app_runs=lambda: True,
                named=around.learn,
                clock=SystemClock(),
            )
            await hooks.start()
            try:
                await play(hooks, app)
            finally:
                hooks.close()

    asyncio.run(played())
    return around


def test_the_programs_answer_is_ours(scripted_server: Any) -> None:
    answer = scripted_server.answer(418, b"short and stout", headers="Content-Type: text/tea\r\n")

    async def play(hooks: Hooks, app: Any) -> None:
        got = await told(hooks, "terminate", b'{"why": 1}')
        assert (got.status, got.body, got.content_type) == (418, b"short and stout", "text/tea")
        [asked] = app.requests
        assert (asked.method, asked.target, asked.body) == (
            "POST",
            f"{BASE}terminate",
            b'{"why": 1}',
        )

    assert with_an_app((answer,), scripted_server, play).did == ["terminate", "flush"]


@pytest.mark.parametrize("hook", ["run", "resume", "suspend", "terminate"])
def test_a_program_that_hangs_costs_its_timeout_and_not_our_part(
    hook: str, scripted_server: Any
) -> None:
    async def play(hooks: Hooks, _: Any) -> None:
        assert (await told(hooks, hook)).status == 504

    around = with_an_app((scripted_server.hang(),), scripted_server, play, forward_s=0.05)
    assert around.did[0] == hook


def test_a_program_that_does_not_listen_is_waited_for_when_the_image_is_made() -> None:
    async def play(hooks: Hooks, _: Surroundings) -> None:
        assert (await told(hooks, "ready")).status == 504
        assert (await told(hooks, "run")).status == 503

    # Port 1 of localhost: nobody listens there.
    playing(play, replace(OPTIONS, app_port=1, ready_s=0.1))


def test_the_ready_hook_reaches_a_program_that_listens_only_later() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
            await writer.drain()
            writer.close()

        async def play(hooks: Hooks, _: Surroundings) -> None:
            asking = asyncio.create_task(told(hooks, "ready"))
            while not hooks.stats.answered:
                await asyncio.sleep(0)
            reserved.setblocking(False)
            async with await asyncio.start_server(answer, sock=reserved):
                assert (await asking).body == b"here"

        playing(play, replace(OPTIONS, app_port=port, ready_s=20.0))
