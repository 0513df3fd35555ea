import pytest

from serverless_init.sampler import EnrichmentRules, SamplerOptions, TimeSampler, tag_filter

TAGS = (b"a:1", b"b:2", b"c")


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        ([("exclude", ["a"])], (b"b:2", b"c")),
        ([("exclude", ["a:1"])], TAGS),
        ([("include", ["a", "c"])], (b"a:1", b"c")),
        ([("include", ["a"]), ("include", ["b"])], (b"a:1", b"b:2")),
        ([("exclude", ["a"]), ("exclude", ["c"])], (b"b:2",)),
        ([("include", ["a"]), ("exclude", ["b"])], (b"a:1", b"c")),
        ([("exclude", ["b"]), ("include", ["a"])], (b"a:1", b"c")),
        ([("include", [])], ()),
        ([("exclude", [])], TAGS),
    ],
)
def test_tags_are_kept_by_their_keys(
    entries: list[tuple[str, list[str]]], kept: tuple[bytes, ...]
) -> None:
    written = [{"metric_name": "m", "action": action, "tags": tags} for action, tags in entries]
    chosen = tag_filter(written)
    assert chosen.problems == []
    assert chosen.filter(b"m", TAGS) == kept
    assert chosen.filter(b"other", TAGS) == TAGS


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("m", "it is not a mapping"),
        ({"action": "include", "tags": []}, "it has no metric_name"),
        ({"metric_name": "m", "action": "x"}, "its action 'x' is neither include nor exclude"),
        ({"metric_name": "m", "tags": "a"}, "tags is not a list"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_and_left_out(entry: object, why: str) -> None:
    chosen = tag_filter([entry, {"metric_name": "m", "tags": ["a"]}])
    assert chosen.problems == [f"metric_tag_filterlist: entry 1 is left out: {why}"]
    assert chosen.filter(b"m", TAGS) == (b"b:2", b"c")


def test_distributions_that_become_one_are_merged_and_others_are_left_alone() -> None:
    rules = EnrichmentRules(tags=tag_filter([{"metric_name": "m", "tags": ["pod"]}]))
    sampler = TimeSampler(SamplerOptions(enrichment=rules))
    sampler.ingest(b"m:1|d|#pod:a,x:1\nm:2|d|#pod:b,x:1\nm:3|g|#pod:a", 1000.0)
    flushed = sampler.flush(1010.0, force=True)
    (sketch,) = flushed.sketches
    assert (sketch.tags, sketch.points[0].count, sketch.samples) == ((b"x:1",), 2, 2)
    (serie,) = flushed.series
    assert serie.tags == (b"pod:a",)
