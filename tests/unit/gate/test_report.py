"""The report in its three forms."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from serverless_init.gate.campaign import CheckResult, Outcome
from serverless_init.gate.compare import compare
from serverless_init.gate.experiment import Check, Experiment, Tier
from serverless_init.gate.observe import Noise
from serverless_init.gate.report import write

EXPERIMENT = Experiment("idle", "steady", "memory", "pss", {}, {"full": Tier(2)}, ())
MEMORY = Check("memory_usage", "pss", upper=30 << 20, unit="B")
LOSS = Check("missed_samples", "missed", upper=0, lower=0)


def outcome(pss: list[float], missed: list[float], base: list[float] | None = None) -> Outcome:
    head = [{"pss": p, "missed": m} for p, m in zip(pss, missed, strict=True)]
    found = Outcome(EXPERIMENT, head, [{"pss": p} for p in base or []])
    found.checks = [CheckResult(MEMORY, pss), CheckResult(LOSS, missed)]
    if base:
        found.comparison = compare(base, pss, lower_is_better=True)
    return found


MIB = float(1 << 20)
FINE = outcome([16 * MIB, 17 * MIB], [0.0, 0.0])
LOST = outcome([16 * MIB, 17 * MIB], [0.0, 1.0])
WORSE = outcome([20 * MIB, 20.1 * MIB], [0.0, 0.0], [16 * MIB, 16.1 * MIB])


@pytest.mark.parametrize(
    ("of", "failed", "line"),
    [
        (FINE, False, "✅ idle memory_usage 2/2 17.00 MiB ≤ 30.00 MiB"),
        (LOST, True, "❌ idle missed_samples 1/2 1 ≤ 0, 0 ≥ 0"),
        (WORSE, True, "❌ idle memory +24.92"),
    ],
)
def test_the_report_says_what_was_found(
    tmp_path: Path, of: Outcome, failed: bool, line: str
) -> None:
    text = write([of], str(tmp_path / "out"), title="Gate")
    assert of.failed is failed
    assert line in " ".join(text.replace("|", " ").split())
    assert text == (tmp_path / "out" / "report.md").read_text()
    assert text.rstrip().endswith("Failed: idle" if failed else "Passed.")


def test_one_replicate_that_breaks_a_bound_fails_the_check() -> None:
    assert [result.ok for result in LOST.checks] == [True, False]
    assert not CheckResult(MEMORY, []).ok


def test_programs_get_every_replicate(tmp_path: Path) -> None:
    write([WORSE], str(tmp_path), title="Gate")
    found = json.loads((tmp_path / "report.json").read_text())["experiments"]["idle"]
    assert found["optimization_goal"]["is_regression"] is True
    assert found["bounds_checks"]["memory_usage"]["results"]["comparison"][0]["passed"] is True
    assert found["replicates"]["baseline"] == [{"pss": 16 * MIB}, {"pss": 16.1 * MIB}]


def test_junit_has_a_case_for_each_check_and_comparison(tmp_path: Path) -> None:
    write([LOST, WORSE], str(tmp_path), title="Gate")
    cases = ElementTree.parse(tmp_path / "junit.xml").getroot().findall("testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("memory_usage", False),
        ("missed_samples", True),
        ("memory_usage", False),
        ("missed_samples", False),
        ("comparison", True),
    ]


def test_a_noisy_machine_and_a_dead_experiment_are_named(tmp_path: Path) -> None:
    noisy = outcome([16 * MIB], [0.0])
    noisy.noise = Noise(load=1.5, steal_percent=3.0, spin_spread=0.4)
    dead = Outcome(EXPERIMENT, died="the sender is not ready")
    text = write([noisy, dead], str(tmp_path), title="Gate")
    assert "the machine was noisy: the load was 1.50 before the start" in text
    assert "3.0 % of the CPU time was stolen by the host" in text
    assert "a fixed calculation took 40% longer at times" in text
    assert "idle has no result: the sender is not ready" in text
    assert dead.failed
