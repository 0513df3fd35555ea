"""Worked examples of spec/dogstatsd.md sections 5.3, 5.5 and 11.7, and the packets of 11.2."""

import pytest

from serverless_init.model import SerieKind
from serverless_init.sampler import SamplerOptions, TimeSampler


def points(sampler, now, *, force=False):
    """Name and suffix to points, of one flush."""
    return {serie.name: serie.points for serie in sampler.flush(now, force=force).series}


def test_the_worked_example_of_counters():
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"c1:1|c", 1004.0)
    sampler.ingest(b"c2:2|c", 1002.0)
    sampler.ingest(b"g:2|g", 1003.0)
    assert points(sampler, 1010.0) == {
        b"c1": ((1000, 0.1),),
        b"c2": ((1000, 0.2),),
        b"g": ((1000, 2.0),),
    }
    sampler.ingest(b"c2:2|c", 1034.0)
    sampler.ingest(b"c2:2|c", 1020.0)
    sampler.ingest(b"c1:1|c", 1010.0)
    assert points(sampler, 1040.0) == {
        b"c1": ((1010, 0.1), (1020, 0.0), (1030, 0.0)),
        b"c2": ((1010, 0.0), (1020, 0.2), (1030, 0.2)),
    }
    assert points(sampler, 1045.0) == {}
    assert points(sampler, 1050.0) == {b"c1": ((1040, 0.0),), b"c2": ((1040, 0.0),)}
    assert points(sampler, 1329.0) == {b"c2": ((1310, 0.0),)}
    assert sampler.contexts_held() == 2
    assert points(sampler, 1800.0) == {}
    assert sampler.contexts_held() == 0


def test_a_gauge_in_three_buckets_becomes_one_serie_of_the_closed_two():
    sampler = TimeSampler(SamplerOptions())
    for second in (12345.0, 12355.0, 12365.0):
        sampler.ingest(b"my.metric.name:1|g", second)
    assert points(sampler, 12360.0) == {b"my.metric.name": ((12340, 1.0), (12350, 1.0))}
    assert sampler.held_samples() == 1


def test_a_forced_flush_closes_the_open_bucket_too():
    sampler = TimeSampler(SamplerOptions())
    for second in (12345.0, 12355.0, 12365.0):
        sampler.ingest(b"my.metric.name:1|g", second)
    assert points(sampler, 12366.0, force=True) == {
        b"my.metric.name": ((12340, 1.0), (12350, 1.0), (12360, 1.0))
    }
    assert sampler.held_samples() == 0


def test_bucket_starts_are_multiples_of_ten():
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"a:1|g", 123456.5)
    sampler.ingest(b"b:1|g", 123460.5)
    assert points(sampler, 123470.0) == {b"a": ((123450, 1.0),), b"b": ((123460, 1.0),)}


def test_sketches_of_one_context_become_one_serie_of_the_closed_buckets():
    sampler = TimeSampler(SamplerOptions())
    for second, value in ((10001, 1), (10002, 2), (10011, 1), (10012, 2), (10021, 1)):
        sampler.ingest(b"d:%d|d" % value, float(second))
    (sketch,) = sampler.flush(10020.0, force=False).sketches
    assert [(p.timestamp, p.keys, p.counts) for p in sketch.points] == [
        (10000, (1338, 1383), (1, 1)),
        (10010, (1338, 1383), (1, 1)),
    ]
    assert sketch.samples == 4
    assert sampler.held_samples() == 1


def test_a_gauge_and_a_distribution_of_one_name_close_together():
    sampler = TimeSampler(SamplerOptions())
    for second in (12345.0, 12355.0, 12365.0):
        sampler.ingest(b"m:1|d\nm:1|g", second)
    flushed = sampler.flush(12360.0, force=False)
    assert [serie.points for serie in flushed.series] == [((12340, 1.0), (12350, 1.0))]
    assert [[p.timestamp for p in s.points] for s in flushed.sketches] == [[12340, 12350]]


RATE, GAUGE = SerieKind.RATE, SerieKind.GAUGE


@pytest.mark.parametrize(
    ("packet", "maximum", "median", "average", "count", "percentile"),
    [
        (b"m:" + b":".join(b"%d" % n for n in range(1, 21)) + b"|h", 20, 10, 10.5, 2.0, 19),
        (b"m:5:1|h|@0.5", 5, 1, 3, 0.4, 5),
        (b"m:42|h", 42, 42, 42, 0.1, 42),
    ],
)
def test_default_outputs_of_a_histogram(packet, maximum, median, average, count, percentile):
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(packet, 1000.0)
    series = list(sampler.flush(1010.0, force=False).series)
    assert [(s.name, s.kind, s.points[0][1]) for s in series] == [
        (b"m.max", GAUGE, maximum),
        (b"m.median", GAUGE, median),
        (b"m.avg", GAUGE, average),
        (b"m.count", RATE, count),
        (b"m.95percentile", GAUGE, percentile),
    ]


@pytest.mark.parametrize(
    ("packet", "accepted", "dropped", "rare"),
    [
        (b"daemon:666|c\ndaemon2:1000|c|#sometag1:somevalue1,sometag2:somevalue2", 2, 0, 0),
        (b"daemon:666|c\n\ndaemon2:1000|c|#sometag1:somevalue1\n", 2, 0, 0),
        (b"daemon:666a|g\ndaemon2:1000|c|#sometag1:somevalue1", 2, 1, 0),
        (b"_e{0,9}:|test text\n_e{10,9}:test title|test text\n_e{-5,2}:abc\n", 0, 0, 3),
        (b"_sc|agen.down\n_sc|agent.up|0", 0, 0, 2),
        (b"foo:1|c\nbar:1|c\r\nbaz:1|c\r\nquz:1|c\nhax:1|c\r", 5, 0, 0),
        (b"", 0, 0, 0),
        (b"\n\r\n\n", 0, 0, 0),
    ],
)
def test_a_packet_is_split_into_its_messages(packet, accepted, dropped, rare):
    sampler = TimeSampler(SamplerOptions())
    assert len(sampler.ingest(packet, 1000.0)) == rare
    assert sampler.stats.samples_accepted == accepted
    assert sum(sampler.stats.dropped.values()) == dropped
    assert sampler.held_samples() == accepted - dropped
