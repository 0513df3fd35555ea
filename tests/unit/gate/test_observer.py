"""The observer over a small tree of the kernel's files."""

import os
from pathlib import Path

from serverless_init.gate.observe import Observer
from serverless_init.gate.procfs import (
    Stat,
    established_to,
    parse_cpu_times,
    parse_loadavg,
    parse_rollup,
    parse_stat,
)

PROC = Path(__file__).with_name("proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def test_a_processs_name_may_have_spaces_and_parentheses() -> None:
    assert parse_stat((PROC / "21" / "stat").read_text()) == Stat(20, "R", 10, 0)
    assert parse_stat((PROC / "20" / "stat").read_text()) == Stat(1, "S", 200, 50)


def test_a_rollup_has_pss_and_rss_in_kibibytes() -> None:
    assert parse_rollup((PROC / "20" / "smaps_rollup").read_text()) == (16172 << 10, 25188 << 10)
    assert parse_rollup("") == (0, 0)


def test_connections_that_are_established_to_a_port_are_counted() -> None:
    table = (PROC / "net" / "tcp").read_text()
    assert [established_to(table, port) for port in (8080, 8081, 8082)] == [1, 1, 0]


def test_the_load_and_the_stolen_time_are_read() -> None:
    assert parse_loadavg("0.52 0.41 0.30 1/123 4567\n") == 0.52
    assert parse_cpu_times("cpu  10 0 5 80 1 0 1 3 0 0\ncpu0 1 1 1 1\n") == (100, 3)


def test_a_tree_is_a_process_with_its_descendants() -> None:
    observer = Observer(20, 8080, proc=str(PROC))
    assert observer.tree() == [20, 21]
    assert observer.cpu_s() == (200 + 50 + 10) / TICKS_PER_S
    observer.sample()
    observed = observer.observed
    assert (observed.pss, observed.rss) == ([(16172 + 200) << 10], [(25188 + 1000) << 10])
    assert observed.connections == [1]


def test_a_process_that_has_ended_has_nothing() -> None:
    observer = Observer(99, 8080, proc=str(PROC))
    observer.sample()
    assert (observer.tree(), observer.cpu_s(), observer.observed.pss) == ([], 0.0, [0])
