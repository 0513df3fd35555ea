from typing import Any

import pytest

ORDERS = [b"orders:1|c"] * 5


@pytest.mark.parametrize("transport", ["udp", "datagram", "stream"])
def test_nothing_needs_root(program: Any, intake: Any, transport: str) -> None:
    outcome = program.run(program.app(transport, ORDERS), user="nobody")
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    assert (outcome.log, outcome.account) == ([], (5, 5, {}))


def test_a_folder_that_is_not_ours_to_write_is_enough(program: Any, intake: Any) -> None:
    env = {"DD_DOGSTATSD_SOCKET": "", "DD_DOGSTATSD_STREAM_SOCKET": ""}
    outcome = program.run(program.app("udp", ORDERS), env=env, user="nobody", cwd="/")
    assert (outcome.code, outcome.log, outcome.account) == (7, [], (5, 5, {}))


def test_the_app_has_our_user_and_no_more_power(program: Any) -> None:
    command = ["sh", "-c", "id -u; grep CapEff /proc/self/status"]
    user, powers = program.run(command, user="nobody").out.splitlines()
    assert int(user) != 0
    # Only the power to read, which the test itself may have left.
    assert int(powers.split()[1], 16) in (0, 1 << 2)
