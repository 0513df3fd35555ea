import pytest

from serverless_init.config import ForwarderSettings
from serverless_init.forwarder.breaker import (
    BackoffPolicy,
    Breaker,
    BreakerState,
    Pace,
    backoff_policy,
)

UNBLOCKED, BLOCKED, HALF = BreakerState.UNBLOCKED, BreakerState.BLOCKED, BreakerState.HALF_BLOCKED


def longest(low: float, high: float) -> float:
    return high


def shortest(low: float, high: float) -> float:
    return low


def failed_times(count: int, *, reset: bool = False) -> tuple[Breaker, float]:
    """A breaker after so many failed attempts, and the instant at which the last block ends."""
    breaker = Breaker(BackoffPolicy(recovery_reset=reset), longest)
    now = 0.0
    for _ in range(count):
        breaker.begin()
        breaker.failed(now)
        now = breaker.until
    return breaker, now


@pytest.mark.parametrize(
    ("errors", "low", "high"),
    [(0, 0, 0), (1, 2, 4), (2, 4, 8), (3, 8, 16), (4, 16, 32), (5, 32, 64), (6, 64, 64)],
)
def test_the_windows_are_the_agents(errors: int, low: float, high: float) -> None:
    policy = BackoffPolicy()
    assert policy.delay_s(errors, shortest) == low
    assert policy.delay_s(errors, longest) == high


def test_errors_are_counted_up_to_the_first_longest_delay() -> None:
    assert BackoffPolicy().errors_max == 6
    breaker, _ = failed_times(9)
    assert breaker.errors == 6


def test_a_longest_delay_below_the_first_is_the_delay() -> None:
    policy = BackoffPolicy(base_s=2.0, max_s=0.05)
    assert (policy.errors_max, policy.delay_s(1, shortest)) == (1, 0.05)


def test_a_target_never_heard_of_is_unblocked() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    assert (breaker.state, breaker.permits(0.0), breaker.ready_at(5.0)) == (UNBLOCKED, True, 5.0)


def test_a_success_while_unblocked_changes_nothing() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    breaker.succeeded(0.0)
    assert (breaker.state, breaker.errors) == (UNBLOCKED, 0)


def test_a_failure_blocks_until_its_window_is_over() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    breaker.failed(100.0)
    assert (breaker.state, breaker.ready_at(100.0)) == (BLOCKED, 104.0)
    assert not breaker.permits(103.999)
    assert breaker.permits(104.0)


def test_of_several_failures_in_flight_the_first_counts() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    for now in (100.0, 101.0, 105.0):
        breaker.failed(now)
    assert (breaker.errors, breaker.until) == (1, 104.0)


def test_a_success_while_blocked_changes_nothing() -> None:
    breaker, until = failed_times(3)
    breaker.succeeded(until - 1)
    assert (breaker.state, breaker.errors, breaker.until) == (BLOCKED, 3, until)


def test_one_probe_is_permitted_behind_a_block() -> None:
    breaker, now = failed_times(1)
    breaker.begin()
    assert (breaker.state, breaker.permits(now), breaker.ready_at(now)) == (HALF, False, None)


def test_a_probe_that_fails_blocks_for_longer() -> None:
    breaker, now = failed_times(1)
    breaker.begin()
    breaker.failed(now)
    assert (breaker.state, breaker.errors, breaker.until - now) == (BLOCKED, 2, 8.0)


@pytest.mark.parametrize(("before", "after", "delay_s"), [(6, 4, 32.0), (5, 3, 16.0), (3, 1, 4.0)])
def test_a_probe_that_succeeds_forgives_two_errors(before: int, after: int, delay_s: float) -> None:
    breaker, now = failed_times(before)
    breaker.begin()
    breaker.succeeded(now)
    assert (breaker.state, breaker.errors, breaker.until - now) == (BLOCKED, after, delay_s)


@pytest.mark.parametrize("before", [1, 2])
def test_a_probe_that_leaves_no_errors_unblocks(before: int) -> None:
    breaker, now = failed_times(before)
    breaker.begin()
    breaker.succeeded(now)
    assert (breaker.state, breaker.errors) == (UNBLOCKED, 0)


def test_with_recovery_reset_one_success_unblocks() -> None:
    breaker, now = failed_times(6, reset=True)
    breaker.begin()
    breaker.succeeded(now)
    assert (breaker.state, breaker.errors) == (UNBLOCKED, 0)


def test_waking_forgets_all_errors() -> None:
    breaker, now = failed_times(6)
    breaker.wake()
    assert (breaker.permits(now - 60), breaker.errors) == (True, 0)


def test_settings_that_cannot_be_are_replaced_with_a_line_each() -> None:
    settings = ForwarderSettings(
        backoff_factor=1.0, backoff_base_s=0.0, backoff_max_s=-1.0, recovery_interval=0
    )
    assert backoff_policy(settings) == (
        BackoffPolicy(factor=2.0, base_s=2.0, max_s=64.0, recovery_interval=2),
        (
            "DD_FORWARDER_BACKOFF_FACTOR=1 cannot be; 2 is used",
            "DD_FORWARDER_BACKOFF_BASE=0 cannot be; 2 is used",
            "DD_FORWARDER_BACKOFF_MAX=-1 cannot be; 64 is used",
            "DD_FORWARDER_RECOVERY_INTERVAL=0 cannot be; 2 is used",
        ),
    )


def test_settings_that_can_be_are_the_policy() -> None:
    settings = ForwarderSettings(
        backoff_factor=3.0, backoff_base_s=0.5, backoff_max_s=9.0, recovery_reset=True
    )
    expected = BackoffPolicy(factor=3.0, base_s=0.5, max_s=9.0, recovery_reset=True)
    assert backoff_policy(settings) == (expected, ())


def test_the_pace_of_the_drain_goes_from_a_tenth_of_a_second_to_one() -> None:
    pace = Pace(longest)
    waits = []
    now = 0.0
    for _ in range(6):
        pace.failed(now)
        waits.append(round(pace.until - now, 6))
        now = pace.until
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_half_of_the_pace_is_random() -> None:
    pace = Pace(shortest)
    pace.failed(10.0)
    assert pace.until == 10.05


def test_failures_during_the_paces_wait_do_not_make_it_longer() -> None:
    pace = Pace(longest)
    pace.failed(10.0)
    pace.failed(10.05)
    assert pace.until == 10.1


def test_an_answer_resets_the_pace() -> None:
    pace = Pace(longest)
    pace.failed(10.0)
    pace.reset()
    assert pace.until == 0.0
    pace.failed(20.0)
    assert pace.until == 20.1


def test_a_pause_that_the_intake_asks_for_makes_the_block_longer_and_never_shorter() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    breaker.failed(0.0, 30.0)
    assert breaker.until == 30.0
    breaker = Breaker(BackoffPolicy(), longest)
    breaker.failed(0.0, 1.0)
    assert breaker.until == 4.0


def test_of_several_pauses_asked_for_the_last_to_end_counts() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    breaker.failed(0.0, 30.0)
    breaker.failed(1.0, 10.0)
    assert (breaker.until, breaker.errors) == (30.0, 1)
    breaker.failed(2.0, 40.0)
    assert (breaker.until, breaker.errors) == (42.0, 1)


def test_at_the_end_a_pause_is_granted_up_to_a_second() -> None:
    pace = Pace(longest)
    pace.failed(0.0, 30.0)
    assert pace.until == 1.0


def test_waking_forgets_the_pause() -> None:
    breaker = Breaker(BackoffPolicy(), longest)
    breaker.failed(0.0, 30.0)
    breaker.wake()
    assert breaker.permits(0.0)
