from serverless_init.sampler import EnrichmentRules, SamplerOptions, TimeSampler, tag_filter


def sampler_of(*packets: bytes, prefix: bytes = b"dist.", **rules: object) -> TimeSampler:
    enrichment = EnrichmentRules(copy_prefix=prefix, **rules)
    sampler = TimeSampler(SamplerOptions(enrichment=enrichment))
    for packet in packets:
        sampler.ingest(packet, 1000.0)
    return sampler


def sketches_of(sampler: TimeSampler, now: float = 1010.0) -> dict[bytes, tuple[int, float]]:
    flushed = sampler.flush(now, force=True)
    list(flushed.series)
    return {s.name: (s.points[0].count, s.points[0].total) for s in flushed.sketches}


def test_histograms_and_timings_are_copied_and_nothing_else() -> None:
    sampler = sampler_of(b"h:1|h\nt:2|ms\nd:3|d\ng:4|g\nc:5|c\ns:x|s")
    assert sketches_of(sampler) == {b"dist.h": (1, 1.0), b"dist.t": (1, 2.0), b"d": (1, 3.0)}


def test_every_value_is_copied_whichever_way_it_was_ingested() -> None:
    packed = b"h:1:2|h|#x:1"
    sampler = sampler_of(packed, packed, b"h:4|h|#x:1", b"h:8|h|#x:1")
    assert sketches_of(sampler) == {b"dist.h": (6, 18.0)}


def test_a_copy_has_the_rate_of_its_original() -> None:
    assert sketches_of(sampler_of(b"h:10|h|@0.5")) == {b"dist.h": (2, 20.0)}


def test_the_prefix_stands_before_the_namespace() -> None:
    assert list(sketches_of(sampler_of(b"h:1|h", namespace=b"ns."))) == [b"dist.ns.h"]


def test_a_copy_counts_as_a_sample_of_its_own() -> None:
    sampler = sampler_of(b"h:1|h\nh:2|h", b"h:3|h", b"h:nan|h")
    assert sampler.stats.samples_accepted == 7
    assert sampler.held_samples() == 6
    sketches_of(sampler)
    assert (sampler.stats.samples_flushed, sampler.stats.dropped) == (6, {"non_finite": 1})


def test_a_copy_of_a_value_with_a_timestamp_is_aggregated() -> None:
    sampler = sampler_of(b"h:1|h|T1657100430")
    assert sketches_of(sampler) == {b"dist.h": (1, 1.0)}
    assert sampler.stats.dropped == {"unsupported_type": 1}


def test_the_tags_of_a_copy_are_filtered_by_its_own_name() -> None:
    tags = tag_filter([{"metric_name": "dist.h", "tags": ["pod"]}])
    sampler = sampler_of(b"h:1|h|#pod:a,x:1", tags=tags)
    (sketch,) = sampler.flush(1010.0, force=True).sketches
    assert sketch.tags == (b"x:1",)


def test_a_copy_goes_on_after_a_flush() -> None:
    sampler = sampler_of(b"h:1|h")
    sketches_of(sampler)
    sampler.ingest(b"h:5|h", 1011.0)
    assert sketches_of(sampler, 1020.0) == {b"dist.h": (1, 5.0)}


def test_a_copy_for_which_there_is_no_room_is_dropped_alone() -> None:
    """Copies for which there was no room were lost without a count from the second one on."""
    rules = EnrichmentRules(copy_prefix=b"dist.")
    sampler = TimeSampler(SamplerOptions(contexts_max=1, enrichment=rules))
    sampler.ingest(b"h:1|c", 1000.0)
    sampler.ingest(b"h:1:2|h\nh:3|h", 1000.0)
    assert (sampler.stats.dropped, sampler.held_samples()) == ({"contexts_max": 3}, 4)
    assert sampler.stats.samples_accepted == 7


def test_a_copy_that_expired_before_its_original_comes_back_as_one_distribution() -> None:
    """A counter's context lives on for 300 s; its route fed a copy that nobody else knew."""
    sampler = sampler_of(b"h:1|c", b"h:1|h")
    sketches_of(sampler)
    list(sampler.flush(1040.0, force=False).series)
    sampler.ingest(b"h:2|h\nh:4|h|#", 1041.0)
    flushed = sampler.flush(1050.0, force=True)
    list(flushed.series)
    assert [(s.name, s.points[0].total) for s in flushed.sketches] == [(b"dist.h", 6.0)]
