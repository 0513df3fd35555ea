from typing import Any

import pytest


@pytest.mark.parametrize("limit", [5, 7, 9, 10, 12, 14, 16, 20])
def test_the_app_runs_although_telemetry_finds_no_descriptors(program: Any, limit: int) -> None:
    program.deliver_to("http://127.0.0.1:9")
    outcome = program.run(["sh", "-c", "echo ran; exit 7"], before=f"ulimit -n {limit}")
    assert (outcome.code, outcome.out) == (7, "ran\n")
    assert outcome.took_s < 5


def test_thirty_two_descriptors_are_enough_for_everything(program: Any, intake: Any) -> None:
    command = program.app("stream", [b"orders:1|c"] * 5)
    outcome = program.run(command, before="ulimit -n 32")
    assert (outcome.code, outcome.log, outcome.account) == (7, [], (5, 5, {}))
