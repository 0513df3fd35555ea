"""Idle counters and windows that only a timestamp of a client's own has opened."""

from serverless_init.sampler import SamplerOptions, TimeSampler


def test_a_timestamped_sample_gives_no_zeros_to_the_counters_of_its_window() -> None:
    """One sample of a minute ago overwrote with zero what an earlier instance had counted."""
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"orders:5|c\nlate:1|c|T940", 1000.0)
    series = {serie.name: serie.points for serie in sampler.flush(1010.0, force=False).series}
    assert series == {b"orders": ((1000, 0.5),), b"late": ((940, 0.1), (1000, 0.0))}


def test_the_window_of_now_gives_zeros_although_a_timestamp_opened_it() -> None:
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"orders:5|c", 1000.0)
    list(sampler.flush(1010.0, force=False).series)
    sampler.ingest(b"late:1|c|T1012", 1013.0)
    series = {serie.name: serie.points for serie in sampler.flush(1020.0, force=False).series}
    assert series[b"orders"] == ((1010, 0.0),)
