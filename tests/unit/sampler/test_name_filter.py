import pytest

from serverless_init.sampler import EnrichmentRules, NameFilter, SamplerOptions, TimeSampler


@pytest.mark.parametrize(
    ("names", "prefix", "name", "rejected"),
    [
        ([b"a.b", b"c"], False, b"a.b", True),
        ([b"a.b", b"c"], False, b"a.b.c", False),
        ([b"a.b", b"c"], False, b"a", False),
        ([b"a.b", b"c"], True, b"a.b.c", True),
        ([b"a.b", b"c"], True, b"a.b", True),
        ([b"a.b", b"c"], True, b"a.", False),
        ([b"a.b", b"c"], True, b"d", False),
        ([b"a.b", b"a", b"a.b.c"], True, b"aa", True),
        ([b"ab", b"abc", b"ac"], True, b"ac1", True),
        ([b"ab", b"abc", b"ac"], True, b"aa", False),
        ([b""], True, b"a", False),
        ([], True, b"a", False),
    ],
)
def test_a_name_is_rejected_by_the_list(
    names: list[bytes], prefix: bool, name: bytes, rejected: bool
) -> None:
    assert NameFilter(names, prefix=prefix).rejects(name) is rejected


@pytest.mark.parametrize(
    ("name", "means_an_output"),
    [
        (b"a.avg", True),
        (b"a.count", True),
        (b"a.95percentile", True),
        (b"a.percentile", False),
        (b"avg", False),
        (b"a.average", False),
        (b"a.x95percentile", False),
    ],
)
def test_only_names_of_outputs_are_compared_with_outputs(name: bytes, means_an_output: bool):
    assert NameFilter([name]).of_histograms().rejects(name) is means_an_output


def sampler_with(*names: bytes, prefix: bool = False) -> TimeSampler:
    rules = EnrichmentRules(names=NameFilter(names, prefix=prefix))
    return TimeSampler(SamplerOptions(enrichment=rules))


def names_flushed(sampler: TimeSampler) -> list[bytes]:
    return sorted(serie.name for serie in sampler.flush(1010.0, force=True).series)


def test_every_value_of_an_unwanted_metric_is_dropped_and_counted() -> None:
    sampler = sampler_with(b"custom.a")
    sampler.ingest(b"custom.a:21:22|ms\ncustom.b:1|c\ncustom.a:x|s", 1000.0)
    assert names_flushed(sampler) == [b"custom.b"]
    assert sampler.stats.samples_accepted == 4
    assert sampler.stats.dropped == {"filtered": 3}


def test_a_histogram_goes_without_an_unwanted_output() -> None:
    sampler = sampler_with(b"h.avg", b"h.95percentile")
    sampler.ingest(b"h:1|h\nh:2|h", 1000.0)
    assert names_flushed(sampler) == [b"h.count", b"h.max", b"h.median"]
    assert (sampler.stats.samples_flushed, sampler.stats.dropped) == (2, {})


def test_a_histogram_without_any_wanted_output_is_dropped_and_counted() -> None:
    sampler = sampler_with(b"h.avg", b"h.95percentile", b"h.count", b"h.max", b"h.median")
    sampler.ingest(b"h:1|h\nh:2|h", 1000.0)
    assert names_flushed(sampler) == []
    assert (sampler.stats.samples_flushed, sampler.stats.dropped) == (0, {"filtered": 2})


def test_a_beginning_that_ends_in_an_output_drops_that_output() -> None:
    sampler = sampler_with(b"h.max", b"h.m", prefix=True)
    sampler.ingest(b"h:1|h", 1000.0)
    assert b"h.max" not in names_flushed(sampler)
