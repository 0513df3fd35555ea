"""The intake as a component: start, drain, close, and the faults it plays."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from serverless_init.clock import SystemClock
from serverless_init.intake import FaultStep, Intake
from serverless_init.lifecycle import Drained

HEAD = b"POST %s HTTP/1.1\r\nHost: h\r\nDD-Api-Key: k\r\nContent-Length: %d\r\n\r\n"


def request(body: bytes = b"[]", path: bytes = b"/api/v1/check_run") -> bytes:
    return HEAD % (path, len(body)) + body


async def post(intake: Intake, body: bytes = b"[]") -> int:
    """The status of the answer to one request; raises ConnectionResetError for a reset."""
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    try:
        writer.write(request(body))
        return int((await reader.readuntil(b"\r\n\r\n")).split()[1])
    finally:
        writer.close()


def run(story: Callable[[Intake], Awaitable[None]], **options: object) -> Intake:
    async def play() -> Intake:
        intake = Intake(SystemClock(), **options)  # type: ignore[arg-type]
        await intake.start()
        try:
            async with asyncio.timeout(10):
                await story(intake)
        finally:
            intake.close()
        return intake

    return asyncio.run(play())


def stored(intake: Intake) -> int:
    return len(intake.store.payloads("/api/v1/check_run"))


def test_it_says_where_it_listens() -> None:
    async def story(intake: Intake) -> None:
        assert intake.port > 0
        assert intake.url == f"http://127.0.0.1:{intake.port}"
        assert await post(intake) == 202

    assert run(story).name == "intake"


def test_its_url_is_known_before_it_starts_once_it_is_bound() -> None:
    async def play() -> None:
        intake = Intake(SystemClock())
        intake.bind()
        url = intake.url
        await intake.start()
        assert intake.url == url == f"http://127.0.0.1:{intake.port}"
        assert await post(intake) == 202
        intake.close()

    asyncio.run(play())


def test_a_large_body_is_understood_like_a_small_one() -> None:
    async def story(intake: Intake) -> None:
        assert await post(intake, b'[{"check":"a","status":0}]'.ljust(200_000)) == 202
        assert await post(intake, b"x" * 200_000) == 400

    intake = run(story)
    assert [check.name for check in intake.store.checks()] == ["a"]
    assert intake.store.totals().routes["/api/v1/check_run"].undecodable == 1


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    async def story(intake: Intake) -> None:
        assert intake.url == f"http://[::1]:{intake.port}"

    run(story, host="::1")


def test_a_port_that_is_taken_fails_the_start() -> None:
    async def story(intake: Intake) -> None:
        second = Intake(SystemClock(), port=intake.port)
        with pytest.raises(OSError, match="in use"):
            await second.start()
        second.close()

    run(story)


def test_a_drain_reports_every_item_as_passed_on() -> None:
    async def story(intake: Intake) -> None:
        await post(intake, b'[{"check":"a","status":0},{"check":"b","status":0}]')
        await post(intake, b"not json")
        drained = await intake.drain(asyncio.get_running_loop().time() + 5)
        assert drained == Drained(accepted=2, passed_on=2)
        assert drained.balanced

    run(story)


def test_a_drain_answers_what_is_in_flight() -> None:
    async def story(intake: Intake) -> None:
        # The drain finds the request on its way: it takes it in, and then waits for the answer.
        reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
        writer.write(request())
        drained = await intake.drain(asyncio.get_running_loop().time() + 5)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")
        writer.close()
        assert not drained.late

    run(story, faults={"/api/v1/check_run": [FaultStep(delay_s=0.1)]})


def test_a_drain_does_not_outlast_its_deadline() -> None:
    async def story(intake: Intake) -> None:
        hanging = asyncio.ensure_future(post(intake))
        await intake.changed()
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await intake.drain(began + 0.05)).late
        assert loop.time() - began < 1
        with pytest.raises(ConnectionResetError):
            await hanging

    run(story, faults={"*": [FaultStep(hang=True)]})


def test_a_status_is_answered_and_nothing_is_kept() -> None:
    async def story(intake: Intake) -> None:
        assert [await post(intake) for _ in range(3)] == [500, 500, 202]

    intake = run(story, faults={"/api/v1/check_run": [FaultStep(status=500, times=2)]})
    totals = intake.store.totals().routes["/api/v1/check_run"]
    assert (totals.requests, totals.faulted, totals.payloads) == (3, 2, 1)


def test_a_fault_can_have_headers() -> None:
    async def story(intake: Intake) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
        writer.write(request())
        assert b"\r\nRetry-After: 7\r\n" in await reader.readuntil(b"\r\n\r\n")
        writer.close()

    run(story, faults={"*": [FaultStep(status=429, headers=(("Retry-After", "7"),))]})


def test_a_reset_answers_nothing_and_keeps_nothing() -> None:
    async def story(intake: Intake) -> None:
        with pytest.raises(ConnectionResetError):
            await post(intake)
        assert await post(intake) == 202

    assert stored(run(story, faults={"*": [FaultStep(reset=True)]})) == 1


def test_a_delay_is_waited_for_and_then_all_is_as_usual() -> None:
    async def story(intake: Intake) -> None:
        began = asyncio.get_running_loop().time()
        assert await post(intake) == 202
        assert asyncio.get_running_loop().time() - began >= 0.05

    intake = run(story, faults={"*": [FaultStep(delay_s=0.05)]})
    assert stored(intake) == 1
    assert intake.store.totals().routes["/api/v1/check_run"].faulted == 0


def test_a_request_that_hangs_gets_no_answer() -> None:
    async def story(intake: Intake) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(post(intake), 0.05)
        assert await post(intake) == 202

    assert stored(run(story, faults={"*": [FaultStep(hang=True)]})) == 1


@pytest.mark.parametrize(
    "step", [FaultStep(reset=True, accept=True), FaultStep(status=504, accept=True)]
)
def test_an_answer_can_be_lost_although_the_payload_is_kept(step: FaultStep) -> None:
    async def story(intake: Intake) -> None:
        try:
            assert await post(intake) == step.status
        except ConnectionResetError:
            assert step.reset

    intake = run(story, faults={"*": [step]})
    assert stored(intake) == 1
    assert intake.store.totals().routes["/api/v1/check_run"].faulted == 1


def test_faults_can_be_set_while_it_runs_and_spare_the_control_routes() -> None:
    async def story(intake: Intake) -> None:
        intake.script("*", [FaultStep(status=503, times=9)])
        reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
        writer.write(request(b'{"route":"*","steps":[]}', b"/local/faults"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        writer.close()
        assert await post(intake) == 202

    run(story)


def test_without_a_key_a_request_is_refused_unless_that_is_switched_off() -> None:
    async def status_without_key(intake: Intake) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
        writer.write(request().replace(b"DD-Api-Key: k\r\n", b""))
        head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1])

    async def refused(intake: Intake) -> None:
        assert await status_without_key(intake) == 403

    async def taken(intake: Intake) -> None:
        assert await status_without_key(intake) == 202

    intake = run(refused)
    assert intake.store.totals().routes["/api/v1/check_run"].refused == {"403 Forbidden": 1}
    run(taken, api_key_required=False)


def test_close_can_be_repeated_and_comes_before_any_start() -> None:
    intake = Intake(SystemClock())
    intake.close()
    intake.close()
