"""Defects planted into a copy of the program are caught by the gate that is there for them."""

import os
import shutil
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from serverless_init.gate.campaign import Outcome, run_bounds
from serverless_init.gate.experiment import Tier, load_experiment
from serverless_init.gate.replicate import Place

ROOT = Path(__file__).parents[2]
OWN_BIN = os.path.dirname(sys.executable)
PARSED = "        self.stats.packets_parsed += len(packets)\n"
SCRIPT = """#!{python}
import sys
sys.path.insert(0, {source!r})
from serverless_init.entrypoint import main
main()
"""

Plant = tuple[str, str, str]
NOTHING: Plant = ("dogstatsd/component.py", PARSED, PARSED)
LOST_PACKET: Plant = (
    "dogstatsd/component.py",
    '            self._ingest(packets, arrived_at, b"")\n',
    '            self._ingest(packets[not self.stats.packets_parsed :], arrived_at, b"")\n',
)
LOST_PAYLOAD: Plant = (
    "forwarder/http.py",
    "            answer = await self._ask(flight)\n",
    "            if not self.stats.payloads_delivered:\n"
    "                self._settle(flight, Delivered(), '')\n"
    "                return\n"
    "            answer = await self._ask(flight)\n",
)
LEAK: Plant = (
    "dogstatsd/component.py",
    PARSED,
    PARSED + "        self.__dict__.setdefault('leak', []).append(bytearray(b'x' * 16_000_000))\n",
)


def planted(folder: Path, plant: Plant) -> Place:
    """A place whose target is a copy of the program with `plant` in it."""
    name, old, new = plant
    source = folder / "src" / "serverless_init"
    shutil.copytree(ROOT / "src" / "serverless_init", source)
    text = (source / name).read_text()
    assert old in text
    (source / name).write_text(text.replace(old, new, 1))
    script = folder / "bin" / "serverless-init"
    script.parent.mkdir()
    script.write_text(SCRIPT.format(python=sys.executable, source=str(source.parent)))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return Place(str(script.parent), OWN_BIN, {"PATH": os.environ["PATH"]})


def judged(folder: Path, plant: Plant) -> Outcome:
    """The experiment of 1 MiB/s, shortened, run once; its memory may not have settled by then."""
    experiment = load_experiment(str(ROOT / "gates" / "uds_dogstatsd_to_api_1mb"))
    checks = [
        replace(check, upper=12 << 20) if check.name == "memory_growth" else check
        for check in experiment.checks
    ]
    tiers = {"smoke": Tier(1, warmup_s=2, duration_s=5)}
    short = replace(experiment, tiers=tiers, checks=tuple(checks))
    said: list[str] = []
    (outcome,) = run_bounds([short], "smoke", planted(folder, plant), said.append)
    assert not outcome.died, said
    return outcome


@pytest.mark.parametrize(
    ("plant", "caught_by"),
    [
        (NOTHING, []),
        (LOST_PACKET, ["missed_samples"]),
        (LOST_PAYLOAD, ["missing_payloads"]),
        (LEAK, ["memory_growth"]),
    ],
    ids=["nothing", "a lost packet", "a lost payload", "a leak"],
)
def test_a_planted_defect_is_caught(tmp_path: Path, plant: Plant, caught_by: list[str]) -> None:
    outcome = judged(tmp_path, plant)
    checks = [result for result in outcome.checks if result.check.name != "ingress"]
    assert [result.check.name for result in checks if not result.ok] == caught_by
    assert outcome.failed or not caught_by
