"""No process may write a byte to a file: nothing of ours does. Stands for a read-only root, too."""

from typing import Any

import pytest


@pytest.mark.parametrize("transport", ["udp", "datagram", "stream"])
def test_no_byte_is_written_to_a_file(program: Any, intake: Any, transport: str) -> None:
    command = program.app(transport, [b"orders:1|c"] * 5)
    outcome = program.run(command, before="ulimit -f 0")
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    assert outcome.log == []
    assert outcome.account == (5, 5, {})


def test_nothing_is_left_behind(program: Any, intake: Any) -> None:
    program.run(program.app("udp", [b"orders:1|c"] * 5))
    left = {path.name for path in program.folder.iterdir()}
    assert left == {"packets-1"}
