"""Laws of the backoff."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.forwarder.breaker import BackoffPolicy, Breaker, BreakerState, Pace

PAUSE_S_MAX = 600.0

policies = st.builds(
    BackoffPolicy,
    factor=st.floats(2, 10),
    base_s=st.floats(0.01, 10),
    max_s=st.floats(0.01, 1000),
    recovery_interval=st.integers(1, 5),
    recovery_reset=st.booleans(),
)


@given(policies, st.integers(1, 40), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_a_delay_lies_in_its_window(
    policy: BackoffPolicy, errors: int, source: random.Random
) -> None:
    """delay is max, or within [base * 2^n / factor, base * 2^n] with that at most max."""
    window = policy.base_s * 2**errors
    delay = policy.delay_s(errors, source.uniform)
    if window > policy.max_s:
        assert delay == policy.max_s
    else:
        assert window / policy.factor <= delay <= window * (1 + 1e-9)


pauses = st.floats(0, PAUSE_S_MAX)
steps = st.one_of(st.sampled_from(["fail", "succeed", "wait", "begin"]), pauses)


@given(policies, st.lists(steps, max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_breaker_always_opens_again(policy: BackoffPolicy, played: list[str | float]) -> None:
    """Errors stay within [0, errors_max]; a block ends at most max_s, or the longest pause that an
    intake may ask for, later; no probe begins within a pause that was asked for; and whatever
    happened, enough successes unblock."""
    breaker = Breaker(policy, random.Random(1).uniform)
    now = paused_until = 0.0
    for name in played:
        if isinstance(name, float):
            breaker.failed(now, name)
            paused_until = max(paused_until, now + name)
        elif name == "fail":
            breaker.failed(now)
        elif name == "succeed":
            breaker.succeeded(now)
        elif name == "wait":
            now = max(now, breaker.until)
        elif breaker.permits(now):
            assert now >= paused_until or breaker.state is BreakerState.UNBLOCKED
            breaker.begin()
        assert 0 <= breaker.errors <= policy.errors_max
        assert breaker.until <= now + max(policy.max_s, PAUSE_S_MAX)
        assert (breaker.state is BreakerState.UNBLOCKED) == (breaker.errors == 0)
    for _ in range(policy.errors_max + 1):
        now = max(now, breaker.until)
        breaker.begin()
        breaker.succeeded(now)
    assert breaker.permits(now)
    assert breaker.errors == 0


@given(st.lists(st.floats(0, 2), max_size=60))
@settings(max_examples=100, deadline=None)
def test_the_drains_pace_never_waits_more_than_a_second(gaps_s: list[float]) -> None:
    """However often it fails, the next attempt is at most one second away."""
    pace = Pace(random.Random(1).uniform)
    now = 100.0
    for gap_s in gaps_s:
        pace.failed(now)
        assert pace.until <= now + 1.0
        now += gap_s
