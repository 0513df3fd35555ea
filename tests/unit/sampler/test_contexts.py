"""The table of contexts."""

from serverless_init.model import MetricKind
from serverless_init.sampler import SamplerOptions, TimeSampler
from serverless_init.sampler.contexts import Contexts
from serverless_init.sampler.enrichment import Identity

IDENTITY = Identity(b"m", b"", ())


def test_there_are_no_more_contexts_than_allowed():
    contexts = Contexts(1)
    context = contexts.find(IDENTITY, MetricKind.COUNTER, 1000)
    assert contexts.find(Identity(b"other", b"", ()), MetricKind.COUNTER, 1000) is None
    assert contexts.find(IDENTITY, MetricKind.GAUGE, 1001) is context


def test_forgetting_spares_a_newer_context_of_the_same_identity():
    contexts = Contexts(100)
    old = contexts.find(IDENTITY, MetricKind.COUNTER, 1000)
    contexts.forget(old)
    new = contexts.find(IDENTITY, MetricKind.COUNTER, 1000)
    contexts.forget(old)
    assert contexts.snapshot() == [new]


def test_a_field_that_is_different_in_every_message_does_not_fill_the_table():
    sampler = TimeSampler(SamplerOptions())
    for n in range(1000):
        sampler.ingest(b"m:1|c|x:%d" % n, 1000.0)
    (serie,) = sampler.flush(1010.0, force=False).series
    assert (serie.points, sampler.contexts_held()) == (((1000, 100.0),), 1)
    assert len(sampler._routes) == 8


def test_nothing_is_left_of_expired_contexts():
    sampler = TimeSampler(SamplerOptions())
    for n in range(100):
        sampler.ingest(b"m%d:1|c\nm%d:1|s\nm%d:1|d" % (n, n, n), 1000.0)
    list(sampler.flush(2000.0, force=False).series)
    assert (len(sampler._contexts), len(sampler._routes)) == (0, 0)
