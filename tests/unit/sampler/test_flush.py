"""Closing buckets: when, with which timestamps, and what becomes of their contexts."""

from serverless_init.sampler import SamplerOptions, TimeSampler


def points(sampler, now, *, force=False):
    """Name and suffix to points, of one flush."""
    return {serie.name: serie.points for serie in sampler.flush(now, force=force).series}


def new_sampler(**options):
    return TimeSampler(SamplerOptions(**options))


def test_what_comes_after_a_forced_flush_gets_a_timestamp_of_its_own():
    sampler = new_sampler()
    sampler.ingest(b"m:1|c", 1000.5)
    assert points(sampler, 1003.4, force=True) == {b"m": ((1000, 0.1),)}
    sampler.ingest(b"m:2|c", 1005.0)
    assert points(sampler, 1009.9) == {}
    assert points(sampler, 1010.0) == {b"m": ((1003, 0.2),)}


def test_the_window_after_a_cut_one_is_not_moved():
    sampler = new_sampler()
    sampler.ingest(b"m:1|c", 1000.0)
    points(sampler, 1003.0, force=True)
    sampler.ingest(b"m:2|c", 1005.0)
    sampler.ingest(b"m:3|c", 1010.0)
    assert points(sampler, 1020.0) == {b"m": ((1003, 0.2), (1010, 0.3))}


def test_forced_flushes_in_one_second_give_distinct_timestamps():
    sampler = new_sampler()
    given = []
    for _ in range(15):
        sampler.ingest(b"m:1|c", 1009.0)
        given += points(sampler, 1009.0, force=True)[b"m"]
    sampler.ingest(b"m:1|c", 1010.0)
    given += points(sampler, 1020.0)[b"m"]
    seconds = [second for second, _ in given]
    assert seconds == [1000, *range(1009, 1023 + 1)]
    assert sum(value * 10 for _, value in given) == 16


def test_a_forced_flush_at_the_windows_first_second_cuts_after_it():
    sampler = new_sampler()
    sampler.ingest(b"m:1|g", 1000.1)
    assert points(sampler, 1000.2, force=True) == {b"m": ((1000, 1.0),)}
    sampler.ingest(b"m:2|g", 1000.3)
    assert points(sampler, 1010.0) == {b"m": ((1001, 2.0),)}


def test_sketches_after_a_forced_flush_get_a_timestamp_of_their_own():
    sampler = new_sampler()
    stamps = []
    for now in (1000.0, 1004.0):
        sampler.ingest(b"m:1|d", now)
        for sketch in sampler.flush(now + 2, force=True).sketches:
            stamps += [point.timestamp for point in sketch.points]
    assert stamps == [1000, 1002]


def test_a_clock_that_jumped_back_does_not_reuse_a_flushed_timestamp():
    sampler = new_sampler()
    sampler.ingest(b"m:1|c", 1000.0)
    assert points(sampler, 1012.0) == {b"m": ((1000, 0.1),)}
    sampler.ingest(b"m:2|c", 1005.0)
    sampler.ingest(b"m:3|c", 1012.0)
    assert points(sampler, 1020.0) == {b"m": ((1001, 0.2), (1010, 0.3))}


def test_a_clock_that_jumped_back_before_a_cut_stays_behind_it():
    sampler = new_sampler()
    sampler.ingest(b"m:1|c", 1005.0)
    points(sampler, 1007.0, force=True)
    sampler.ingest(b"m:2|c", 1001.0)
    assert points(sampler, 1010.0) == {b"m": ((1007, 0.2),)}


def test_the_zero_of_an_empty_window_does_not_overwrite_what_a_cut_sent():
    sampler = new_sampler()
    sampler.ingest(b"m:1|c", 1000.0)
    assert points(sampler, 1004.0, force=True) == {b"m": ((1000, 0.1),)}
    assert points(sampler, 1010.0) == {b"m": ((1004, 0.0),)}


def test_contexts_do_not_outlive_a_clock_that_jumped_ahead_and_back():
    sampler = new_sampler()
    sampler.ingest(b"m:1|g", 90_000.0)
    points(sampler, 90_001.0, force=True)
    points(sampler, 1000.0)
    assert sampler.contexts_held() == 1
    points(sampler, 1021.0)
    assert sampler.contexts_held() == 0


def test_a_flush_with_nothing_to_report_gives_out_no_timestamp():
    sampler = new_sampler()
    assert points(sampler, 1010.0) == {}
    sampler.ingest(b"m:1|g", 1005.0)
    assert points(sampler, 1010.0) == {b"m": ((1000, 1.0),)}


def test_points_of_one_serie_ascend_whatever_the_order_of_arrival():
    sampler = new_sampler()
    for second in (1030.0, 1010.0, 1020.0, 1000.0):
        sampler.ingest(b"m:%d|g" % second, second)
    assert points(sampler, 1040.0) == {
        b"m": ((1000, 1000.0), (1010, 1010.0), (1020, 1020.0), (1030, 1030.0))
    }


def test_an_idle_gauge_reports_nothing_and_is_forgotten_after_its_expiry():
    sampler = new_sampler()
    sampler.ingest(b"m:1|g", 1000.0)
    assert points(sampler, 1020.0) == {b"m": ((1000, 1.0),)}
    assert sampler.contexts_held() == 1
    assert points(sampler, 1021.0) == {}
    assert sampler.contexts_held() == 0


def test_an_idle_counter_reports_zeros_until_its_expiry_and_stays_a_little_longer():
    sampler = new_sampler(expiry_s=30)
    sampler.ingest(b"m:1|c", 1000.0)
    flushed = [points(sampler, float(now)) for now in range(1010, 1060, 10)]
    zeros = [{b"m": ((start, 0.0),)} for start in (1010, 1020)]
    assert flushed == [{b"m": ((1000, 0.1),)}, *zeros, {}, {}]
    assert sampler.contexts_held() == 1
    points(sampler, 1051.0)
    assert sampler.contexts_held() == 0


def test_the_kind_of_the_first_sample_ever_decides_about_zeros():
    sampler = new_sampler()
    sampler.ingest(b"m:1|g", 1000.0)
    sampler.ingest(b"m:1|c", 1010.0)
    points(sampler, 1020.0)
    assert points(sampler, 1030.0) == {}


def test_a_forgotten_context_starts_anew():
    sampler = new_sampler()
    sampler.ingest(b"m:1|g|#a\nm:x|s|#b", 1000.0)
    points(sampler, 1030.0)
    assert sampler.contexts_held() == 0
    sampler.ingest(b"m:2|g|#a\nm:x|s|#b", 1031.0)
    assert sampler.contexts_held() == 2
    assert points(sampler, 1040.0) == {b"m": ((1030, 1.0),)}


def test_an_expired_context_with_an_open_window_is_not_split():
    """A clock that jumped back makes it look old while its window is still to come."""
    sampler = new_sampler()
    sampler.ingest(b"m:1|g", 90_000.0)
    points(sampler, 1000.0)
    points(sampler, 1400.0)
    sampler.ingest(b"m:2|g", 90_001.0)
    flushed = sampler.flush(90_010.0, force=False)
    assert [serie.points for serie in flushed.series] == [((90_000, 2.0),)]


def test_consuming_late_gives_what_consuming_at_once_gives():
    early, late = new_sampler(), new_sampler()
    results = []
    for sampler in (early, late):
        sampler.ingest(b"a:1|c|#x\nb:2|h\nc:3|d\ne:x|s", 1003.0)
        sampler.ingest(b"a:1|c|#x\nb:4|h\nc:5|d", 1013.0)
    flushed = early.flush(1020.0, force=False)
    results.append((list(flushed.series), list(flushed.sketches)))
    flushed = late.flush(1020.0, force=False)
    first = next(flushed.series)
    late.ingest(b"a:7|c|#x\nb:7|h\nc:7|d\nnew:1|c\ne:y|s", 1021.0)
    assert late.held_samples() == 10
    again = late.flush(1030.0, force=False)
    results.append(([first, *flushed.series], list(flushed.sketches)))
    assert results[0] == results[1]
    assert {serie.name: serie.points for serie in again.series}[b"a"] == ((1020, 0.7),)
    list(again.sketches)
    assert late.held_samples() == 0
    assert late.stats.samples_flushed == late.stats.samples_accepted == 12


def test_what_is_closed_and_not_consumed_is_held():
    sampler = new_sampler()
    sampler.ingest(b"a:1:2|c\nb:1|d", 1000.0)
    flushed = sampler.flush(1010.0, force=False)
    assert (sampler.held_samples(), sampler.stats.samples_flushed) == (3, 0)
    next(flushed.series)
    assert (sampler.held_samples(), sampler.stats.samples_flushed) == (1, 2)
    sampler.flush(1020.0, force=False)
    assert sampler.held_samples() == 1
    next(flushed.sketches)
    assert (sampler.held_samples(), sampler.stats.samples_flushed) == (0, 3)


def test_discarding_counts_what_was_open_and_only_that():
    sampler = new_sampler()
    sampler.ingest(b"a:1:2|c\nb:1|d", 1000.0)
    sampler.ingest(b"a:1|c\nb:1:2:3|d", 1010.0)
    flushed = sampler.flush(1012.0, force=False)
    sampler.discard_open("incomplete_bucket")
    assert sampler.stats.dropped == {"incomplete_bucket": 4}
    assert sampler.held_samples() == 3
    assert [serie.samples for serie in flushed.series] == [2]
    sampler.ingest(b"a:1|c", 1013.0)
    assert sampler.held_samples() == 2


def test_a_histogram_without_any_output_is_dropped_and_counted():
    sampler = new_sampler(histogram_aggregates=(), histogram_percentiles=())
    sampler.ingest(b"m:1:2|h", 1000.0)
    assert points(sampler, 1010.0) == {}
    assert sampler.stats.dropped == {"no_output": 2}


def test_histogram_settings_that_mean_nothing_are_named():
    sampler = new_sampler(
        histogram_aggregates=("sum", "mean"), histogram_percentiles=("0.99", "2", "x", "0.5")
    )
    assert sampler.unknown_outputs == ("mean", "2", "x")
    sampler.ingest(b"m:1:2|h", 1000.0)
    assert list(points(sampler, 1010.0)) == [b"m.sum", b"m.50percentile", b"m.99percentile"]
