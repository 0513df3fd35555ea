"""What one packet does to the sampler."""

import pytest

from serverless_init.model import MetricKind, MetricSample, SerieKind
from serverless_init.sampler import EnrichmentRules, SamplerOptions, TimeSampler


def sampler_of(*packets, now=1000.0, **options):
    sampler = TimeSampler(SamplerOptions(**options))
    for packet in packets:
        sampler.ingest(packet, now)
    return sampler


def series(sampler, now=1010.0):
    return list(sampler.flush(now, force=True).series)


def values(sampler):
    """Name and suffix to the value of the only point."""
    return {serie.name: serie.points[0][1] for serie in series(sampler)}


def test_events_and_checks_are_handed_back_in_order_without_their_line_end():
    sampler = TimeSampler(SamplerOptions())
    packet = b"_e{1,1}:a|b\r\nm:1|c\n_sc|up|0\n_e{bad"
    assert sampler.ingest(packet, 1000.0) == [b"_e{1,1}:a|b", b"_sc|up|0", b"_e{bad"]
    assert sampler.stats.samples_accepted == 1


def test_a_packet_of_metrics_hands_nothing_back():
    assert TimeSampler(SamplerOptions()).ingest(b"m:1|c\nm:1|c", 1000.0) == ()


def test_a_gauge_keeps_the_last_value():
    assert values(sampler_of(b"m:1|g\nm:5|g\nm:3|g")) == {b"m": 3.0}


def test_a_counter_is_reported_per_second():
    (serie,) = series(sampler_of(b"m:1|c\nm:2.5|c"))
    assert (serie.kind, serie.points, serie.interval_s) == (SerieKind.RATE, ((1000, 0.35),), 10)


def test_a_counter_is_scaled_by_its_sample_rate():
    assert values(sampler_of(b"m:1|c|@0.5", b"m:1|c|@0.5", b"m:1|c")) == {b"m": 0.5}


def test_a_gauge_ignores_the_sample_rate():
    assert values(sampler_of(b"m:7|g|@0.1")) == {b"m": 7.0}


def test_a_set_counts_distinct_members():
    assert values(sampler_of(b"m:a|s\nm:b|s\nm:a|s\nm:1:2|s")) == {b"m": 3.0}


def test_a_number_as_a_members_text_stays_text():
    assert values(sampler_of(b"m:1|s\nm:1.0|s\nm:01|s")) == {b"m": 3.0}


def test_a_long_member_counts_once():
    long = b"x" * 500
    assert values(sampler_of(b"m:%b|s\nm:%b|s\nm:%by|s" % (long, long, long))) == {b"m": 2.0}


def test_every_value_of_a_packed_message_is_a_sample():
    sampler = sampler_of(b"m:1:2:3|c", b"m:4:5|c")
    assert sampler.stats.samples_accepted == 5
    (serie,) = series(sampler)
    assert (serie.points, serie.samples) == (((1000, 1.5),), 5)


def test_a_bad_item_costs_the_whole_packed_message_on_the_short_way_too():
    sampler = sampler_of(b"m:1|c", b"m:1:x|c")
    assert sampler.stats.dropped == {"malformed:bad_value": 1}
    assert sampler.held_samples() == 1


def test_timings_carry_their_unit_on_all_outputs():
    assert {serie.unit for serie in series(sampler_of(b"m:1|ms"))} == {b"millisecond"}


def test_a_histogram_has_no_unit():
    assert {serie.unit for serie in series(sampler_of(b"m:1|h"))} == {b""}


def test_a_timing_gives_its_unit_to_the_histogram_it_is_fed_to():
    assert {serie.unit for serie in series(sampler_of(b"m:1|h\nm:1|ms"))} == {b"millisecond"}


def test_the_first_output_of_a_histogram_carries_its_samples():
    assert [serie.samples for serie in series(sampler_of(b"m:1:2:3|h"))] == [3, 0, 0, 0, 0]


def test_the_same_tags_in_another_order_or_repeated_are_the_same_serie():
    sampler = sampler_of(b"m:1|c|#b,a", b"m:1|c|#a,b", b"m:1|c|#a,b,a", b"m:1|c|x|#a,b\r")
    (serie,) = series(sampler)
    assert (serie.tags, serie.points, serie.samples) == ((b"a", b"b"), ((1000, 0.4),), 4)


def test_other_tags_are_another_serie():
    assert len(series(sampler_of(b"m:1|c|#a", b"m:1|c|#a,", b"m:1|c|#A", b"m:1|c"))) == 4


def test_extra_tags_are_appended_and_count_once():
    (serie,) = series(
        sampler_of(b"m:1|c|#b,env:x", enrichment=EnrichmentRules(extra_tags=(b"env:x", b"a")))
    )
    assert serie.tags == (b"a", b"b", b"env:x")


def test_a_host_tag_beats_the_configured_host_and_an_empty_one_attaches_none():
    sampler = sampler_of(
        b"m:1|c|#host:own", b"m:1|c|#host:", b"m:1|c", enrichment=EnrichmentRules(host=b"default")
    )
    assert sorted(serie.host for serie in series(sampler)) == [b"", b"default", b"own"]


def test_a_cardinality_field_that_is_honoured_keeps_the_tag_an_ordinary_one():
    packet = b"m:1|c|#dd.internal.card:low|card:high"
    assert series(sampler_of(packet))[0].tags == ()
    assert series(sampler_of(packet, client_origin=True))[0].tags == (b"dd.internal.card:low",)
    without_field = packet.removesuffix(b"|card:high")
    both = series(sampler_of(packet, without_field, client_origin=True))
    assert [serie.tags for serie in both] == [(b"dd.internal.card:low",), ()]


@pytest.mark.parametrize("value", [b"nan", b"inf", b"-Infinity", b"+INF"])
@pytest.mark.parametrize("kind", [b"g", b"c", b"h", b"ms", b"d"])
def test_a_non_finite_value_is_counted_and_leaves_its_serie_clean(value, kind):
    sampler = sampler_of(b"m:1|%b" % kind, b"m:%b|%b" % (value, kind), b"n:%b|%b" % (value, kind))
    assert sampler.stats.dropped == {"non_finite": 2}
    assert sampler.held_samples() == 1


def test_the_finite_values_of_a_packed_message_are_kept():
    sampler = sampler_of(b"m:1:nan:2|c")
    assert sampler.stats.dropped == {"non_finite": 1}
    assert values(sampler) == {b"m": 0.3}


def test_a_counter_first_seen_with_nan_reports_zeros():
    sampler = sampler_of(b"m:nan|c", b"other:1|g")
    assert values(sampler) == {b"m": 0.0, b"other": 1.0}


@pytest.mark.parametrize("rate", [b"0", b"-0", b"nan", b"1e-320"])
def test_a_counters_rate_that_makes_no_finite_number_refuses_the_sample(rate):
    sampler = sampler_of(b"m:1|c", b"m:1|c|@%b" % rate, b"m:0|c|@%b" % rate)
    assert sampler.stats.dropped == {"non_finite": 2}
    assert values(sampler) == {b"m": 0.1}


def test_a_sum_that_leaves_the_floats_is_dropped_and_counted():
    sampler = sampler_of(b"m:1e308|c\nm:1e308|c", b"d:1e308:1e308|d", b"n:1|g")
    flushed = sampler.flush(1010.0, force=False)
    assert [serie.name for serie in flushed.series] == [b"n"]
    assert list(flushed.sketches) == []
    assert sampler.stats.dropped == {"no_output": 4}
    assert sampler.held_samples() == 0


def test_the_first_sample_of_a_bucket_decides_its_kind():
    assert values(sampler_of(b"m:1|g\nm:5|c")) == {b"m": 5.0}
    assert values(sampler_of(b"m:5|c\nm:1|g")) == {b"m": 0.6}


def test_a_member_is_no_number_and_a_number_no_member():
    sampler = sampler_of(b"m:1|g\nm:a|s", b"n:a|s\nn:1|g")
    assert sampler.stats.dropped == {"kind_conflict": 2}
    assert values(sampler) == {b"m": 1.0, b"n": 1.0}


def test_another_bucket_may_have_another_kind():
    sampler = sampler_of(b"m:3|g")
    sampler.ingest(b"m:5|c", 1010.0)
    gauge, rate = series(sampler, now=1020.0)
    assert (gauge.kind, gauge.points, gauge.samples) == (SerieKind.GAUGE, ((1000, 3.0),), 2)
    assert (rate.kind, rate.points, rate.samples) == (SerieKind.RATE, ((1010, 0.5),), 0)


def test_a_context_too_many_is_refused_by_name():
    sampler = sampler_of(b"a:1|c", b"b:1|c", b"c:1:2|c", b"c:1|c|#x", b"d:1|c", contexts_max=2)
    assert sampler.stats.dropped == {"contexts_max": 4}
    assert sampler.stats.refused_names.top(9) == [(b"c", 3), (b"d", 1)]
    assert sampler.contexts_held() == 2


def test_a_known_context_goes_on_when_there_is_no_room_for_others():
    sampler = sampler_of(b"a:1|c", b"b:1|c", b"a:1|c", b"a:1|c|@1", contexts_max=1)
    assert values(sampler) == {b"a": 0.3}


def test_the_busiest_refused_name_is_found_although_a_thousand_came_before():
    names = [b"n%d:1|c" % n for n in range(1000)]
    sampler = sampler_of(b"a:1|c", *names, *[b"busy:1|c"] * 20, contexts_max=1)
    assert sampler.stats.refused_names.top(1) == [(b"busy", 20)]
    assert sampler.stats.dropped == {"contexts_max": 1020}


def test_the_last_malformed_line_is_kept_in_part():
    sampler = sampler_of(b"first", b"x" * 200)
    assert sampler.stats.malformed_excerpt == b"x" * 80


def test_a_line_without_colon_is_not_taken_for_the_known_name_it_spells():
    sampler = sampler_of(b"m:1|s", b"m|s", b"n:1|c", b"n|c", b"c:1|c|c|", b"c|c|")
    assert sampler.stats.dropped == {"malformed:no_colon": 3}


def test_a_bar_in_the_name_is_not_taken_for_a_known_field():
    sampler = sampler_of(b"m:1|c|c", b"m|c:1|c", b"1:2|c|c", b"1|c|c")
    assert sampler.stats.dropped == {"malformed:no_colon": 2}


def test_a_name_that_ends_like_a_type_is_not_taken_for_another_kind():
    assert values(sampler_of(b"m:5|ms", b"mm:1|s", b"mm:2|s"))[b"mm"] == 2.0


def test_a_number_may_follow_a_first_sight_that_left_nothing():
    assert values(sampler_of(b"m:nan|c\nm:1|c")) == {b"m": 0.1}


def test_a_gauge_that_is_fed_a_timing_has_no_unit():
    (serie,) = series(sampler_of(b"m:1|g\nm:2|ms"))
    assert (serie.points, serie.unit) == (((1000, 2.0),), b"")


def test_a_full_set_refuses_new_members_and_takes_known_ones():
    sampler = TimeSampler(SamplerOptions())
    for thousand in range(101):
        lines = (b"m:%d|s" % (thousand * 1000 + n) for n in range(1000))
        sampler.ingest(b"\n".join(lines), 1000.0)
    sampler.ingest(b"m:0|s", 1000.0)
    assert sampler.stats.dropped == {"set_members_max": 1000}
    assert sampler.held_samples() == 100_001


def test_a_full_histogram_refuses_values():
    sampler = sampler_of(*[b"m:" + b":".join([b"1"] * 100_000) + b"|h"] * 10, b"m:1:2|h")
    assert sampler.stats.dropped == {"histogram_values_max": 2}
    assert sampler.held_samples() == 1_000_000


def test_a_rate_near_zero_cannot_inflate_a_sketch():
    sampler = sampler_of(b"m:1|d|@1e-300", b"m:1|d|@1e-300", b"m:1|d|@1e-300")
    (sketch,) = sampler.flush(1010.0, force=False).sketches
    (point,) = sketch.points
    assert point.count == 3 * 4096 * 65_535
    assert point.counts == (point.count,)


def test_a_sample_of_our_own_is_taken_as_it_is():
    """Enhanced metrics got the namespace and the tags that are for the app's metrics."""
    rules = EnrichmentRules(host=b"h", extra_tags=(b"app:tag",), namespace=b"app.")
    sampler = TimeSampler(SamplerOptions(enrichment=rules))
    own = MetricSample(b"own.metric", MetricKind.GAUGE, (2.0,), tags=(b"b:2", b"a:1", b"b:2"))
    sampler.add(own, 1000.0)
    (serie,) = series(sampler)
    assert (serie.name, serie.host, serie.tags) == (b"own.metric", b"h", (b"a:1", b"b:2"))
    assert serie.points == ((1000, 2.0),)


def test_a_sample_of_our_own_shares_the_bound_and_the_account():
    sampler = sampler_of(b"m:1|c", contexts_max=1)
    sampler.add(MetricSample(b"own", MetricKind.GAUGE, (1.0,)), 1000.0)
    assert sampler.stats.samples_accepted == 2
    assert sampler.stats.dropped == {"contexts_max": 1}
