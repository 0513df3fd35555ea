"""The line that proves what became of everything."""

import json

import pytest

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


def test_output_that_came_too_fast_is_a_loss_and_an_excluded_line_is_none() -> None:
    excluded = Drained(accepted=5, passed_on=4, dropped={"excluded": 1})
    assert Receipt(accepted=0, delivered=0, signals={"logs": excluded}).lossless
    receipt = Receipt(accepted=0, delivered=0, output_bytes_lost=70)
    assert not receipt.lossless
    assert "; 70 bytes of output came too fast to be read; " in receipt.text()


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
        "elsewhere": {},
        "signals": {},
        "output_bytes_lost": 0,
    }


def test_each_further_intake_has_an_account_of_its_own() -> None:
    receipt = Receipt(
        accepted=9,
        delivered=9,
        elsewhere={"https://b (key cdef)": Drained(accepted=8, passed_on=5, dropped={"x": 3})},
    )
    assert receipt.text() == (
        "accepted 9 = delivered 9 + dropped 0 + held 0; 0 payloads, 0 bytes; also to https://b "
        "(key cdef): accepted 8 = delivered 5 + dropped 3 (x 3) + held 0; drained in 0.000 s"
    )
    assert json.loads(receipt.json())["elsewhere"] == {
        "https://b (key cdef)": {"accepted": 8, "delivered": 5, "dropped": {"x": 3}, "held": 0}
    }


@pytest.mark.parametrize(
    ("there", "balanced", "lossless"),
    [
        (Drained(accepted=1, passed_on=1), True, True),
        (Drained(accepted=1, dropped={"x": 1}), True, False),
        (Drained(accepted=1, held=1), True, False),
        (Drained(accepted=1), False, True),
    ],
)
def test_a_loss_or_a_gap_at_a_further_intake_is_seen(
    there: Drained, balanced: bool, lossless: bool
) -> None:
    receipt = Receipt(accepted=1, delivered=1, elsewhere={"b": there})
    assert (receipt.balanced, receipt.lossless) == (balanced, lossless)


def test_each_further_signal_has_an_account_in_its_own_unit() -> None:
    receipt = Receipt(
        accepted=1,
        delivered=1,
        elsewhere={"https://b (key cdef)": Drained(accepted=1, passed_on=1)},
        signals={
            "logs": Drained(accepted=5000, passed_on=5000),
            "traces": Drained(accepted=7, passed_on=4, dropped={"deadline": 2}, held=1),
        },
    )
    assert receipt.text() == (
        "accepted 1 = delivered 1 + dropped 0 + held 0; 0 payloads, 0 bytes; also to https://b "
        "(key cdef): accepted 1 = delivered 1 + dropped 0 + held 0; "
        "logs: accepted 5000 = delivered 5000 + dropped 0 + held 0; "
        "traces: accepted 7 = delivered 4 + dropped 2 (deadline 2) + held 1; drained in 0.000 s"
    )
    assert json.loads(receipt.json())["signals"] == {
        "logs": {"accepted": 5000, "delivered": 5000, "dropped": {}, "held": 0},
        "traces": {"accepted": 7, "delivered": 4, "dropped": {"deadline": 2}, "held": 1},
    }


@pytest.mark.parametrize(
    ("account", "balanced", "lossless"),
    [
        (Drained(accepted=1, passed_on=1), True, True),
        (Drained(accepted=1, dropped={"x": 1}), True, False),
        (Drained(accepted=1, dropped={"filtered": 1}), True, True),
        (Drained(accepted=1, held=1), True, False),
        (Drained(accepted=1), False, True),
    ],
)
def test_a_loss_or_a_gap_of_a_further_signal_is_seen(
    account: Drained, balanced: bool, lossless: bool
) -> None:
    receipt = Receipt(accepted=1, delivered=1, signals={"logs": account})
    assert (receipt.balanced, receipt.lossless) == (balanced, lossless)


def test_a_components_report_balances_or_not() -> None:
    assert Drained(accepted=4, passed_on=2, dropped={"x": 1}, held=1).balanced
    assert not Drained(accepted=4, passed_on=2).balanced
