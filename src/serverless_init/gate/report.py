"""The report: tables as the seed's, with JSON and JUnit beside them."""

import json
import os
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from serverless_init.gate.campaign import CheckResult, Outcome
from serverless_init.gate.compare import CONFIDENCE, EFFECT_PERCENT, Verdict
from serverless_init.gate.markdown import table

_MARKS = {
    Verdict.BETTER: "✅",
    Verdict.WORSE: "❌",
    Verdict.UNCHANGED: "➖",  # noqa: RUF001  the seed's mark for no change
    Verdict.INCONCLUSIVE: "❓",
}
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def markdown(outcomes: Sequence[Outcome], *, title: str) -> str:
    """The whole report."""
    lines = [f"# {title}", ""]
    compared = [outcome for outcome in outcomes if outcome.comparison is not None]
    if compared:
        lines += ["## Fine details of change detection per experiment", ""]
        lines += _comparisons(compared)
        lines += [
            "",
            f"Flagged when the change is at least {EFFECT_PERCENT:g} % and its {CONFIDENCE:.0%} "
            "interval excludes none.",
            "",
        ]
    lines += ["## Bounds checks", "", *_bounds(outcomes), ""]
    for outcome in outcomes:
        if outcome.died:
            lines.append(f"- ❌ {outcome.experiment.name} has no result: {outcome.died}")
        for complaint in outcome.noise.complaints if outcome.noise else []:
            lines.append(f"- {outcome.experiment.name}: the machine was noisy: {complaint}")
    failed = [outcome.experiment.name for outcome in outcomes if outcome.failed]
    lines += ["", f"Failed: {', '.join(failed)}" if failed else "Passed.", ""]
    return "\n".join(lines)


def as_json(outcomes: Sequence[Outcome]) -> str:
    """The same for programs, with every replicate's series."""
    experiments = {}
    for outcome in outcomes:
        goal: dict[str, object] = {"optimization_goal": outcome.experiment.goal}
        if outcome.comparison is not None:
            goal |= {
                "percent_change": outcome.comparison.change,
                "interval": [outcome.comparison.low, outcome.comparison.high],
                "is_regression": outcome.comparison.verdict is Verdict.WORSE,
                "is_improvement": outcome.comparison.verdict is Verdict.BETTER,
                "is_erratic": outcome.comparison.erratic,
                "reported_erratic": outcome.experiment.erratic,
            }
        experiments[outcome.experiment.name] = {
            "optimization_goal": goal,
            "bounds_checks": {
                result.check.name: {
                    "upper_bound": result.check.upper,
                    "lower_bound": result.check.lower,
                    "results": {
                        "comparison": [
                            {"passed": result.check.holds(value), "max_observed": value}
                            for value in result.observed
                        ]
                    },
                }
                for result in outcome.checks
            },
            "died": outcome.died,
            "replicates": {"baseline": outcome.base, "comparison": outcome.head},
        }
    return json.dumps({"experiments": experiments}, indent=1)


def junit(outcomes: Sequence[Outcome]) -> str:
    """A test case per check and per comparison."""
    suite = ElementTree.Element("testsuite", name="gate")
    for outcome in outcomes:
        name = outcome.experiment.name
        failures = {
            result.check.name: "" if result.ok else _observed(result) for result in outcome.checks
        }
        if outcome.comparison is not None:
            worse = outcome.comparison.verdict is Verdict.WORSE
            failures["comparison"] = f"{outcome.comparison.change:+.2f} %" if worse else ""
        if outcome.died:
            failures["replicates"] = outcome.died
        for check, why in failures.items():
            case = ElementTree.SubElement(suite, "testcase", classname=name, name=check)
            if why:
                ElementTree.SubElement(case, "failure", message=why)
    return ElementTree.tostring(suite, encoding="unicode")


def write(outcomes: Sequence[Outcome], folder: str, *, title: str) -> str:
    """Write ``report.md``, ``report.json`` and ``junit.xml``; the report's text."""
    os.makedirs(folder, exist_ok=True)
    text = markdown(outcomes, title=title)
    contents = {"report.md": text, "report.json": as_json(outcomes), "junit.xml": junit(outcomes)}
    for name, content in contents.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)
    return text


def _comparisons(outcomes: Sequence[Outcome]) -> Iterator[str]:
    rows = []
    for outcome in outcomes:
        found = outcome.comparison
        assert found is not None, "only compared ones"
        trials = f"{len(outcome.base)} + {len(outcome.head)}"
        erratic = " (erratic)" if found.erratic or outcome.experiment.erratic else ""
        interval = f"[{found.low:+.2f}, {found.high:+.2f}]"
        rows.append(
            (
                _MARKS[found.verdict],
                outcome.experiment.name,
                outcome.experiment.goal,
                f"{found.change:+.2f}",
                interval,
                trials,
                found.verdict.value + erratic,
            )
        )
    head = ("perf", "experiment", "goal", "Δ mean %", "Δ mean % CI", "trials", "verdict")
    yield from table(head, rows, "<<<>>>")


def _bounds(outcomes: Sequence[Outcome]) -> Iterator[str]:
    rows = [
        (
            "✅" if result.ok else "❌",
            outcome.experiment.name,
            result.check.name,
            f"{result.passed}/{len(result.observed)}",
            _observed(result),
        )
        for outcome in outcomes
        for result in outcome.checks
    ]
    head = ("perf", "experiment", "bounds_check_name", "replicates_passed", "observed_value")
    yield from table(head, rows, "<<<>")


def _observed(result: CheckResult) -> str:
    """``OBSERVED ≤ BOUND``, of the replicate that is nearest to breaking it."""
    check = result.check
    if not result.observed:
        return "nothing was observed"
    parts = []
    if check.upper is not None:
        parts.append(
            f"{_amount(max(result.observed), check.unit)} ≤ {_amount(check.upper, check.unit)}"
        )
    if check.lower is not None:
        parts.append(
            f"{_amount(min(result.observed), check.unit)} ≥ {_amount(check.lower, check.unit)}"
        )
    return ", ".join(parts)


def _amount(value: float, unit: str) -> str:
    if unit:
        for size, name in _UNITS:
            if abs(value) >= size:
                return f"{value / size:.2f} {name}"
        return f"{value:.0f} B"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
