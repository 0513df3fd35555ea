"""The component over a tree of the kernel's files that changes while it reads."""

import asyncio
import shutil
from pathlib import Path

import pytest

from serverless_init.enhanced import Enhanced, KernelFiles, Subject, Wanted
from serverless_init.model import MetricSample, Serie, SketchSerie
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.testing import ManualClock

TREES = Path(__file__).with_name("trees")
SUBJECT = Subject("p.", ("a:b",), "instance", ("instance:1",), "", "old.", ("c:d",))
ONLY_THE_ORIGINALS = Wanted(memory=False, network=False, out_of_memory=False)


class Samples:
    """Keeps what comes."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []

    def add(self, sample: MetricSample, now: float) -> None:
        """See `SampleSink`."""
        del now
        self.taken.append((sample.name.decode(), *sample.values))  # type: ignore[arg-type]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tree of version 2, to change."""
    return Path(shutil.copytree(TREES / "v2", tmp_path / "v2"))


def enhanced(
    tree: Path, out: Samples | TimeSampler, clock: ManualClock, **options: object
) -> Enhanced:
    return Enhanced(
        SUBJECT,
        out=out,
        files=KernelFiles(str(tree / "proc"), str(tree / "cgroup")),
        clock=clock,
        succeeded=lambda: True,
        **{"wanted": ONLY_THE_ORIGINALS, "interval_s": 3600.0, **options},  # type: ignore[arg-type]
    )


def use_cpu(tree: Path, total_us: int) -> None:
    (tree / "cgroup" / "cpu.stat").write_text(f"usage_usec {total_us}\n")


def test_an_app_that_ends_before_the_first_interval_has_a_usage(tree: Path) -> None:
    out, clock = Samples(), ManualClock()
    component = enhanced(tree, out, clock)

    async def run() -> None:
        await component.start()
        clock.advance(0.5)
        use_cpu(tree, 600_000)
        report = await component.drain(clock.monotonic() + 1)
        component.close()
        assert report.balanced
        assert report.accepted == len(out.taken)

    asyncio.run(run())
    assert out.taken == [
        ("p.enhanced.cold_start", 1.0),
        ("old.enhanced.cold_start", 1.0),
        ("p.enhanced.instance", 1.0),
        ("p.enhanced.cpu.limit", 5e8),
        ("p.enhanced.instance", 1.0),
        ("p.enhanced.cpu.usage", 2e8),
        ("p.enhanced.cpu.limit", 5e8),
        ("p.enhanced.shutdown", 1.0),
        ("old.enhanced.shutdown", 1.0),
    ]


def test_readings_come_at_the_start_at_every_interval_and_at_the_end(tree: Path) -> None:
    clock = ManualClock()
    component = enhanced(tree, Samples(), clock, interval_s=0.01)

    async def run() -> None:
        await component.start()
        assert component.stats.readings == 1
        async with asyncio.timeout(30):
            while component.stats.readings < 3:
                await asyncio.sleep(0.001)
        before = component.stats.readings
        await component.drain(clock.monotonic() + 1)
        assert component.stats.readings == before + 1
        component.close()
        component.close()

    asyncio.run(run())


def test_kills_are_told_when_they_happen_and_not_those_from_before(tree: Path) -> None:
    out, clock = Samples(), ManualClock()
    component = enhanced(tree, out, clock, wanted=Wanted(memory=False, network=False))

    async def run() -> None:
        await component.start()
        clock.advance(1)
        (tree / "cgroup" / "memory.events").write_text("oom 5\noom_kill 3\n")
        await component.drain(clock.monotonic() + 1)
        component.close()

    asyncio.run(run())
    assert [pair for pair in out.taken if "memory" in pair[0]] == [("p.enhanced.out_of_memory", 2)]


def test_a_container_whose_group_disappears_still_counts_as_an_instance(tree: Path) -> None:
    out, clock = Samples(), ManualClock()
    component = enhanced(tree, out, clock)
    shutil.rmtree(tree / "cgroup")

    async def run() -> None:
        await component.start()
        component.close()

    asyncio.run(run())
    assert out.taken[2:] == [("p.enhanced.instance", 1.0)]


def test_samples_become_series_and_sketches_with_their_own_tags_and_are_accounted_for(
    tree: Path,
) -> None:
    sampler, clock = TimeSampler(SamplerOptions()), ManualClock()
    component = enhanced(tree, sampler, clock)

    async def run() -> None:
        await component.start()
        component.close()

    asyncio.run(run())
    flushed = sampler.flush(clock.now(), force=True)
    series: list[Serie | SketchSerie] = [*flushed.series, *flushed.sketches]
    assert {(serie.name, serie.tags, serie.samples) for serie in series} == {
        (b"p.enhanced.instance", (b"instance:1",), 1),
        (b"p.enhanced.cold_start", (b"a:b",), 1),
        (b"old.enhanced.cold_start", (b"c:d",), 1),
        (b"p.enhanced.cpu.limit", (b"a:b",), 1),
    }
    assert sampler.stats.samples_accepted == sampler.stats.samples_flushed == 4
    assert component.stats.samples == 4


def test_the_duration_of_a_task_counts_from_our_own_start(tree: Path) -> None:
    """It counted from the moment in which the platform had been found out."""
    out, clock = Samples(), ManualClock()
    subject = Subject("p.", task_prefix="job.", began_at=clock.now() - 2.0)
    component = Enhanced(
        subject,
        wanted=ONLY_THE_ORIGINALS,
        out=out,
        files=KernelFiles(str(tree / "proc"), str(tree / "cgroup")),
        clock=clock,
        succeeded=lambda: True,
    )

    async def run() -> None:
        await component.start()
        clock.advance(0.5)
        await component.drain(clock.monotonic() + 1)
        component.close()

    asyncio.run(run())
    assert ("job.enhanced.task.duration", 2500.0) in out.taken
