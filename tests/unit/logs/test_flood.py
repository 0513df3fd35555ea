from serverless_init.logs.flood import BURST_BYTES, BYTES_PER_S, Flood


def test_a_burst_is_no_flood_and_what_goes_on_is() -> None:
    """A job that wrote all its lines at once was read at a tenth of the pace, too slow to end."""
    flood = Flood()
    portion = BURST_BYTES // 4
    assert [flood.passed(portion, 1000.0) for _ in range(5)] == [False] * 4 + [True]


def test_a_flood_ends_when_there_has_been_time_for_it() -> None:
    flood = Flood()
    assert flood.passed(2 * BURST_BYTES, 1000.0)
    assert not flood.passed(0, 1000.0 + 1.01 * BURST_BYTES / BYTES_PER_S)


def test_below_the_pace_there_is_never_a_flood_and_a_clock_set_back_drains_nothing() -> None:
    flood = Flood()
    assert not any(flood.passed(BYTES_PER_S // 1000, 1000.0 + n / 1000) for n in range(1000))
    assert flood.passed(BURST_BYTES, 5.0)
