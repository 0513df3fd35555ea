"""Laws of what is done to names and tags."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.model import MetricKind, MetricSample
from serverless_init.sampler import (
    EnrichmentRules,
    NameFilter,
    SamplerOptions,
    TimeSampler,
    mapper,
    tag_filter,
)
from serverless_init.sampler.enrichment import Enrichment
from serverless_init.sampler.wildcard import wildcard

# Few letters, so that names meet patterns and lists often.
names = st.text("ab_.", max_size=8)
patterns = st.text("ab_.*", min_size=1, max_size=8).filter(lambda text: "**" not in text)
listed = st.lists(st.text("ab.", min_size=1, max_size=4).map(str.encode), max_size=6)
metrics = st.text("ab.", min_size=1, max_size=7).map(str.encode)
tags = st.lists(st.sampled_from([b"a:1", b"a:2", b"b:1", b"c", b"host:h"]), max_size=6).map(tuple)


@given(patterns, names)
@settings(max_examples=500, deadline=None)
def test_a_wildcard_matches_what_the_regular_expression_matches(pattern: str, name: str) -> None:
    """The groups are those of the pattern with ``([^.]*)`` for ``*``, or neither matches."""
    expression = re.escape(pattern).replace(r"\*", "([^.]*)")
    expected = re.fullmatch(expression, name)
    found = wildcard(pattern)(name)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert tuple(found.values()) == (expected[0], *expected.groups())


@given(st.lists(patterns, min_size=1, max_size=3), st.lists(names.map(str.encode), max_size=8))
@settings(max_examples=100, deadline=None)
def test_a_name_is_mapped_to_the_same_however_much_is_remembered(
    matches: list[str], asked: list[bytes]
) -> None:
    """map(name) does not depend on the cache, on what was asked before, nor on how often."""
    mappings = [{"match": match, "name": "m.$1", "tags": {"x": "$2"}} for match in matches]
    profiles = [{"name": "p", "prefix": "*", "mappings": mappings}]
    remembering, forgetful = (mapper(profiles, cache_size=size) for size in (2, 0))
    for name in asked + asked[::-1]:
        assert remembering.map(name) == forgetful.map(name)


@given(listed, metrics, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_a_list_of_beginnings_rejects_what_begins_with_one(
    entries: list[bytes], name: bytes, order: object
) -> None:
    """rejects(name) = any entry begins name, whatever the order and the repetitions of entries."""
    shuffled = entries * 2
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    expected = any(name.startswith(entry) for entry in entries)
    assert NameFilter(entries, prefix=True).rejects(name) is expected
    assert NameFilter(shuffled, prefix=True).rejects(name) is expected
    assert NameFilter(shuffled).rejects(name) is (name in entries)


@given(tags, st.sampled_from(["include", "exclude"]), st.sets(st.sampled_from("abc")))
@settings(max_examples=100, deadline=None)
def test_filtering_tags_does_not_depend_on_their_order(
    sent: tuple[bytes, ...], action: str, keys: set[str]
) -> None:
    """identify(tags) = identify(reversed tags), and filtering twice is filtering once."""
    chosen = tag_filter([{"metric_name": "m", "action": action, "tags": sorted(keys)}])
    enrichment = Enrichment(EnrichmentRules(tags=chosen))
    one, two = (
        enrichment.identify(MetricSample(b"m", MetricKind.DISTRIBUTION, (1.0,), tags=order))
        for order in (sent, sent[::-1])
    )
    assert one is not None
    assert one == two
    assert chosen.filter(b"m", one.tags) == one.tags


UNWANTED = b"a:1|c a:1:2|h a:x|s a:|c a|c a:x|g a:nan|g a:5|ms|T7".split()
WANTED = b"b:1|c b:1:2|h s:x|s d:3|d d:3:x|d".split()


@given(st.lists(st.sampled_from(UNWANTED + WANTED), max_size=20), st.booleans())
@settings(max_examples=100, deadline=None)
def test_an_unwanted_metric_is_dropped_alike_at_first_sight_and_later(
    sent: list[bytes], copies: bool
) -> None:
    """accepted = flushed + dropped + held; and each line is counted as by a sampler of its own."""
    rules = EnrichmentRules(names=NameFilter([b"a"]), copy_prefix=b"d." if copies else None)
    one = TimeSampler(SamplerOptions(enrichment=rules))
    apart: dict[str, int] = {}
    for line in sent:
        one.ingest(line, 1000.0)
        fresh = TimeSampler(SamplerOptions(enrichment=rules))
        fresh.ingest(line, 1000.0)
        for reason, count in fresh.stats.dropped.items():
            apart[reason] = apart.get(reason, 0) + count
    stats = one.stats
    assert stats.dropped == apart
    held = one.held_samples()
    assert stats.samples_accepted == stats.samples_flushed + sum(stats.dropped.values()) + held
