"""What is compiled of the work on a chunk leaves what the Python reference leaves."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import ObfuscationSettings
from serverless_init.model import Span, SpanLink
from serverless_init.traces import _fast, filters, harmless, normalize, toplevel, truncate
from serverless_init.traces.obfuscate import Obfuscator
from serverless_init.traces.stats import ProcessingStats

NOW_NS = 1_700_000_000 * 10**9
LONG = ["x" * length for length in (25, 26, 50, 51, 100, 101, 200, 201, 1300, 6250, 6251, 26_000)]
CARDS = ["4111 1111 1111 1111", "4111111111111111", "-1234567890123", " 4111111111111", "4111-1111"]
NAMES = st.sampled_from(["", "a", "A b", "é", "_", "ok.name", "é" * 101, *LONG]) | st.text(
    max_size=4
)
KEYS = st.sampled_from(
    ["env", "peer.service", "_dd.base_service", "http.status_code", "_dd.p.tid", "http.url", "k",
     "tcp.remote.host", "tcp.remote.port", "dns.address", "_hidden", "component", *LONG]
)  # fmt: skip
URLS = ["http://127.0.0.1:8125/x", "http://shop/", "127.0.0.1", "0.0.0.0", "8125", "200", "9", "64"]
VALUES = st.sampled_from([*URLS, *CARDS, *LONG]) | NAMES
IDS = st.sampled_from([0, 1, 2, 2**63, 2**64 - 1])
TIMES = [0, 1, -1, NOW_NS, normalize.YEAR_2000_NS - 1, normalize.YEAR_2000_NS, 2**63 - 1, -(2**63)]
SPANS = st.builds(
    Span,
    *[NAMES, NAMES, NAMES, st.sampled_from([0, 1, 1, 1, 2]), IDS, IDS],
    start_ns=st.sampled_from(TIMES),
    duration_ns=st.sampled_from(TIMES),
    meta=st.dictionaries(KEYS, VALUES, max_size=5),
    metrics=st.dictionaries(KEYS, st.just(8125.0), max_size=3),
    type=NAMES,
    links=st.none() | st.just([SpanLink(1, attributes={"link.name": "A b"})]),
)
CHUNKS = st.lists(SPANS, min_size=1, max_size=5)


def both(chunk, of_compiled, of_python):
    """What both give back and leave behind, of copies of their own."""
    outcomes = []
    for work in (of_compiled, of_python):
        own = copy.deepcopy(chunk)
        outcomes.append((work(own), own))
    return outcomes


@settings(max_examples=300, deadline=None)
@given(st.lists(CHUNKS, min_size=1, max_size=3), st.booleans())
def test_chunks_are_judged_and_normalized_alike(chunks, component_is_name):
    """For all chunks, again and again: the defect, the spans, and what was counted."""
    twins = [
        (kind(stats, component_is_name=component_is_name), stats)
        for kind in (_fast.Normalizer, normalize.Normalizer)
        for stats in [ProcessingStats()]
    ]

    def work(normalizer, spans):
        defect = normalizer.defect(spans)
        normalizer.normalize(spans, "go", NOW_NS)
        return defect

    (compiled, its_stats), (python, other_stats) = twins
    for chunk in [*chunks, *chunks]:
        mine, other = both(chunk, lambda own: work(compiled, own), lambda own: work(python, own))
        assert mine == other
        assert its_stats == other_stats


@settings(max_examples=300, deadline=None)
@given(CHUNKS)
def test_roots_marks_and_own_traffic_are_found_alike(chunk):
    """For all chunks: whether there is own traffic, which span is the root, which are marked."""

    def work(part, spans):
        part.mark_top_level(spans)
        return spans.index(part.root_of(spans))

    mine, other = both(chunk, lambda own: work(_fast, own), lambda own: work(toplevel, own))
    assert mine == other
    assert _fast.has_own_traffic(chunk) == filters.has_own_traffic(chunk)


@settings(max_examples=300, deadline=None)
@given(CHUNKS, st.sampled_from([50, 404, 5000]))
def test_long_text_is_cut_alike(chunk, resource_bytes_max):
    """For all spans and limits of a resource."""
    for span in chunk:
        mine, other = both(
            span,
            lambda own: _fast.truncate(own, resource_bytes_max),
            lambda own: truncate.truncate(own, resource_bytes_max),
        )
        assert mine == other


@settings(max_examples=300, deadline=None)
@given(CHUNKS)
def test_tags_that_need_work_are_never_harmless(chunk):
    """For all tags, whatever was seen before: those called harmless are left as they are."""
    obfuscator = Obfuscator(ObfuscationSettings(), frozenset())
    compiled, python = _fast.HarmlessTags(), harmless.HarmlessTags()

    def work(known, span):
        if not known.has_all(span.meta):
            obfuscator.hide_cards(span.meta)
            truncate.truncate_meta(span)
            known.add(span.meta)

    for span in [*chunk, *chunk]:
        mine, other = both(span, lambda own: work(compiled, own), lambda own: work(python, own))
        assert mine == other


@pytest.mark.parametrize("value", CARDS)
def test_what_begins_like_a_card_is_not_harmless_at_first_sight(value):
    is_long = len(value) >= 12
    assert _fast.HarmlessTags().has_all({"a": "b", "k": value}) is not is_long
    assert _fast.HarmlessTags().has_all({"a": "b" * 26_000, "k": "v"}) is False
