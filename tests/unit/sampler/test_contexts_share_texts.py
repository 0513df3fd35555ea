"""Contexts hold one copy of equal names and tags: most of a context's memory would be copies."""

from serverless_init.sampler import SamplerOptions, TimeSampler


def test_equal_names_and_tags_of_two_contexts_are_one_object() -> None:
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"name:1|c|#env:prod,id:1\nname:1|c|#env:prod,id:2", 1005.0)
    first, second = sampler.flush(1010.0, force=True).series
    assert (first.name, first.tags) == (b"name", (b"env:prod", b"id:1"))
    assert first.name is second.name
    assert first.tags[0] is second.tags[0]
