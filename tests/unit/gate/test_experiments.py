"""Experiments as they stand in the tree, and what cannot be one."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from serverless_init.errors import SettingError
from serverless_init.gate.experiment import amount, load_experiment, load_experiments
from serverless_init.gate.messages import fingerprint, packets_of
from serverless_init.gate.otlp_messages import requests_of

GATES = Path(__file__).parents[3] / "gates"
EXPERIMENTS = load_experiments(str(GATES))
LOADED = [
    experiment for experiment in EXPERIMENTS if experiment.load and experiment.kind == "steady"
]
OF_OTLP = [experiment for experiment in EXPERIMENTS if experiment.otlp]
FINGERPRINTS = json.loads((GATES / "fingerprints.json").read_text())


def test_every_experiment_of_the_seed_is_there() -> None:
    names = {experiment.name for experiment in EXPERIMENTS}
    assert names >= {
        "quality_gate_idle",
        "quality_gate_idle_all_features",
        "quality_gate_metrics_logs",
        "uds_dogstatsd_to_api",
        "uds_dogstatsd_20mb_12k_contexts_20_senders",
    }


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_every_experiment_has_checks_and_runs_in_full(experiment: object) -> None:
    assert experiment.checks
    assert experiment.tiers["full"].replicates >= 10


@pytest.mark.parametrize("experiment", LOADED, ids=lambda e: e.name)
def test_a_load_is_what_it_was(experiment: object) -> None:
    """A load that changes unnoticed makes every number before it incomparable."""
    assert asdict(fingerprint(packets_of(experiment.load))) == FINGERPRINTS[experiment.name]


@pytest.mark.parametrize("experiment", OF_OTLP, ids=lambda e: e.name)
def test_a_load_of_otlp_is_what_it_was(experiment: object) -> None:
    """The same for requests, before they get their time."""
    assert asdict(fingerprint(requests_of(experiment.otlp))) == FINGERPRINTS[experiment.name]


def test_no_fingerprint_is_left_of_an_experiment_that_has_gone() -> None:
    assert sorted(FINGERPRINTS) == sorted(e.name for e in LOADED + OF_OTLP)


@pytest.mark.parametrize(
    ("written", "value"),
    [("147 MiB", (147 << 20, "B")), ("0KiB", (0, "B")), ("1.25 MiB", (1310720, "B")), (3, (3, ""))],
)
def test_amounts_have_units(written: object, value: object) -> None:
    assert amount(written) == value


@pytest.mark.parametrize("written", ["", "MiB", "3 MB", "-1", "1e3"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        amount(written)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{series: x, tiers: {full: {replicates: 1}}, surprise: 1}",
        "{series: x, tiers: {daily: {replicates: 1}}}",
        "{series: x, optimization_goal: beauty, tiers: {}}",
        "{series: x, tiers: {}, checks: [{name: a, bounds: {series: x}}]}",
        "{series: x, tiers: {}, checks: [{name: a, bounds: {series: x, upper: 1}}]}",
    ],
)
def test_what_cannot_be_an_experiment_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "experiment.yaml").write_text(text)
    with pytest.raises(SettingError):
        load_experiment(str(tmp_path))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SettingError, match="nothing_of_the_kind"):
        load_experiments(str(GATES), ("nothing_of_the_kind",))
