from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Endpoint, Payload, PayloadKind, Priority

SERIES = "/api/v2/series"
CHECKS = "/api/v1/check_run"


class Sizes:
    """Makes transactions of given sizes, in sequence."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(
        self, size: int, route: str = SERIES, priority: Priority = Priority.NORMAL, errors: int = 0
    ) -> Transaction:
        self.made += 1
        endpoint = Endpoint(route, route)
        body = bytes(size)
        payload = Payload(PayloadKind.SERIES, endpoint, body, "", "", 0, size, priority)
        return Transaction(payload, self.made, errors)


def taken(queue: TransactionQueue, *routes: str) -> list[int]:
    """The sizes of everything the queue gives, in order, for these routes or for all."""
    sizes = []
    while (transaction := queue.take(lambda target: not routes or target in routes)) is not None:
        sizes.append(transaction.size)
    return sizes


def sizes(transactions: list[Transaction]) -> list[int]:
    return [transaction.size for transaction in transactions]


def test_the_oldest_leave_when_the_bytes_do_not_suffice() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=50)
    for size in (9, 10, 11):
        assert queue.put_back(make(size, errors=1)) == []
    assert sizes(queue.put_back(make(30, errors=1))) == [9, 10]
    assert (queue.retry_bytes, queue.samples, queue.payloads) == (41, 41, 2)
    assert taken(queue) == [11, 30]


def test_with_a_disk_behind_it_so_many_leave_at_once_that_a_file_is_worth_it() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=100, room_bytes=60)
    for size in (10, 20, 30, 40):
        assert queue.put_back(make(size, errors=1)) == []
    assert sizes(queue.put_back(make(15, errors=1))) == [10, 20, 30]
    assert taken(queue) == [40, 15]


def test_one_payload_is_kept_whatever_its_size() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=0)
    assert queue.put_back(make(10, errors=1)) == []
    assert sizes(queue.put_back(make(11, errors=1))) == [10]
    assert taken(queue) == [11]


def test_normal_payloads_are_dropped_before_high_ones_of_any_age() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=0, bytes_max=30)
    queue.add(make(10, priority=Priority.HIGH), blocked=False)
    queue.add(make(11), blocked=False)
    assert sizes(queue.add(make(12, priority=Priority.HIGH), blocked=False)) == [11]
    assert sizes(queue.add(make(13, priority=Priority.HIGH), blocked=False)) == [10]
    assert taken(queue) == [12, 13]


def test_the_oldest_is_dropped_whatever_its_target_and_however_often_it_failed() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=0, bytes_max=30)
    old = make(10, route=CHECKS, errors=7)
    queue.add(make(11), blocked=True)
    queue.put_back(old)
    assert sizes(queue.add(make(15), blocked=True)) == [10]


def test_high_goes_first_and_then_the_older() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=0)
    for size, priority in ((1, 0), (2, 1), (3, 0), (4, 1)):
        queue.add(make(size, priority=Priority(priority)), blocked=False)
    assert taken(queue) == [2, 4, 1, 3]


def test_order_holds_across_targets() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=0)
    for size, route in ((1, SERIES), (2, CHECKS), (3, SERIES), (4, CHECKS)):
        queue.add(make(size, route), blocked=False)
    assert taken(queue) == [1, 2, 3, 4]


def test_what_failed_goes_after_what_failed_less_often() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=100)
    queue.put_back(make(1, errors=2))
    queue.put_back(make(2, errors=1))
    queue.put_back(make(3, errors=1))
    queue.add(make(4), blocked=False)
    assert taken(queue) == [4, 2, 3, 1]


def test_a_target_that_is_not_permitted_does_not_hold_up_the_others() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=100)
    queue.add(make(1), blocked=False)
    queue.add(make(2, CHECKS), blocked=False)
    assert queue.targets() == {SERIES, CHECKS}
    assert taken(queue, CHECKS) == [2]
    assert queue.targets() == {SERIES}


def test_only_what_exceeds_the_count_is_charged_in_bytes() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=2, bytes_max=1000)
    for size in (100, 101, 102):
        queue.add(make(size), blocked=False)
    assert queue.retry_bytes == 102
    assert taken(queue) == [100, 101, 102]
    assert queue.retry_bytes == 0


def test_a_new_payload_does_not_pass_one_that_is_charged_in_bytes() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=1, bytes_max=1000)
    queue.add(make(1), blocked=False)
    queue.add(make(2), blocked=False)
    assert queue.take(lambda _: True) is not None
    queue.add(make(3), blocked=False)
    assert taken(queue) == [2, 3]


def test_what_comes_behind_a_blocked_target_is_charged_in_bytes() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=100, bytes_max=1000)
    queue.add(make(7), blocked=True)
    assert queue.retry_bytes == 7


def test_when_a_target_blocks_what_waits_behind_it_is_charged_in_bytes() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=3, bytes_max=20)
    for size in (9, 10, 11):
        queue.add(make(size), blocked=False)
    assert queue.add(make(1, CHECKS), blocked=False) == []
    assert sizes(queue.park(SERIES)) == [9, 10]
    assert queue.retry_bytes == 12
    assert taken(queue) == [11, 1]


def test_parking_keeps_the_order_and_frees_the_count() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=2, bytes_max=1000)
    for size in (1, 2, 3):
        queue.add(make(size), blocked=False)
    queue.park(SERIES)
    queue.add(make(4, CHECKS), blocked=False)
    queue.add(make(5, CHECKS), blocked=False)
    assert queue.retry_bytes == 6
    assert taken(queue) == [1, 2, 3, 4, 5]


def test_parking_keeps_one_payload_whatever_its_size() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=2, bytes_max=5)
    queue.add(make(90), blocked=False)
    assert queue.park(SERIES) == []
    assert taken(queue) == [90]


def test_parking_both_priorities_drops_no_younger_payload_than_needed() -> None:
    # Trimming after each priority's move dropped the 15 first and then the older 46 as well.
    make, queue = Sizes(), TransactionQueue(payloads_max=3, bytes_max=60)
    queue.add(make(46), blocked=False)
    queue.add(make(15, CHECKS), blocked=True)
    queue.add(make(14, priority=Priority.HIGH), blocked=False)
    assert sizes(queue.park(SERIES)) == [46]
    assert taken(queue) == [14, 15]


def test_the_oldest_sequence_is_found_in_every_part() -> None:
    make, queue = Sizes(), TransactionQueue(payloads_max=1, bytes_max=1000)
    failed = make(1, errors=3)
    queue.add(make(2), blocked=False)
    queue.add(make(3), blocked=False)
    assert queue.oldest() == 2
    queue.put_back(failed)
    assert queue.oldest() == 1
    assert len(queue.clear()) == 3
    assert (queue.oldest(), queue.payloads, queue.samples, queue.retry_bytes) == (None, 0, 0, 0)
