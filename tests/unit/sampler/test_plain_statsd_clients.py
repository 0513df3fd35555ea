"""Clients of the StatsD protocol, without Datadog's additions, do not break anything.

The lines are those that the named clients write: ``statsd`` 4.0.1 of PyPI, which formats timings
with six digits, marks gauge deltas by their sign and sets a negative gauge by way of zero; and the
client libraries of npm, which may end a datagram with a line feed.
"""

import pytest

from serverless_init.sampler import SamplerOptions, TimeSampler


def values_of(*packets):
    """Name and suffix to the only point's value; nothing may have been dropped."""
    sampler = TimeSampler(SamplerOptions(histogram_aggregates=("max", "count")))
    for packet in packets:
        sampler.ingest(packet, 1000.0)
    assert sampler.stats.dropped == {}
    return {s.name.decode(): s.points[0][1] for s in sampler.flush(1010.0, force=True).series}


def test_increments_and_decrements_add_up():
    assert values_of(b"shop.orders:1|c", b"shop.orders:3|c", b"shop.orders:-1|c") == {
        "shop.orders": 0.3
    }


def test_a_sampled_counter_is_scaled():
    assert values_of(*[b"shop.rare:1|c|@0.5"] * 11) == {"shop.rare": 2.2}


def test_timers_become_a_histogram_of_milliseconds():
    values = values_of(b"shop.took:320.000000|ms", b"shop.took:0.500000|ms|@0.5")
    assert values == {
        "shop.took.max": 320.0,
        "shop.took.count": 0.3,
        "shop.took.95percentile": 320.0,
    }


def test_a_negative_gauge_is_set_by_way_of_zero():
    assert values_of(b"shop.stock:0|g\nshop.stock:-70|g") == {"shop.stock": -70.0}


@pytest.mark.parametrize(("delta", "value"), [(b"+5", 5.0), (b"-2", -2.0)])
def test_the_sign_of_a_gauge_is_no_delta(delta, value):
    """As in the Agent and unlike StatsD, where it would be added to what the gauge had."""
    assert values_of(b"shop.stock:70|g", b"shop.stock:%b|g" % delta) == {"shop.stock": value}


def test_a_set_counts_members():
    assert values_of(b"shop.users:ann|s", b"shop.users:bob|s") == {"shop.users": 2.0}


def test_a_pipeline_of_several_lines_is_taken_line_by_line():
    assert values_of(b"shop.a:1|c\nshop.b:1.250000|ms\nshop.c:2|g") == {
        "shop.a": 0.1,
        "shop.b.max": 1.25,
        "shop.b.count": 0.1,
        "shop.b.95percentile": 1.25,
        "shop.c": 2.0,
    }


def test_a_line_feed_at_the_end_is_no_line():
    assert values_of(b"shop.orders:1|c\n", b"shop.orders:1|c\n\n") == {"shop.orders": 0.2}


@pytest.mark.parametrize("line", [b"shop.speed:5|m", b"shop.state:on|kv", b"health"])
def test_what_only_other_servers_know_is_counted_and_costs_nothing_else(line):
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(line + b"\nshop.orders:1|c", 1000.0)
    assert sum(sampler.stats.dropped.values()) == 1
    assert sampler.held_samples() == 1
