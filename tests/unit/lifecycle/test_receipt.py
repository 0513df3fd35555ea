"""The line that proves what became of everything."""

import json

from serverless_init.lifecycle import Drained, Receipt


def test_a_lossless_run_reads_as_one_short_line() -> None:
    receipt = Receipt(accepted=5, delivered=5, payloads=2, bytes_sent=99, drain_s=0.5, exit_code=0)
    assert receipt.text() == (
        "accepted 5 = delivered 5 + dropped 0 + held 0; 2 payloads, 99 bytes; "
        "drained in 0.500 s; exit code 0"
    )
    assert receipt.lossless


def test_every_reason_stands_in_the_line_in_a_fixed_order() -> None:
    receipt = Receipt(
        accepted=10,
        delivered=6,
        dropped={"refused_403": 3, "contexts_max": 1},
        kernel_drops=7,
        late=("forwarder",),
        final=False,
    )
    assert receipt.text() == (
        "accepted 10 = delivered 6 + dropped 4 (contexts_max 1, refused_403 3) + held 0; "
        "0 payloads, 0 bytes; the kernel dropped 7 datagrams before they were read; "
        "out of time: forwarder; the app still runs"
    )
    assert not receipt.lossless


def test_an_account_that_does_not_balance_says_so() -> None:
    receipt = Receipt(accepted=3, delivered=1)
    assert not receipt.balanced
    assert "DOES NOT BALANCE" in receipt.text()
    assert json.loads(receipt.json())["balanced"] is False


def test_the_json_form_has_every_field() -> None:
    receipt = Receipt(
        accepted=2, delivered=1, dropped={"deadline": 1}, payloads=1, bytes_sent=10, exit_code=143
    )
    assert json.loads(receipt.json()) == {
        "accepted": 2,
        "delivered": 1,
        "dropped": {"deadline": 1},
        "held": 0,
        "payloads": 1,
        "bytes_sent": 10,
        "kernel_drops": None,
        "late": [],
        "drain_s": 0.0,
        "exit_code": 143,
        "final": True,
        "balanced": True,
    }


def test_a_components_report_balances_or_not() -> None:
    assert Drained(accepted=4, passed_on=2, dropped={"x": 1}, held=1).balanced
    assert not Drained(accepted=4, passed_on=2).balanced
