"""Which metrics come in, how often, and when last; spec/dogstatsd.md 9.3."""

from serverless_init.sampler import EnrichmentRules, SamplerOptions, TimeSampler, context_key
from serverless_init.sampler.enrichment import Identity
from serverless_init.sampler.statistics import Statistics


def statistics_of(*packets):
    sampler = TimeSampler(
        SamplerOptions(statistics=True, enrichment=EnrichmentRules(extra_tags=(b"env:x",)))
    )
    for second, packet in enumerate(packets, 1_700_000_000):
        sampler.ingest(packet, float(second))
    flushed = sampler.flush(1_700_000_100.0, force=True)
    list(flushed.series)
    list(flushed.sketches)
    return sampler.statistics


def test_nothing_is_counted_unless_it_is_asked_for():
    assert TimeSampler(SamplerOptions()).statistics is None


def test_samples_are_counted_by_name_and_tags_whatever_the_host():
    statistics = statistics_of(b"a:1:2|c|#host:x\nb:1|d", b"a:3|h|#host:y", b"c:7|g|T5")
    counted = [(entry.name, entry.samples) for entry in statistics.ranked()]
    assert counted == [(b"a", 3), (b"b", 1), (b"c", 1)]
    assert [entry.last_seen - 1_700_000_000 for entry in statistics.ranked()] == [1, 0, 2]


def test_what_was_dropped_is_not_counted():
    assert statistics_of(b"a:nan|g\nb|c\nc:1|h|T5").ranked() == []


def test_the_answer_is_keyed_by_the_decimal_context_key_without_the_host():
    statistics = statistics_of(b"a:1|c|#host:x,k:v")
    key = str(context_key(b"a", b"", [b"env:x", b"k:v"]))
    assert statistics.as_json() == {
        key: {
            "name": "a",
            "count": 1,
            "last_seen": "2023-11-14T22:13:20+00:00",
            "tags": "env:x k:v",
        }
    }


def test_the_table_has_the_agents_columns_and_the_busiest_first():
    statistics = statistics_of(b"a:1|c\nb:1:2|c|#k:v\nc\x1b:1|c")
    assert list(statistics.table(2)) == [
        f"{'Metric':40} | {'Tags':20} | {'Count':10} | Last Seen",
        f"{'-' * 40} | {'-' * 20} | {'-' * 10} | {'-' * 20}",
        f"{'b':40} | {'env:x k:v':20} | {'2':10} | 2023-11-14 22:13:20",
        f"{'a':40} | {'env:x':20} | {'1':10} | 2023-11-14 22:13:20",
        "... and 1 more, 1 samples",
    ]


def test_a_name_cannot_write_to_the_terminal():
    statistics = statistics_of(b"c\x1b[2J\xff:1|c")
    assert next(iter(statistics.as_json().values()))["name"] == "c\\x1b[2J\\xff"


def test_an_empty_table_says_so():
    assert list(statistics_of().table(5)) == ["No metrics processed yet."]


def test_what_was_counted_longest_ago_is_forgotten_when_there_is_no_room():
    statistics = Statistics()
    for number in range(10_000):
        statistics.count(Identity(b"%d" % number, b"", ()), 1, 1)
    statistics.count(Identity(b"0", b"", ()), 1, 2)
    statistics.count(Identity(b"new", b"", ()), 1, 2)
    names = {entry.name for entry in statistics.ranked()}
    assert len(names) == 10_000
    assert (b"0" in names, b"1" in names, b"new" in names) == (True, False, True)
    assert statistics.samples_forgotten == 1
