"""What is found out at the end of the app, and told."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from serverless_init.forensics import AppEnd, Forensics, StderrTail
from serverless_init.model import ExitReport
from serverless_init.testing import ManualClock

NOW = 1_000.0


class Silent:
    """A stderr on which nothing comes, and which does not end."""

    name = "stderr"
    fd = -1

    def __init__(self) -> None:
        self.ended = False

    def read(self) -> Sequence[object] | None:
        """See `Stream`."""
        return None if self.ended else []

    def close(self) -> None:
        """See `Stream`."""


def report_of(
    end: AppEnd,
    kills: Iterable[int | None] = (),
    *,
    owns_group: bool = False,
    tail: StderrTail | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> ExitReport:
    told: list[ExitReport] = []
    counts = iter(kills)

    forensics = Forensics(
        end=lambda: end,
        kills=lambda: next(counts, None),
        owns_group=owns_group,
        tail=tail,
        tell=[told.append],
        clock=ManualClock(monotonic=NOW),
    )

    async def run() -> None:
        await forensics.start()
        asyncio.get_running_loop().call_soon(meanwhile)
        assert (await forensics.drain(NOW + 10)).balanced
        forensics.close()

    asyncio.run(run())
    assert [forensics.report] == told
    return told[0]


def written(text: bytes) -> StderrTail:
    class Written(Silent):
        def read(self) -> Sequence[object] | None:
            """See `Stream`."""
            if self.ended:
                return None
            self.ended = True
            return [Piece(text)]

    class Piece:
        at, lost, error = 0.0, 0, 0

        def __init__(self, data: bytes) -> None:
            self.data = data

    tail = StderrTail(Written())  # type: ignore[arg-type]
    tail.read()
    tail.read()
    return tail


def test_signals_have_their_names() -> None:
    assert report_of(AppEnd(139, 11, was_stopped=False)) == ExitReport(139, "SIGSEGV")
    assert report_of(AppEnd(168, 40, was_stopped=True)).signal == "signal 40"


def test_kills_count_from_the_start_of_the_run() -> None:
    end = AppEnd(137, 9, was_stopped=False)
    assert report_of(end, (2, 5)).oom_kills == 3
    assert report_of(end, (2, 2)).oom_kills == 0
    assert report_of(end, (None, 5)).oom_kills is None
    assert report_of(end, (5, None)).oom_kills is None


def test_in_a_group_of_our_own_a_kill_before_our_start_was_the_apps() -> None:
    """An app that was killed within the first moments was not said to be out of memory."""
    assert report_of(AppEnd(137, 9, was_stopped=False), (1,), owns_group=True).oom_kills == 1


def test_the_last_lines_of_a_failed_app_are_told() -> None:
    tail = written(b"about to fail\nKeyError\n")
    report = report_of(AppEnd(1, 0, was_stopped=False), tail=tail)
    assert report.last_lines == ("about to fail", "KeyError")


def test_an_app_that_succeeded_is_not_waited_for_nor_quoted() -> None:
    tail = StderrTail(Silent())  # type: ignore[arg-type]
    assert report_of(AppEnd(0, 0, was_stopped=False), tail=tail) == ExitReport(0)


def test_the_end_of_stderr_is_waited_for() -> None:
    stream = Silent()
    tail = StderrTail(stream)  # type: ignore[arg-type]

    def end() -> None:
        stream.ended = True
        tail.read()

    report_of(AppEnd(1, 0, was_stopped=False), tail=tail, meanwhile=end)
    assert tail.ended


def test_a_stderr_that_does_not_end_is_waited_for_a_moment_only() -> None:
    tail = StderrTail(Silent())  # type: ignore[arg-type]
    assert report_of(AppEnd(1, 0, was_stopped=False), tail=tail) == ExitReport(1)
    assert not tail.ended
