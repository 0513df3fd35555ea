"""The grace window and its shares, as numbers."""

import pytest

from serverless_init.lifecycle import drain_deadline, last_flush_at
from serverless_init.lifecycle.budget import stage_deadline


def test_the_clock_starts_at_the_signal_not_at_the_apps_end() -> None:
    # SIGTERM at 100, the app took 4 s of the 10: 5.5 are left, half a second is a margin.
    assert drain_deadline(104.0, 100.0, 10.0, 60.0) == 109.5


def test_an_app_that_ended_by_itself_leaves_the_flush_timeout() -> None:
    assert drain_deadline(104.0, None, 10.0, 7.0) == 111.0


def test_an_app_that_took_all_but_the_margin_leaves_the_margin() -> None:
    assert drain_deadline(109.7, 100.0, 10.0, 60.0) == 110.0
    assert drain_deadline(109.4, 100.0, 10.0, 60.0) == pytest.approx(109.9)


def test_a_window_that_is_over_leaves_a_short_overtime() -> None:
    assert drain_deadline(120.0, 100.0, 10.0, 60.0) == 122.0
    assert drain_deadline(120.0, 100.0, 1.0, 60.0) == 121.0


def test_the_last_flush_starts_well_before_the_window_ends() -> None:
    assert last_flush_at(100.0, 10.0) == 107.0
    assert last_flush_at(100.0, 1.0) == 100.5


def test_a_stage_gets_its_share_of_what_is_left() -> None:
    assert stage_deadline(10.0, 18.0, [1.0, 3.0]) == 12.0
    assert stage_deadline(10.0, 18.0, [1.0]) == 18.0
    assert stage_deadline(20.0, 18.0, [1.0, 1.0]) == 20.0
