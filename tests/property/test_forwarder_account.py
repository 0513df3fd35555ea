"""The forwarder's account balances at every instant."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.forwarder.breaker import BackoffPolicy
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.retry import Abandoned, Delivered, OutOfTime, Refused, Retry
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.forwarder.transaction import Transaction
from serverless_init.model import SERIES_V2, SKETCHES_V2, Payload, PayloadKind, Priority

fates = st.sampled_from(
    [Delivered(), Retry(), Refused("refused_400"), Abandoned("x"), OutOfTime("y")]
)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, 9)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("settle"), fates),
        st.tuples(st.just("wait"), st.floats(0, 70)),
        st.tuples(st.sampled_from(["wake", "urge", "relax", "shut"]), st.just(0)),
    ),
    max_size=80,
)


@given(operations)
@settings(max_examples=100, deadline=None)
def test_accepted_is_delivered_and_dropped_and_held(played: list[tuple]) -> None:  # type: ignore[type-arg]
    """accepted = delivered + sum(dropped) + held after every step, in any order of steps."""
    stats = ForwarderStats()
    dispatcher = Dispatcher(
        TransactionQueue(payloads_max=2, bytes_max=9),
        policy=BackoffPolicy(),
        uniform=lambda low, high: (low + high) / 2,
        stats=stats,
    )
    now = 0.0
    flying: list[Transaction] = []
    for name, argument in played:
        match name:
            case "submit":
                endpoint = (SERIES_V2, SKETCHES_V2)[argument % 2]
                priority = Priority.HIGH if argument > 7 else Priority.NORMAL
                kind = PayloadKind.SERIES
                body = bytes(argument)
                dispatcher.submit(Payload(kind, endpoint, body, "", "", 0, argument, priority), now)
            case "take":
                transaction = dispatcher.take(now)
                flying += [transaction] if transaction else []
            case "settle" if flying:
                dispatcher.settle(flying.pop(0), argument, now)
            case "wait":
                now += argument
            case "shut":
                dispatcher.shut("deadline")
            case "wake":
                dispatcher.wake()
            case "urge" | "relax":
                dispatcher.set_urgent(name == "urge")
        dropped = sum(stats.samples_dropped.values())
        assert stats.samples_accepted == stats.samples_delivered + dropped + dispatcher.held
        at = dispatcher.next_at(now)
        if at is not None and at <= now:
            assert not dispatcher.settled_up_to(dispatcher.sequence)
