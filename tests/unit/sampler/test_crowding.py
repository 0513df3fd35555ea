"""Who fills the table of contexts."""

from serverless_init.sampler import Crowding, SamplerOptions, TimeSampler


def sampler_of(*lines):
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"\n".join(lines), 1000.0)
    return sampler


def test_an_empty_table_is_not_crowded():
    assert sampler_of().crowding() is None


def test_the_name_with_most_contexts_and_the_tag_that_tells_them_apart():
    lines = [b"requests:1|c|#env:x,user:%d,shard:%d" % (n, n % 3) for n in range(30)]
    sampler = sampler_of(b"orders:1|c", *lines)
    assert sampler.crowding() == Crowding(b"requests", 30, 31, b"user")


def test_contexts_that_no_tag_tells_apart_name_none():
    sampler = sampler_of(b"a:1|c|#host:x,env:y", b"a:1|c|#host:z,env:y")
    assert sampler.crowding() == Crowding(b"a", 2, 2, b"")
