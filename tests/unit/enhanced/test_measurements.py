"""What two readings say, and what is left out."""

from serverless_init.enhanced import Reading, Wanted, measurements

ALL = Wanted()
NOTHING_OF_OURS = Wanted(memory=False, network=False, out_of_memory=False)


def said(before: Reading | None, reading: Reading, wanted: Wanted = ALL) -> dict[str, float]:
    return dict(measurements(before, reading, wanted))


def test_usage_is_what_was_used_per_second() -> None:
    before, now = Reading(1.0, cpu_total=500_000_000), Reading(2.0, cpu_total=600_000_000)
    assert said(before, now) == {"cpu.usage": 1e8}
    assert said(before, Reading(5.0, cpu_total=600_000_000)) == {"cpu.usage": 2.5e7}


def test_usage_needs_two_totals_that_grew_while_time_passed() -> None:
    total = 500_000_000
    before = Reading(1.0, cpu_total=total)
    assert said(None, before) == {}
    assert said(Reading(0.0), before) == {}
    assert said(before, Reading(2.0)) == {}
    assert said(before, Reading(1.0, cpu_total=total + 1)) == {}
    assert said(before, Reading(2.0, cpu_total=total)) == {}
    assert said(before, Reading(2.0, cpu_total=total - 1)) == {}


def test_a_full_reading_says_everything() -> None:
    before = Reading(1.0, 10, 5e8, 100, 1000, 0, 50, 60)
    now = Reading(2.0, 40, 5e8, 200, 1000, 2, 150, 70)
    assert said(before, now) == {
        "cpu.usage": 30.0,
        "cpu.limit": 5e8,
        "memory.usage": 200,
        "memory.limit": 1000,
        "network.rx_bytes": 100,
        "network.tx_bytes": 10,
        "out_of_memory": 2,
    }


def test_what_is_not_wanted_is_not_said() -> None:
    before = Reading(1.0, 10, 5e8, 100, 1000, 0, 50, 60)
    now = Reading(2.0, 40, 5e8, 200, 1000, 2, 150, 70)
    assert said(before, now, NOTHING_OF_OURS) == {"cpu.usage": 30.0, "cpu.limit": 5e8}


def test_no_traffic_is_a_zero_and_no_kill_is_nothing() -> None:
    same = {"oom_kills": 3, "received": 5, "sent": 6}
    assert said(Reading(1.0, **same), Reading(2.0, **same)) == {
        "network.rx_bytes": 0,
        "network.tx_bytes": 0,
    }


def test_a_counter_that_went_back_says_nothing_once() -> None:
    high, low, later = (Reading(float(n), received=r, sent=1) for n, r in enumerate((9, 4, 6)))
    assert said(high, low) == {"network.tx_bytes": 0}
    assert said(low, later) == {"network.rx_bytes": 2, "network.tx_bytes": 0}
