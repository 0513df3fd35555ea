"""The order of starting and draining, and what happens when a part fails or hangs."""

import asyncio
from collections.abc import Callable

import pytest

from serverless_init.clock import SystemClock
from serverless_init.lifecycle import (
    Closed,
    Drained,
    DrainEnded,
    DrainFailed,
    Lifecycle,
    LifecycleEvent,
    Started,
    StartFailed,
)


class Part:
    """A component that writes down what is asked of it."""

    def __init__(
        self,
        name: str,
        diary: list[str],
        *,
        start_error: Exception | None = None,
        drain_error: Exception | None = None,
        drain_s: float = 0.0,
    ) -> None:
        self.name = name
        self.diary = diary
        self.start_error = start_error
        self.drain_error = drain_error
        self.drain_s = drain_s
        self.deadline = 0.0

    async def start(self) -> None:
        self.diary.append(f"start {self.name}")
        await asyncio.sleep(0)
        if self.start_error:
            raise self.start_error

    async def drain(self, deadline: float) -> Drained:
        self.deadline = deadline
        self.diary.append(f"drain {self.name}")
        await asyncio.sleep(self.drain_s)
        if self.drain_error:
            raise self.drain_error
        self.diary.append(f"drained {self.name}")
        return Drained(accepted=1, passed_on=1)

    def close(self) -> None:
        self.diary.append(f"close {self.name}")


def play(
    make: Callable[[list[str]], list[list[Part]]], window_s: float = 5.0
) -> tuple[list[str], list[LifecycleEvent], dict[str, Drained]]:
    diary: list[str] = []
    seen: list[LifecycleEvent] = []
    clock = SystemClock()

    async def run() -> dict[str, Drained]:
        lifecycle = Lifecycle(make(diary), clock=clock, observe=seen.append)
        await lifecycle.start()
        reports = await lifecycle.drain(clock.monotonic() + window_s)
        lifecycle.close()
        lifecycle.close()
        return reports

    return diary, seen, asyncio.run(run())


def test_starting_goes_up_the_stages_and_draining_comes_down() -> None:
    diary, seen, reports = play(
        lambda d: [[Part("sink", d)], [Part("middle", d)], [Part("source", d)]]
    )
    assert diary == [
        *("start sink", "start middle", "start source"),
        *("drain source", "drained source", "drain middle", "drained middle"),
        *("drain sink", "drained sink", "close source", "close middle", "close sink"),
    ]
    assert list(reports) == ["source", "middle", "sink"]
    kinds = [type(event) for event in seen]
    assert kinds == [Started] * 3 + [DrainEnded] * 3 + [Closed] * 3


def test_siblings_drain_side_by_side() -> None:
    diary, _, _ = play(lambda d: [[Part("a", d, drain_s=0.02), Part("b", d, drain_s=0.02)]])
    assert diary[2:4] == ["drain a", "drain b"]


def test_a_part_that_cannot_start_is_closed_at_once_and_the_others_go_on() -> None:
    error = OSError("port taken")
    diary, seen, reports = play(
        lambda d: [[Part("sink", d)], [Part("broken", d, start_error=error)], [Part("source", d)]]
    )
    assert diary[:4] == ["start sink", "start broken", "close broken", "start source"]
    assert "drain broken" not in diary
    assert diary.count("close broken") == 1
    assert set(reports) == {"sink", "source"}
    assert StartFailed("broken", error) in seen


def test_a_part_that_hangs_is_cut_off_and_the_next_stage_still_has_time() -> None:
    """Fx skips every hook after the shared deadline: the first slow part ate everybody's drain."""
    sink_left: list[float] = []

    def make(diary: list[str]) -> list[list[Part]]:
        sink = Part("sink", diary)
        original = sink.drain

        async def drain(deadline: float) -> Drained:
            sink_left.append(deadline - SystemClock().monotonic())
            return await original(deadline)

        sink.drain = drain  # type: ignore[method-assign]
        return [[sink], [Part("hanging", diary, drain_s=60.0)]]

    diary, seen, reports = play(make, window_s=0.6)
    assert reports["hanging"].late
    assert not reports["sink"].late
    assert sink_left[0] > 0.15
    assert diary[-1] == "close sink"
    assert [e.name for e in seen if isinstance(e, DrainEnded) and e.report.late] == ["hanging"]


def test_time_that_a_stage_does_not_use_moves_on() -> None:
    parts: list[Part] = []

    def make(diary: list[str]) -> list[list[Part]]:
        parts.extend([Part("sink", diary), Part("source", diary)])
        return [[parts[0]], [parts[1]]]

    began = SystemClock().monotonic()
    play(make, window_s=4.0)
    assert parts[1].deadline - began == pytest.approx(2.0, abs=0.3)
    assert parts[0].deadline - began == pytest.approx(4.0, abs=0.3)


def test_a_part_that_fails_while_draining_does_not_stop_the_others() -> None:
    error = RuntimeError("ours")
    diary, seen, reports = play(
        lambda d: [[Part("sink", d)], [Part("broken", d, drain_error=error)]]
    )
    assert "drained sink" in diary
    assert reports["broken"].late
    assert DrainFailed("broken", error) in seen


def test_a_start_that_is_cut_short_closes_what_had_started_in_reverse() -> None:
    diary: list[str] = []

    async def run() -> None:
        hanging = Part("hanging", diary)
        never = asyncio.Event()

        async def start() -> None:
            diary.append("start hanging")
            await never.wait()

        hanging.start = start  # type: ignore[method-assign]
        stages = [[Part("sink", diary)], [Part("middle", diary)], [hanging]]
        lifecycle = Lifecycle(stages, clock=SystemClock(), observe=lambda _: None)
        starting = asyncio.create_task(lifecycle.start())
        while "start hanging" not in diary:
            await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    asyncio.run(run())
    assert diary == [
        *("start sink", "start middle", "start hanging", "close middle", "close sink"),
    ]


def test_stages_and_shares_must_match() -> None:
    with pytest.raises(ValueError, match="one share"):
        Lifecycle([[]], clock=SystemClock(), observe=lambda _: None, shares=(1.0, 2.0))
