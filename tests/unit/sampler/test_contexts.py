"""The tables of contexts and raw keys, and their bounds."""

from serverless_init.model import MetricKind
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.sampler.contexts import Contexts, Route
from serverless_init.sampler.enrichment import Identity

IDENTITY = Identity(b"m", b"", ())


def remember(contexts, raw_key, identity=IDENTITY, kind=MetricKind.COUNTER):
    context = contexts.find(identity, kind, 1000)
    contexts.remember(raw_key, Route(context, kind, 1.0))
    return context


def test_a_context_keeps_its_newest_raw_keys():
    contexts = Contexts(100)
    for n in range(20):
        remember(contexts, b"%d" % n)
    assert list(contexts.number_routes) == [b"%d" % n for n in range(12, 20)]


def test_routes_of_sets_are_apart():
    contexts = Contexts(100)
    remember(contexts, b"n")
    remember(contexts, b"s", kind=MetricKind.SET)
    assert (list(contexts.number_routes), list(contexts.set_routes)) == ([b"n"], [b"s"])


def test_raw_keys_go_with_their_context():
    contexts = Contexts(100)
    context = remember(contexts, b"1")
    remember(contexts, b"2", kind=MetricKind.SET)
    other = remember(contexts, b"3", Identity(b"other", b"", ()))
    contexts.forget(context)
    contexts.forget(context)
    assert (list(contexts.number_routes), contexts.set_routes) == ([b"3"], {})
    assert contexts.snapshot() == [other]


def test_forgetting_spares_a_newer_context_of_the_same_identity():
    contexts = Contexts(100)
    old = remember(contexts, b"1")
    contexts.forget(old)
    new = remember(contexts, b"2")
    contexts.forget(old)
    assert contexts.snapshot() == [new]


def test_a_crowded_table_keeps_one_raw_key_per_context():
    contexts = Contexts(2)
    for n in range(6):
        remember(contexts, b"a%d" % n, Identity(b"a", b"", ()))
        remember(contexts, b"b%d" % n, Identity(b"b", b"", ()))
        assert len(contexts.number_routes) <= 4
    assert {b"a5", b"b5"} <= contexts.number_routes.keys()


def test_a_field_that_is_different_in_every_message_does_not_fill_the_table():
    sampler = TimeSampler(SamplerOptions())
    for n in range(1000):
        sampler.ingest(b"m:1|c|x:%d" % n, 1000.0)
    (serie,) = sampler.flush(1010.0, force=False).series
    assert (serie.points, sampler.contexts_held()) == (((1000, 100.0),), 1)
    assert len(sampler._contexts.number_routes) == 8


def test_nothing_is_left_of_expired_contexts():
    sampler = TimeSampler(SamplerOptions())
    for n in range(100):
        sampler.ingest(b"m%d:1|c\nm%d:1|s\nm%d:1|d" % (n, n, n), 1000.0)
    list(sampler.flush(2000.0, force=False).series)
    table = sampler._contexts
    assert (len(table), table.number_routes, table.set_routes) == (0, {}, {})
