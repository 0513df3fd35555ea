"""From what arrived to what a person reads."""

import re
from dataclasses import replace

import pytest

from serverless_init.gate.peers.measure import Run
from serverless_init.gate.peers.mix import FEATURES, lines_at, outcome
from serverless_init.gate.peers.page import BEGIN, END, rewritten
from serverless_init.gate.peers.sinks import Rule, read_graphite
from serverless_init.gate.peers.summary import EVEN, Row, figures, less_work, outcomes, ratios
from serverless_init.gate.programs import CannotMeasure

MIB = 1 << 20
ALL = {feature.title: "yes" for feature in FEATURES}
RUN = Run(
    cpu_ns_per_message=1_000.0,
    idle_pss=10 * MIB,
    idle_rss=20 * MIB,
    flooded_pss=40 * MIB,
    flooded_rss=50 * MIB,
    even_kernel_drops=0.0,
    even_delivered=1.0,
    flood_kernel_drops=0.5,
    flood_messages_per_s=100_000.0,
    mix=ALL,
)
OURS = Row("serverless-init", "1", "plain", (RUN,))


def test_graphite_lines_are_summed_or_replaced_as_the_rule_says() -> None:
    rules = (
        Rule(re.compile(r"counts\.(?P<name>.*)"), summed=True),
        Rule(re.compile(r"(gauges|counts)\.(?P<name>.*)"), summed=False),
    )
    lines = ["counts.a 2 1", "counts.a 3 11", "gauges.b 7 1", "gauges.b 5 11", "other.c 1 1"]
    assert read_graphite([*lines, "gauges.b nan 21"], rules) == {"a": 5.0, "b": 5.0}


def test_of_the_mix_each_line_goes_alone_and_has_the_time_it_needs() -> None:
    lines = lines_at(1_700_000_000)
    assert b"mix.dated:3|g|T1700000000" in lines
    assert not any(b"\n" in line or b"{" in line for line in lines if not line.startswith(b"_e"))


def test_an_outcome_tells_numbers_what_came_and_what_did_not() -> None:
    delivered = {
        "mix.count": 4.0,
        "mix.rate": 1.0,
        "mix.gauge": 3.0,
        "mix.timer.avg": 7.0,
        "mix.histogram": 7.0,
        "mix.distribution": 1.0,
        "mix.set": 0.0,
        "events": 1.0,
    }
    told = outcome(delivered)
    assert told["counter of 4"] == "4"
    assert told["counter of 1 at a sample rate of 0.5"] == "1"
    assert told["timer"] == "yes"
    assert told["histogram"] == "as a counter"
    assert told["distribution"] == "yes"
    assert told["set"] == "-"
    assert told["event"] == "yes"
    assert told["service check"] == "-"


def test_a_cell_is_the_median_and_the_extremes() -> None:
    runs = tuple(replace(RUN, cpu_ns_per_message=ns) for ns in (1_500.0, 900.0, 1_000.0))
    row = replace(OURS, runs=runs)
    assert [cell.strip() for cell in list(figures([row], EVEN))[2].split("|")[1:4]] == [
        "serverless-init", "1", "1,000 (900 .. 1,500)",
    ]  # fmt: skip


def test_a_peer_that_is_not_to_be_had_says_so_in_its_row() -> None:
    row = Row("collectd", "", "plain", (), missing="apt-get download failed")
    cells = [cell.strip() for cell in list(figures([row], EVEN))[2].split("|")]
    assert cells[1:4] == ["collectd", "", "apt-get download failed"]


def test_ratios_are_of_medians_in_the_peers_own_dialect() -> None:
    tagged = replace(OURS, dialect="tagged", runs=(replace(RUN, cpu_ns_per_message=500.0),))
    peer = Row("peer", "2", "plain", (replace(RUN, cpu_ns_per_message=4_000.0, idle_pss=0),))
    lines = list(ratios([tagged, OURS, peer]))
    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [
        "peer", "0.25", "-", "1.00", "1.00",
    ]  # fmt: skip
    assert len(lines) == 3


def test_who_does_less_with_the_same_lines_is_named() -> None:
    ours = replace(RUN, mix={**ALL, "counter of 4": "4"})
    theirs = replace(RUN, mix={**ALL, "set": "-", "counter of 4": "2", "timer": "as a counter"})
    rows = [replace(OURS, runs=(ours,)), Row("peer", "2", "plain", (theirs,))]
    assert list(less_work(rows)) == [
        "- peer delivers nothing of: set.",
        "- peer makes something else of: counter of 4 (2 instead of 4), timer (as a counter).",
    ]
    assert next(outcomes(rows)).split("|")[2:4] == [" serverless-init ", "     peer     "]


def test_runs_that_disagree_show_both() -> None:
    runs = (RUN, replace(RUN, mix={**ALL, "set": "-"}))
    lines = [line for line in outcomes([replace(OURS, runs=runs)]) if line.startswith("| set")]
    assert lines[0].split("|")[2].strip() == "yes or -"


def test_only_what_stands_between_the_markers_is_rewritten() -> None:
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    once = rewritten(page, ["| new |"])
    assert once == f"# Title\n\n{BEGIN}\n\n| new |\n\n{END}\n\nafter\n"
    assert rewritten(once, ["| new |"]) == once


@pytest.mark.parametrize("page", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(CannotMeasure, match="once and in this order"):
        rewritten(page, [])
