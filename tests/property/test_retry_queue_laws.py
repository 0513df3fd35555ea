"""Laws of the forwarder's queue under any sequence of operations."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import Endpoint, Payload, PayloadKind, Priority

ROUTES = ("/a", "/b")
BYTES_MAX, PAYLOADS_MAX = 60, 3

operations = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.integers(0, 90),
            st.sampled_from(ROUTES),
            st.sampled_from(Priority),
            st.booleans(),
        ),
        st.tuples(st.just("fail"), st.sampled_from(ROUTES)),
        st.tuples(st.just("take"), st.sampled_from(ROUTES)),
        st.tuples(st.just("park"), st.sampled_from(ROUTES)),
    ),
    max_size=60,
)


class Model:
    """The queue beside plain lists of what went in and what came out."""

    def __init__(self, room_bytes: int = 0, *, ordered: bool = False) -> None:
        self.queue = TransactionQueue(
            payloads_max=PAYLOADS_MAX,
            bytes_max=BYTES_MAX,
            room_bytes=room_bytes,
            ordered=ordered,
        )
        self.room_bytes = room_bytes
        self.added = 0
        self.left = 0
        self.waiting: dict[int, Transaction] = {}

    def play(self, operation: tuple) -> None:  # type: ignore[type-arg]
        name, *arguments = operation
        getattr(self, name)(*arguments)

    def add(self, size: int, route: str, priority: Priority, blocked: bool) -> None:
        self.added += 1
        endpoint = Endpoint(route, route)
        payload = Payload(
            PayloadKind.SERIES, endpoint, bytes(size), "", "", 0, self.added, priority
        )
        transaction = Transaction(payload, self.added)
        self.waiting[transaction.sequence] = transaction
        self.drop(self.queue.add(transaction, blocked=blocked), transaction)

    def take(self, route: str) -> None:
        self._taken(route)

    def fail(self, route: str) -> None:
        transaction = self._taken(route)
        if transaction is not None:
            again = transaction.failed()
            self.left -= 1
            self.waiting[again.sequence] = again
            self.drop(self.queue.put_back(again), again)

    def park(self, route: str) -> None:
        self.drop(self.queue.park(route), None)

    def drop(self, dropped: list[Transaction], keep: Transaction | None) -> None:
        assert keep not in dropped
        freed = sum(transaction.size for transaction in dropped)
        charged = self.queue.retry_bytes - (keep.size if keep else 0)
        assert not dropped or freed >= self.room_bytes or charged <= 0 or keep is None
        for transaction in dropped:
            del self.waiting[transaction.sequence]
            self.left += 1
        kinds = {transaction.payload.priority for transaction in dropped}
        ages = [t.sequence for t in dropped if t.payload.priority is Priority.NORMAL]
        assert ages == sorted(ages)
        if Priority.HIGH in kinds:
            charged = [t for t in self.waiting.values() if t.errors and t is not keep]
            assert not any(t.payload.priority is Priority.NORMAL for t in charged)

    def _taken(self, route: str) -> Transaction | None:
        transaction = self.queue.take(lambda target: target == route)
        eligible = [t for t in self.waiting.values() if t.target == route]
        if transaction is None:
            assert not eligible
            return None
        key = (lambda t: t.sequence) if self.queue.ordered else (lambda t: (t.errors, t.sequence))
        best = min(eligible, key=lambda t: (-t.payload.priority, key(t)))
        assert transaction is best
        del self.waiting[transaction.sequence]
        self.left += 1
        return transaction


@given(operations, st.sampled_from([0, 30, BYTES_MAX]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_what_goes_in_comes_out_once_or_waits(
    played: list[tuple],  # type: ignore[type-arg]
    room_bytes: int,
    ordered: bool,
) -> None:
    """added = taken + dropped + waiting, the counters say the same as the contents, and what leaves
    for lack of room frees at least ``room_bytes``, or all but the youngest; what is taken is the
    next by priority, failures and age, or in an ordered queue by priority and age."""
    model = Model(room_bytes, ordered=ordered)
    for operation in played:
        model.play(operation)
        waiting = model.waiting.values()
        assert model.added == model.left + len(model.waiting)
        assert model.queue.payloads == len(model.waiting)
        assert model.queue.samples == sum(t.payload.samples for t in waiting)
        assert model.queue.oldest() == min(model.waiting, default=None)


@given(operations)
@settings(max_examples=100, deadline=None)
def test_the_budgets_are_never_exceeded(played: list[tuple]) -> None:  # type: ignore[type-arg]
    """At most ``payloads_max`` payloads are not charged in bytes, and the bytes of the others stay
    within ``bytes_max``, or are those of a single payload."""
    model = Model()
    for operation in played:
        model.play(operation)
        sizes = [transaction.size for transaction in model.waiting.values()]
        assert model.queue.retry_bytes <= max(BYTES_MAX, *sizes, 0)
        uncharged = sum(sizes) - model.queue.retry_bytes
        assert uncharged <= sum(sorted(sizes)[-PAYLOADS_MAX:])


@given(operations)
@settings(max_examples=100, deadline=None)
def test_order_is_kept_in_each_priority(played: list[tuple]) -> None:  # type: ignore[type-arg]
    """Everything leaves by priority, then fewest failures, then age, whatever happened before."""
    model = Model()
    for operation in played:
        model.play(operation)
    order = []
    while (transaction := model.queue.take(lambda _: True)) is not None:
        order.append((-transaction.payload.priority, transaction.errors, transaction.sequence))
    assert order == sorted(order)
    assert len(order) == len(model.waiting)
