"""Waiting for what another thread or process does and nobody announces."""

import time
from collections.abc import Callable

_PAUSE_S = 0.005


def wait_until(predicate: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Return once `predicate` holds. Raises AssertionError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not predicate():
        assert time.monotonic() < deadline, f"still not so after {timeout_s:g} s"
        time.sleep(_PAUSE_S)
