"""Signals that arrive faster than they are relayed."""

import signal

import pytest

from serverless_init.process import SignalRelay

MANY = 5000


@pytest.mark.usefixtures("signals_as_before")
def test_signals_that_arrive_while_one_is_relayed_do_not_nest() -> None:
    """A burst of SIGIO nested the handler until a RecursionError ended all telemetry."""
    relay = SignalRelay()
    relay.install()
    relayed = 0

    def relay_another() -> bool:
        nonlocal relayed
        relayed += 1
        if relayed < MANY:
            signal.raise_signal(signal.SIGUSR1)
        return True

    relay.intercept(signal.SIGUSR1, relay_another)
    signal.raise_signal(signal.SIGUSR1)
    assert relayed == MANY


@pytest.mark.usefixtures("signals_as_before")
def test_another_signal_that_arrives_meanwhile_is_relayed() -> None:
    relay = SignalRelay()
    relay.install()
    relay.intercept(signal.SIGUSR1, lambda: signal.raise_signal(signal.SIGTERM) is None)
    signal.raise_signal(signal.SIGUSR1)
    assert relay.waiting == (signal.SIGTERM,)
    assert relay.terminated_at is not None
