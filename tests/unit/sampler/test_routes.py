"""The table of raw keys and its bounds, of either twin."""

import random

import pytest

from serverless_init.model import MetricKind
from serverless_init.sampler import _fast, contexts, routes
from serverless_init.sampler.enrichment import Identity

IDENTITY = Identity(b"m", b"", ())


class Twin:
    """The classes of one twin, and a table of its routes."""

    def __init__(self, context, route, table):
        self.context, self.route, self.table = context, route, table

    def remember(self, table, raw_key, context, kind=MetricKind.COUNTER):
        route = self.route(context, kind, 1.0)
        table.remember(raw_key, route)
        return route

    def new_context(self):
        return self.context(IDENTITY, MetricKind.COUNTER, 1000)


@pytest.fixture(params=["python", "compiled"])
def twin(request):
    if request.param == "python":
        return Twin(contexts.Context, routes.Route, routes.Routes)
    return Twin(_fast.Context, _fast.Route, _fast.Routes)


def known(table, raw_keys):
    return [raw_key for raw_key in raw_keys if table.find(raw_key) is not None]


def test_a_raw_key_leads_to_its_route(twin):
    table, context = twin.table(100), twin.new_context()
    number = twin.remember(table, b"n|c", context)
    members = twin.remember(table, b"s|s", context, MetricKind.SET)
    assert (table.find(b"n|c"), table.find(b"s|s")) == (number, members)
    assert known(table, [b"n", b"n|", b"n|c|", b"|n|c", b"", b"s|c"]) == []


def test_a_context_keeps_its_newest_raw_keys(twin):
    table, context = twin.table(100), twin.new_context()
    raw_keys = [b"m|c|%d" % n for n in range(20)]
    for raw_key in raw_keys:
        twin.remember(table, raw_key, context)
    assert known(table, raw_keys) == raw_keys[12:]
    assert len(table) == 8


def test_raw_keys_go_with_their_context(twin):
    table, context, other = twin.table(100), twin.new_context(), twin.new_context()
    twin.remember(table, b"1|c", context)
    twin.remember(table, b"2|s", context, MetricKind.SET)
    twin.remember(table, b"3|c", other)
    table.forget(context)
    table.forget(context)
    assert known(table, [b"1|c", b"2|s", b"3|c"]) == [b"3|c"]
    assert len(table) == 1


def test_a_crowded_table_keeps_one_raw_key_per_context(twin):
    table, a, b = twin.table(2), twin.new_context(), twin.new_context()
    raw_keys = [b"%c|c|%d" % (name, n) for n in range(6) for name in b"ab"]
    for raw_key, context in zip(raw_keys, [a, b] * 6, strict=True):
        twin.remember(table, raw_key, context)
        assert len(table) <= 4
    assert set(known(table, raw_keys)) >= {b"a|c|5", b"b|c|5"}


def test_a_raw_key_that_is_remembered_again_leads_to_the_newer_route(twin):
    table, context = twin.table(100), twin.new_context()
    twin.remember(table, b"m|c", context)
    newer = twin.remember(table, b"m|c", context)
    assert (table.find(b"m|c"), len(table)) == (newer, 1)
    table.forget(context)
    assert (table.find(b"m|c"), len(table)) == (None, 0)


def test_many_raw_keys_come_and_go(twin):
    """Removal from an open table moves others; none of them may get lost on the way."""
    chance = random.Random(7)
    table, alive = twin.table(100_000), {}
    for n in range(20_000):
        raw_key = b"metric.%d|c|#tag:%d" % (n, n % 7)
        alive[raw_key] = context = twin.new_context()
        twin.remember(table, raw_key, context)
        if chance.random() < 0.5:
            gone = chance.choice(list(alive)) if n % 1000 == 0 else raw_key
            table.forget(alive.pop(gone))
            assert table.find(gone) is None
    assert len(table) == len(alive)
    assert all(table.find(raw_key).context is context for raw_key, context in alive.items())


@pytest.mark.parametrize("length", range(40))
def test_every_byte_of_a_raw_key_counts(twin, length):
    """The hash takes sixteen bytes at a time, and what is left over."""
    table, context = twin.table(100), twin.new_context()
    for raw_key in (b"n" * length + b"|c", b"n|" + b"t" * length):
        twin.remember(table, raw_key, context)
        changed = [
            raw_key[:at] + bytes([raw_key[at] ^ 1]) + raw_key[at + 1 :]
            for at in range(len(raw_key))
        ]
        assert known(table, [*changed, raw_key + b"\0", raw_key[:-1]]) == []
        table.forget(context)
