from typing import Any

import pytest

MANY = 50_000
SAID = (
    "WARN forwarder: no API key, so all telemetry is dropped: set DD_API_KEY to deliver it, "
    "or start with serverless-init --local COMMAND to see what would be delivered"
)


@pytest.mark.parametrize("transport", ["datagram", "stream"])
def test_clients_never_block_and_everything_is_counted(program: Any, transport: str) -> None:
    outcome = program.run(program.app(transport, [b"orders:1|c"] * MANY))
    assert (outcome.code, outcome.out, outcome.err) == (7, f"sent {MANY}\n", [])
    assert outcome.log == [SAID]
    assert outcome.account == (MANY, 0, {"no_api_key": MANY})
    assert outcome.receipt["kernel_drops"] == 0


def test_what_udp_brings_is_counted_here_or_by_the_kernel(program: Any) -> None:
    outcome = program.run(program.app("udp", [b"orders:1|c"] * MANY))
    assert (outcome.code, outcome.log) == (7, [SAID])
    accepted, delivered, dropped = outcome.account
    assert (delivered, dropped) == (0, {"no_api_key": accepted})
    assert accepted + outcome.receipt["kernel_drops"] == MANY


def test_an_app_that_reports_nothing_gets_the_same_line_and_a_receipt_of_nothing(
    program: Any,
) -> None:
    outcome = program.run(["sh", "-c", "exit 7"])
    assert (outcome.code, outcome.log, outcome.account) == (7, [SAID], (0, 0, {}))


def test_an_empty_key_is_no_key(program: Any) -> None:
    outcome = program.run(["true"], env={"DD_API_KEY": " "})
    assert outcome.log == [SAID]
