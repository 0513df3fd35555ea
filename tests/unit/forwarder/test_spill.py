"""A forwarder with a disk: what memory has no room for, and what the end has no time for."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from serverless_init.clock import SystemClock
from serverless_init.config import ForwarderSettings, StorageSettings
from serverless_init.forwarder import Discipline, Forwarder, IntakeEndpoint
from serverless_init.forwarder.keys import KeySource, Place
from serverless_init.intake import FaultStep
from serverless_init.model import Endpoint, Payload, PayloadKind
from serverless_init.testing import IntakeThread

KEY = "0123456789abcdef0123456789abcdef"
ROUTE = "/kept/raw"
FAILING = (FaultStep(status=503, times=10_000),)


@pytest.fixture
def intake() -> Iterator[IntakeThread]:
    with IntakeThread() as started:
        yield started


@pytest.fixture
def run(intake: IntakeThread, tmp_path: Path) -> Callable[..., tuple[Any, list[str]]]:
    """Live a forwarder's life: start, the given story, drain. Its account, and what it said."""

    def lived(
        story: Callable[[Forwarder], Awaitable[None]],
        *,
        drain_s: float = 1.2,
        storage: dict[str, object] | None = None,
        **settings: object,
    ) -> tuple[Any, list[str]]:
        said: list[str] = []

        async def life() -> Any:
            sink = Forwarder(
                ForwarderSettings(api_key=KEY, **settings),
                clock=SystemClock(),
                endpoints=(IntakeEndpoint("http", "127.0.0.1", intake.port, "", KEY),),
                report=lambda _, text: said.append(text),
                discipline=Discipline(
                    storage=StorageSettings(
                        **{"bytes_max": 1_000_000, "path": str(tmp_path), **(storage or {})}
                    )
                ),
            )
            await sink.start()
            await story(sink)
            account = await sink.drain(time.monotonic() + drain_s)
            sink.close()
            assert account.balanced
            assert account.held == sink.held == 0
            return account

        return asyncio.run(asyncio.wait_for(life(), 30)), said

    return lived


def payload(samples: int, size: int = 8) -> Payload:
    body = str(samples).zfill(size).encode()
    return Payload(PayloadKind.SERIES, Endpoint("raw", ROUTE), body, "text/plain", "", 1, samples)


def submit(*samples: int, size: int = 8) -> Callable[[Forwarder], Awaitable[None]]:
    async def story(sink: Forwarder) -> None:
        for number in samples:
            sink.submit(payload(number, size))
            await asyncio.sleep(0)

    return story


async def nothing(sink: Forwarder) -> None:
    """Submit nothing."""


def arrived(intake: IntakeThread) -> list[int]:
    return sorted(int(p.body) for p in intake.query(lambda store: store.payloads(ROUTE)))


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.retry"))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


def test_what_could_not_be_delivered_is_delivered_by_the_next_run(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)
    for numbers in ((1, 2, 3), (4,)):
        account, _ = run(submit(*numbers))
        # The second run has read back what the first one has left.
        assert account.accepted == account.dropped["stored_on_disk"] == sum(range(max(numbers) + 1))
    intake.script()
    account, _ = run(nothing)
    assert (account.accepted, account.passed_on, dict(account.dropped)) == (10, 10, {})
    assert arrived(intake) == [1, 2, 3, 4]
    assert files(tmp_path) == []


def test_what_memory_has_no_room_for_waits_on_disk_and_comes_back(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)

    async def story(sink: Forwarder) -> None:
        # 35 of 100 bytes: 2000 bytes in memory, and 2000 more may wait for the disk.
        await submit(*range(1, 36), size=100)(sink)
        await until(lambda: len(files(tmp_path)) > 0)
        assert sink.held == sum(range(1, 36))
        intake.script()
        sink.wake()
        await until(lambda: sink.held == 0)

    account, _ = run(story, retry_queue_bytes_max=2000, queue_payloads_max=1)
    assert (account.passed_on, dict(account.dropped)) == (sum(range(1, 36)), {})
    assert arrived(intake) == list(range(1, 36))
    assert files(tmp_path) == []


def test_the_drain_reads_back_what_waits_on_disk_when_the_intake_has_recovered(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)

    async def story(sink: Forwarder) -> None:
        await submit(*range(1, 36), size=100)(sink)
        await until(lambda: len(files(tmp_path)) > 0)
        intake.script()

    account, _ = run(story, retry_queue_bytes_max=2000, queue_payloads_max=1, drain_s=10)
    assert (account.passed_on, dict(account.dropped)) == (sum(range(1, 36)), {})
    assert files(tmp_path) == []


def test_a_request_without_an_answer_at_the_end_is_stored(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=[FaultStep(hang=True)])
    account, _ = run(submit(7), drain_s=0.4)
    assert dict(account.dropped) == {"stored_on_disk": 7}
    account, _ = run(nothing)
    assert (account.accepted, account.passed_on) == (7, 7)


@pytest.mark.parametrize(
    "settings", [{"stop_timeout_s": 0.0}, {"stop_wait_for_inflight": False}], ids=str
)
def test_what_the_end_would_have_dropped_for_a_setting_is_stored(
    run: Any, intake: IntakeThread, settings: dict[str, Any]
) -> None:
    intake.script(steps=[FaultStep(status=503), FaultStep(hang=True, times=9)])

    async def story(sink: Forwarder) -> None:
        await submit(1, 2)(sink)
        await until(lambda: sink.stats.http_errors == {503: 1})

    account, _ = run(story, drain_s=0.4, **settings)
    assert dict(account.dropped) == {"stored_on_disk": 3}


def test_what_no_key_came_for_is_stored(tmp_path: Path) -> None:
    async def life() -> None:
        source = KeySource(Place.FILE, str(tmp_path / "none"))
        sink = Forwarder(
            ForwarderSettings(),
            clock=SystemClock(),
            endpoints=(IntakeEndpoint("http", "127.0.0.1", 9, "", "", source),),
            report=lambda *_: None,
            discipline=Discipline(storage=StorageSettings(bytes_max=1_000_000, path=str(tmp_path))),
        )
        await sink.start()
        sink.submit(payload(5))
        account = await sink.drain(time.monotonic() + 0.2)
        sink.close()
        assert dict(account.dropped) == {"stored_on_disk": 5}

    asyncio.run(asyncio.wait_for(life(), 10))
    assert len(files(tmp_path)) == 1


def test_a_file_holds_a_share_of_the_memory(run: Any, intake: IntakeThread, tmp_path: Path) -> None:
    intake.script(steps=FAILING)

    async def story(sink: Forwarder) -> None:
        await submit(1)(sink)
        await until(lambda: sink.stats.http_errors != {})
        for number in range(2, 13):
            sink.submit(payload(number, 100))
        await until(lambda: len(files(tmp_path)) == 1)
        # 11 of 100 bytes, one too many for 1000: six of them are the least that make 600.
        assert files(tmp_path)[0].read_bytes().count(b'"crc32"') == 7

    run(story, retry_queue_bytes_max=1000, storage={"memory_ratio": 0.6})


def test_a_disk_that_is_full_of_newer_payloads_drops_the_oldest(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)

    async def story(sink: Forwarder) -> None:
        for number in range(1, 31):
            sink.submit(payload(number, 100))
            await asyncio.sleep(0.005)

    account, _ = run(
        story, storage={"bytes_max": 2000}, retry_queue_bytes_max=200, queue_payloads_max=1
    )
    assert {"disk_full", "stored_on_disk"} <= account.dropped.keys()
    assert account.dropped.keys() <= {"disk_full", "stored_on_disk", "retry_queue_full"}
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 2000


def test_a_folder_that_cannot_be_made_costs_only_what_it_would_have_held(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    intake.script(steps=FAILING)
    storage = {"path": str(tmp_path / "file")}
    account, said = run(submit(1, 2), storage=storage)
    assert dict(account.dropped) == {"deadline": 3}
    assert any("payloads cannot be stored on disk: Not a directory" in line for line in said)
    intake.script()
    account, _ = run(submit(3), storage=storage)
    assert (account.passed_on, dict(account.dropped)) == (3, {})


def test_a_damaged_file_is_told_and_does_not_keep_the_others(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)
    run(submit(1))
    (first,) = files(tmp_path)
    damaged = first.with_name("9" + first.name)
    damaged.write_bytes(b"damaged")
    intake.script()
    account, said = run(nothing)
    assert (account.accepted, account.passed_on) == (1, 1)
    assert f"a file of stored payloads cannot be read: {damaged.name}" in said
    assert (arrived(intake), files(tmp_path)) == ([1], [])


def test_a_disk_that_takes_nothing_is_told_once(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)

    async def story(sink: Forwarder) -> None:
        await submit(*range(1, 20), size=100)(sink)
        await until(lambda: sink.stats.spill.write_errors > 1)

    storage = {"disk_ratio_max": 0.0}
    account, said = run(
        story,
        storage=storage,
        retry_queue_bytes_max=200,
        queue_payloads_max=1,
        workers=10,
        drain_s=0.5,
    )
    assert "stored_on_disk" not in account.dropped
    told = [line for line in said if "cannot be stored" in line]
    assert [line.partition(": ")[0] for line in told] == ["some payloads cannot be stored on disk"]


def test_no_key_is_written(run: Any, intake: IntakeThread, tmp_path: Path) -> None:
    intake.script(steps=FAILING)
    run(submit(1))
    (stored,) = files(tmp_path)
    assert KEY.encode() not in stored.read_bytes()
    assert KEY[-4:] not in str(stored)


def test_without_the_setting_nothing_is_stored(
    run: Any, intake: IntakeThread, tmp_path: Path
) -> None:
    intake.script(steps=FAILING)
    account, _ = run(submit(1), storage={"bytes_max": 0}, drain_s=0.5)
    assert account.dropped.keys() <= {"deadline", "unconfirmed"}
    assert list(tmp_path.iterdir()) == []
