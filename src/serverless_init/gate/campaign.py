"""Many replicates: of one state, judged by bounds, or of two, interleaved and compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from serverless_init.gate.compare import Comparison, Verdict, compare
from serverless_init.gate.experiment import Check, Experiment
from serverless_init.gate.observe import Noise, NoiseMeter
from serverless_init.gate.processes import ReplicateFailed
from serverless_init.gate.replicate import Place, Series, run_replicate

_TRIES = 2

Progress = Callable[[str], None]


@dataclass(slots=True)
class CheckResult:
    """What one check found in every replicate."""

    check: Check
    observed: list[float]

    @property
    def passed(self) -> int:
        """How many replicates hold the bound."""
        return sum(map(self.check.holds, self.observed))

    @property
    def ok(self) -> bool:
        """Every one: one replicate that does not hold it fails the check."""
        return self.passed == len(self.observed) > 0


@dataclass(slots=True)
class Outcome:
    """What became of one experiment. `died` says why it has no result."""

    experiment: Experiment
    head: list[Series] = field(default_factory=list)
    base: list[Series] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    comparison: Comparison | None = None
    noise: Noise | None = None
    died: str = ""

    @property
    def failed(self) -> bool:
        """Whether it must keep a change from landing."""
        worse = self.comparison is not None and self.comparison.verdict is Verdict.WORSE
        return bool(self.died) or worse or not all(result.ok for result in self.checks)


def run_bounds(
    experiments: Sequence[Experiment], tier: str, place: Place, say: Progress
) -> list[Outcome]:
    """Run each experiment that has this tier, and judge it by its bounds."""
    return [
        _run(experiment, tier, say, head=("", place))
        for experiment in experiments
        if tier in experiment.tiers
    ]


def run_ab(
    experiments: Sequence[Experiment], tier: str, base: Place, head: Place, say: Progress
) -> list[Outcome]:
    """Run each experiment of this tier in both states, A B B A, and compare its goal's series."""
    outcomes = []
    for experiment in experiments:
        if tier not in experiment.tiers:
            continue
        outcome = _run(experiment, tier, say, head=(" B", head), base=(" A", base))
        if not outcome.died and len(outcome.base) > 1:
            outcome.comparison = compare(
                [series[experiment.series] for series in outcome.base],
                [series[experiment.series] for series in outcome.head],
                lower_is_better=experiment.lower_is_better,
                erratic=experiment.erratic,
            )
        outcomes.append(outcome)
    return outcomes


def _run(
    experiment: Experiment,
    tier: str,
    say: Progress,
    *,
    head: tuple[str, Place],
    base: tuple[str, Place] | None = None,
) -> Outcome:
    """All replicates of one experiment, of `head` judged by the bounds; a state has its label."""
    outcome = Outcome(experiment)
    states = [(*head, outcome.head)]
    if base is not None:
        states.insert(0, (*base, outcome.base))
    meter = NoiseMeter()
    _repeat(outcome, tier, states, say)
    _judge(outcome, meter)
    return outcome


def _repeat(
    outcome: Outcome, tier: str, states: list[tuple[str, Place, list[Series]]], say: Progress
) -> None:
    experiment = outcome.experiment
    replicates = experiment.tiers[tier].replicates
    for number in range(replicates):
        order = states if number % 2 == 0 else states[::-1]
        for state, place, into in order:
            series = _try(outcome, tier, place, say)
            if series is None:
                return
            into.append(series)
            value = series.get(experiment.series, 0.0)
            progress = f"{experiment.name} {number + 1}/{replicates}{state}"
            say(f"{progress}: {experiment.series} {value:,.6g}")


def _try(outcome: Outcome, tier: str, place: Place, say: Progress) -> Series | None:
    """One replicate, tried again when it has no result."""
    experiment = outcome.experiment
    why = ""
    for left in reversed(range(_TRIES)):
        try:
            return run_replicate(experiment, experiment.tiers[tier], place)
        except ReplicateFailed as failure:
            why = str(failure)
            say(f"{experiment.name}: {why}{'; once more' if left else ''}")
    outcome.died = why
    return None


def _judge(outcome: Outcome, meter: NoiseMeter) -> None:
    outcome.noise = meter.read()
    for check in outcome.experiment.checks:
        observed = [series[check.series] for series in outcome.head if check.series in series]
        outcome.checks.append(CheckResult(check, observed))
