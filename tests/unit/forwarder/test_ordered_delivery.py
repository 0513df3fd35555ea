"""An ordered queue: one transaction of a target at a time, an older one again before a younger."""

from serverless_init.forwarder.breaker import BackoffPolicy
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.retry import Delivered, Fate, Retry, fate_of_answer
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Endpoint, Payload, PayloadKind

ONE, TWO = Endpoint("one", "/api/v2/logs"), Endpoint("two", "/api/v2/logs")


class Bench:
    """An ordered dispatcher, and a hand to move its clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.dispatcher = Dispatcher(
            TransactionQueue(payloads_max=100, bytes_max=1000, ordered=True),
            policy=BackoffPolicy(),
            uniform=lambda low, high: high,
            stats=ForwarderStats(),
        )

    def submit(self, *samples: int, endpoint: Endpoint = ONE) -> None:
        for count in samples:
            payload = Payload(PayloadKind.LOGS, endpoint, b"12345678", "", "", 0, count)
            self.dispatcher.submit(payload, self.now)

    def take(self) -> Transaction:
        transaction = self.dispatcher.take(self.now)
        assert transaction is not None
        return transaction

    def settle(self, transaction: Transaction, fate: Fate) -> None:
        self.dispatcher.settle(transaction, fate, self.now)


def test_one_of_a_target_is_in_flight_and_targets_do_not_wait_for_each_other() -> None:
    bench = Bench()
    bench.submit(1, 2)
    bench.submit(3, endpoint=TWO)
    first, other = bench.take(), bench.take()
    assert (first.payload.samples, other.payload.samples) == (1, 3)
    assert bench.dispatcher.take(bench.now) is None
    assert bench.dispatcher.next_at(bench.now) is None
    bench.settle(first, Delivered())
    assert bench.take().payload.samples == 2


def test_what_failed_goes_again_before_what_came_after_it() -> None:
    """Otherwise a retry would put the lines of a stream out of order."""
    bench = Bench()
    bench.submit(1, 2)
    bench.settle(bench.take(), Retry())
    bench.submit(3)
    sent = []
    for _ in range(3):
        bench.now += 1000.0
        transaction = bench.take()
        sent.append(transaction.payload.samples)
        bench.settle(transaction, Delivered())
    assert sent == [1, 2, 3]


def test_under_urgency_order_is_kept_too() -> None:
    bench = Bench()
    bench.submit(1, 2)
    bench.dispatcher.set_urgent(True)
    bench.settle(bench.take(), Retry())
    assert bench.dispatcher.take(bench.now) is None
    assert bench.dispatcher.next_at(bench.now) == bench.now + 0.1
    bench.now += 0.1
    assert bench.take().payload.samples == 1


def test_a_target_that_fails_does_not_hold_up_another_one_of_the_same_route() -> None:
    bench = Bench()
    bench.submit(1)
    bench.settle(bench.take(), Retry())
    bench.submit(2, endpoint=TWO)
    assert bench.take().payload.samples == 2


def test_which_statuses_refuse_for_good_is_the_signals_own() -> None:
    assert isinstance(fate_of_answer(401), Retry)
    assert not isinstance(fate_of_answer(401, frozenset((401,))), Retry)
