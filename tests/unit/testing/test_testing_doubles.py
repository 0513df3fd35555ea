"""The doubles themselves."""

import pytest

from serverless_init.model import Payload, PayloadKind
from serverless_init.model.payloads import INTAKE, SERIES_V2
from serverless_init.testing import CollectingSink, ManualClock, wait_until


def payload(kind: PayloadKind, samples: int) -> Payload:
    endpoint = SERIES_V2 if kind is PayloadKind.SERIES else INTAKE
    return Payload(kind, endpoint, b"", "t", "identity", points=0, samples=samples)


def test_a_manual_clock_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock(100.0, monotonic=5.0)
    assert (clock.now(), clock.monotonic()) == (100.0, 5.0)
    clock.advance(2.5)
    assert (clock.now(), clock.monotonic()) == (102.5, 7.5)


def test_a_jump_moves_the_wall_clock_only() -> None:
    clock = ManualClock(100.0, monotonic=5.0)
    clock.jump(-60)
    assert (clock.now(), clock.monotonic()) == (40.0, 5.0)


def test_time_cannot_be_advanced_backwards() -> None:
    with pytest.raises(AssertionError, match="jump"):
        ManualClock().advance(-1)


def test_a_collecting_sink_keeps_the_order_and_counts_samples() -> None:
    sink = CollectingSink()
    first, second = payload(PayloadKind.SERIES, 3), payload(PayloadKind.EVENTS, 1)
    sink.submit(first)
    sink.submit(second)
    assert sink.payloads == [first, second]
    assert sink.of_kind(PayloadKind.EVENTS) == [second]
    assert sink.samples == 4


def test_waiting_ends_when_it_is_so_or_when_time_is_up() -> None:
    looks = iter([False, False, True])
    wait_until(lambda: next(looks))
    assert next(looks, None) is None
    with pytest.raises(AssertionError, match=r"still not so after 0\.01 s"):
        wait_until(lambda: False, timeout_s=0.01)
