from serverless_init.forwarder.breaker import BackoffPolicy
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.retry import Abandoned, Delivered, Fate, Refused, Retry
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.model import SERIES_V2, SKETCHES_V2, Endpoint, Payload, PayloadKind, Priority


def payload(
    samples: int, endpoint: Endpoint = SERIES_V2, priority: Priority = Priority.NORMAL
) -> Payload:
    return Payload(PayloadKind.SERIES, endpoint, b"12345678", "", "", 0, samples, priority)


class Bench:
    """A dispatcher with the longest delays, a hand to move its clock, and its counters."""

    def __init__(self, *, payloads_max: int = 100, bytes_max: int = 1000) -> None:
        self.stats = ForwarderStats()
        self.now = 1000.0
        self.dispatcher = Dispatcher(
            TransactionQueue(payloads_max=payloads_max, bytes_max=bytes_max),
            policy=BackoffPolicy(),
            uniform=lambda low, high: high,
            stats=self.stats,
        )

    def submit(self, *samples: int, endpoint: Endpoint = SERIES_V2) -> None:
        for count in samples:
            self.dispatcher.submit(payload(count, endpoint), self.now)

    def attempt(self, fate: Fate) -> int:
        """Send the next one, with this outcome; its samples, 0 when none may be sent."""
        transaction = self.dispatcher.take(self.now)
        if transaction is None:
            return 0
        self.dispatcher.settle(transaction, fate, self.now)
        return transaction.payload.samples

    def next_in_s(self) -> float | None:
        at = self.dispatcher.next_at(self.now)
        return None if at is None else at - self.now


def test_high_priority_goes_first() -> None:
    bench = Bench()
    bench.submit(1)
    bench.dispatcher.submit(payload(2, priority=Priority.HIGH), bench.now)
    assert [bench.attempt(Delivered()) for _ in range(3)] == [2, 1, 0]
    assert (bench.stats.samples_accepted, bench.stats.samples_delivered) == (3, 3)


def test_a_failure_blocks_its_target_until_the_window_is_over() -> None:
    bench = Bench()
    bench.submit(1, 2)
    assert bench.attempt(Retry()) == 1
    assert bench.attempt(Delivered()) == 0
    assert (bench.next_in_s(), bench.dispatcher.held) == (4.0, 3)
    bench.now += 4.0
    assert bench.attempt(Delivered()) == 2
    assert (bench.stats.requests, bench.stats.retries) == (2, 0)
    assert bench.attempt(Delivered()) == 1
    assert (bench.stats.requests, bench.stats.retries) == (3, 1)


def test_a_blocked_target_does_not_hold_up_another() -> None:
    bench = Bench()
    bench.submit(1)
    bench.submit(2, endpoint=SKETCHES_V2)
    assert bench.attempt(Retry()) == 1
    assert bench.attempt(Delivered()) == 2


def test_behind_a_block_one_probe_is_in_flight_at_a_time() -> None:
    bench = Bench()
    bench.submit(1, 2)
    bench.attempt(Retry())
    bench.now += 4.0
    probe = bench.dispatcher.take(bench.now)
    assert probe is not None
    assert bench.dispatcher.take(bench.now) is None
    assert bench.next_in_s() is None
    bench.dispatcher.settle(probe, Retry(), bench.now)
    assert bench.next_in_s() == 8.0


def test_a_refusal_shows_that_the_target_works() -> None:
    bench = Bench()
    bench.submit(1, 2)
    bench.attempt(Retry())
    bench.now += 4.0
    assert bench.attempt(Refused("refused_400")) == 2
    assert bench.attempt(Delivered()) == 1
    assert bench.stats.samples_dropped == {"refused_400": 2}
    assert bench.stats.payloads_dropped == {"refused_400": 1}


def test_a_payload_that_always_fails_does_not_hold_up_its_target() -> None:
    bench = Bench()
    bench.submit(666, 1, 2, 3)
    delivered = []
    for _ in range(20):
        transaction = bench.dispatcher.take(bench.now)
        if transaction is None:
            bench.now += 64.0
            continue
        is_poison = transaction.payload.samples == 666
        bench.dispatcher.settle(transaction, Retry() if is_poison else Delivered(), bench.now)
        if not is_poison:
            delivered.append(transaction.payload.samples)
    assert delivered == [1, 2, 3]
    assert bench.dispatcher.held == 666


def test_what_waits_behind_a_block_is_bounded_in_bytes() -> None:
    bench = Bench(bytes_max=16)
    bench.submit(1, 2, 3, 4)
    bench.attempt(Retry())
    assert bench.stats.samples_dropped == {"retry_queue_full": 3}
    assert bench.dispatcher.held == 7
    assert bench.dispatcher.submit(payload(5), bench.now) == 1
    assert bench.dispatcher.held + sum(bench.stats.samples_dropped.values()) == 15


def test_a_success_that_leaves_a_block_charges_what_waits_in_bytes() -> None:
    bench = Bench(bytes_max=16)
    bench.submit(1)
    for _ in range(4):
        bench.attempt(Retry())
        bench.now += 64.0
    bench.submit(10, 11, 12)
    assert bench.attempt(Delivered()) == 10
    assert bench.stats.samples_dropped == {"retry_queue_full": 1}
    assert bench.dispatcher.held == 23


def test_waking_lets_everything_through_at_once() -> None:
    bench = Bench()
    bench.submit(1, 2, 3)
    bench.attempt(Retry())
    bench.dispatcher.wake()
    assert [bench.attempt(Delivered()) for _ in range(4)] == [2, 3, 1, 0]


def test_under_urgency_failures_wait_for_a_tenth_of_a_second() -> None:
    bench = Bench()
    bench.submit(1, 2)
    bench.attempt(Retry())
    bench.dispatcher.set_urgent(True)
    assert bench.attempt(Retry()) == 2
    assert bench.attempt(Delivered()) == 0
    assert bench.next_in_s() is not None
    assert round(bench.next_in_s() or 0, 6) == 0.1
    bench.now += 0.1001
    both = [bench.dispatcher.take(bench.now) for _ in range(2)]
    assert [transaction and transaction.payload.samples for transaction in both] == [1, 2]


def test_under_urgency_everything_is_tried_once_before_anything_is_tried_again() -> None:
    bench = Bench()
    bench.submit(1, 2, 3)
    bench.dispatcher.set_urgent(True)
    tried = []
    for _ in range(6):
        bench.now += 2.0
        tried.append(bench.attempt(Retry()))
    assert tried == [1, 2, 3, 1, 2, 3]


def test_a_success_under_urgency_unblocks_the_target_for_good() -> None:
    bench = Bench()
    bench.submit(1)
    for _ in range(3):
        bench.attempt(Retry())
        bench.now += 64.0
    bench.dispatcher.set_urgent(True)
    assert bench.attempt(Delivered()) == 1
    bench.dispatcher.set_urgent(False)
    bench.submit(2, 3)
    assert [bench.attempt(Delivered()), bench.attempt(Delivered())] == [2, 3]


def test_a_success_after_a_failure_under_urgency_unblocks_and_ends_the_short_wait() -> None:
    bench = Bench()
    bench.submit(1, 2, 3)
    bench.dispatcher.set_urgent(True)
    flying = [bench.dispatcher.take(bench.now) for _ in range(2)]
    assert flying[0] is not None
    assert flying[1] is not None
    bench.dispatcher.settle(flying[0], Retry(), bench.now)
    assert bench.attempt(Delivered()) == 0
    bench.dispatcher.settle(flying[1], Delivered(), bench.now)
    assert bench.attempt(Delivered()) == 3
    bench.dispatcher.set_urgent(False)
    assert bench.attempt(Delivered()) == 1


def test_after_urgency_a_target_that_failed_is_blocked_as_ever() -> None:
    bench = Bench()
    bench.submit(1)
    bench.dispatcher.set_urgent(True)
    bench.attempt(Retry())
    bench.dispatcher.set_urgent(False)
    assert bench.next_in_s() == 4.0


def test_when_shut_what_waits_and_what_fails_is_dropped_and_what_arrives_counted() -> None:
    bench = Bench()
    bench.submit(1, 2, 4)
    flying = [bench.dispatcher.take(bench.now) for _ in range(2)]
    bench.dispatcher.shut("stop_without_purge")
    assert flying[0] is not None
    assert flying[1] is not None
    bench.dispatcher.settle(flying[0], Retry(), bench.now)
    bench.dispatcher.settle(flying[1], Delivered(), bench.now)
    bench.submit(8)
    assert bench.attempt(Delivered()) == 0
    assert bench.next_in_s() is None
    assert bench.stats.samples_dropped == {"stop_without_purge": 5, "after_stop": 8}
    assert (bench.stats.samples_delivered, bench.dispatcher.held) == (2, 0)


def test_a_shut_dispatcher_does_not_become_urgent() -> None:
    bench = Bench()
    bench.dispatcher.shut("deadline")
    bench.dispatcher.set_urgent(True)
    bench.submit(1)
    assert bench.stats.samples_dropped == {"after_stop": 1}


def test_settling_twice_changes_nothing() -> None:
    bench = Bench()
    bench.submit(1)
    transaction = bench.dispatcher.take(bench.now)
    assert transaction is not None
    bench.dispatcher.settle(transaction, Abandoned("deadline"), bench.now)
    bench.dispatcher.settle(transaction, Delivered(), bench.now)
    assert bench.stats.samples_dropped == {"deadline": 1}
    assert bench.stats.samples_delivered == 0


def test_what_came_up_to_an_instant_is_settled_when_nothing_of_it_waits_or_flies() -> None:
    bench = Bench()
    bench.submit(1, 2)
    until = bench.dispatcher.sequence
    bench.submit(3)
    first = bench.dispatcher.take(bench.now)
    assert first is not None
    assert bench.attempt(Delivered()) == 2
    assert not bench.dispatcher.settled_up_to(until)
    bench.dispatcher.settle(first, Delivered(), bench.now)
    assert bench.dispatcher.settled_up_to(until)
    assert not bench.dispatcher.settled_up_to(bench.dispatcher.sequence)


def test_counters_are_kept_for_each_endpoint() -> None:
    bench = Bench()
    bench.submit(3)
    bench.submit(4, endpoint=SKETCHES_V2)
    bench.attempt(Delivered())
    bench.attempt(Refused("refused_413"))
    series, sketches = bench.stats.endpoints["series_v2"], bench.stats.endpoints["sketches_v2"]
    assert (series.requests, series.samples_delivered, series.bytes_delivered) == (1, 3, 8)
    assert (sketches.payloads_dropped, sketches.samples_dropped) == (1, 4)
    assert (bench.stats.bytes_accepted, bench.stats.bytes_delivered) == (16, 8)
