"""What unit tests share: the process's signals as they were before."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    """Handlers, mask and wake-up descriptor are put back when the test is over."""
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        if handler is not None and number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
