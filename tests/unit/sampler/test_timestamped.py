"""Samples that carry their own timestamp; spec/dogstatsd.md 4.6, 11.2 and 11.7."""

import pytest

from serverless_init.model import Serie, SerieKind
from serverless_init.sampler import EnrichmentRules, SamplerOptions, TimeSampler

T = b"|T1656581400"


def taken(*lines, **options):
    """The sampler after `lines` in one packet, and what was taken from it."""
    sampler = TimeSampler(SamplerOptions(**options))
    sampler.ingest(b"\n".join(lines), 1000.0)
    return sampler, list(sampler.take_timestamped())


def test_a_counter_is_reported_per_second_at_its_own_time():
    _, series = taken(b"x:15|c" + T)
    assert series == [
        Serie(b"x", (), b"", SerieKind.RATE, ((1656581400, 1.5),), interval_s=10, samples=1)
    ]


def test_a_gauge_keeps_its_value():
    _, (serie,) = taken(b"x:15|g" + T)
    assert (serie.kind, serie.points, serie.interval_s) == (
        SerieKind.GAUGE,
        ((1656581400, 15.0),),
        10,
    )


def test_the_sample_rate_is_ignored():
    _, (serie,) = taken(b"x:15|c|@0.1" + T)
    assert serie.points == ((1656581400, 1.5),)


@pytest.mark.parametrize(
    ("packed", "value"), [(b"1:2:3|c", 0.6), (b"1:2:3|g", 3.0), (b"1:nan|g", 1.0)]
)
def test_the_values_of_a_packed_message_become_one_point(packed, value):
    sampler, (serie,) = taken(b"x:" + packed + T)
    assert serie.points == ((1656581400, value),)
    assert sampler.stats.samples_flushed == serie.samples


def test_equal_messages_stay_apart():
    _, series = taken(b"x:1|c" + T, b"x:1|c" + T)
    assert [serie.points for serie in series] == [((1656581400, 0.1),)] * 2


@pytest.mark.parametrize("kind", ["h", "ms", "d", "s"])
def test_other_types_are_dropped_and_counted_and_the_last_is_named(kind):
    sampler, series = taken(b"x:1:2|%b" % kind.encode() + T)
    values = 1 if kind == "s" else 2
    assert (series, sampler.stats.dropped) == ([], {"unsupported_type": values})
    assert sampler.stats.samples_accepted == values
    names = {"h": "histogram", "ms": "timing", "d": "distribution", "s": "set"}
    assert sampler.stats.unsupported_excerpt == (b"x", names[kind])


def test_no_type_with_a_timestamp_reaches_the_windows():
    lines = [b"x:1|%b|T1658328888" % kind for kind in (b"g", b"c", b"h", b"ms", b"s")]
    sampler, series = taken(*lines)
    assert [serie.kind for serie in series] == [SerieKind.GAUGE, SerieKind.RATE]
    assert (sampler.contexts_held(), sampler.held_samples()) == (0, 0)
    assert list(sampler.flush(1010.0, force=True).series) == []


def test_a_time_in_the_past_gives_no_zeros_to_the_counters_of_its_window():
    """One sample of a minute ago overwrote with zero what an earlier instance had counted."""
    sampler, _ = taken(b"orders:5|c\nlate:1|c|T940")
    series = {serie.name: serie.points for serie in sampler.flush(1010.0, force=False).series}
    assert series == {b"orders": ((1000, 0.5),)}


def test_what_is_not_finite_is_dropped_and_counted():
    lines = [b"x:nan|g", b"x:inf|c", b"x:1:-inf|c", b"x:1e308:1e308|c"]
    sampler, (serie,) = taken(*(line + T for line in lines))
    assert serie.points == ((1656581400, 0.1),)
    assert sampler.stats.dropped == {"non_finite": 5}


def test_tags_and_host_are_those_that_an_aggregated_sample_has():
    line = b"x:1|g|#b,a,b,host:h"
    sampler, (serie,) = taken(line + T, line, enrichment=EnrichmentRules(extra_tags=(b"env:x",)))
    (aggregated,) = sampler.flush(1010.0, force=True).series
    assert (serie.tags, serie.host) == ((b"a", b"b", b"env:x"), b"h")
    assert (serie.tags, serie.host) == (aggregated.tags, aggregated.host)


def test_a_sample_is_held_until_it_is_taken():
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"x:1:2|c" + T, 1000.0)
    stats = sampler.stats
    assert (sampler.held_samples(), stats.samples_flushed, stats.samples_timestamped) == (2, 0, 2)
    assert len(sampler.take_timestamped()) == 1
    assert (sampler.held_samples(), sampler.stats.samples_flushed) == (0, 2)
    assert sampler.take_timestamped() == ()


def test_without_the_pipeline_a_timestamp_is_an_unknown_field():
    sampler, series = taken(b"x:1|c|T1656581400", b"x:1|c|Tabc", b"y:1|g|T0", timestamps=False)
    assert (series, sampler.stats.dropped) == ([], {})
    points = {s.name: s.points for s in sampler.flush(1010.0, force=True).series}
    assert points == {b"x": ((1000, 0.2),), b"y": ((1000, 1.0),)}
