"""Starts of buckets: each given out once."""

from serverless_init.sampler.timeline import Timeline


def test_a_bucket_starts_with_its_window():
    timeline = Timeline(10)
    assert [timeline.claim(window) for window in (1000, 1010, 990)] == [1000, 1010, 990]


def test_a_window_that_needs_further_buckets_gets_further_seconds():
    timeline = Timeline(10)
    assert [timeline.claim(1000) for _ in range(3)] == [1000, 1001, 1002]


def test_a_cut_starts_the_rest_of_its_window_at_its_second():
    timeline = Timeline(10)
    timeline.claim(1000)
    timeline.cut(1006)
    assert (timeline.claim(1000), timeline.claim(1010), timeline.claim(990)) == (1006, 1010, 990)


def test_what_runs_over_into_the_next_window_is_not_given_out_again():
    timeline = Timeline(10)
    timeline.cut(1009)
    assert [timeline.claim(1000) for _ in range(3)] == [1009, 1010, 1011]
    assert timeline.claim(1010) == 1012


def test_the_memory_of_starts_is_bounded():
    timeline = Timeline(10)
    for window in range(0, 10 * 10_000, 10):
        timeline.claim(window)
    assert len(timeline._given) == 4096
    assert timeline.claim(99_990) == 99_991
