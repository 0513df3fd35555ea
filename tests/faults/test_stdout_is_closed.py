import os
from typing import Any

ORDERS = [b"orders:1|c"] * 5


def test_a_closed_stdout_changes_nothing(program: Any, intake: Any) -> None:
    outcome = program.run(program.app("udp", ORDERS), before="exec 1>&-")
    assert (outcome.code, outcome.err, outcome.log) == (7, [], [])
    assert outcome.account == (5, 5, {})


def test_a_stdout_whose_reader_has_gone_is_the_apps_own_matter(program: Any, intake: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    outcome = program.run(["sh", "-c", "echo hello; echo $? >&2; exit 9"], stdout=writing)
    os.close(writing)
    assert outcome.code in (9, 128 + 13)
    assert outcome.log == []


def test_the_version_for_nobody_ends_without_an_error(program: Any) -> None:
    with open("/dev/full", "w") as full:
        outcome = program.run(["--version"], stdout=full)
    assert (outcome.code, outcome.err, outcome.log) == (0, [], [])
