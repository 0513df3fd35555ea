"""Sparklines: time to the right, gaps kept, any number of points in a few columns."""

from serverless_init.intake.plot import sparkline


def line(
    *points: tuple[int, float], columns: int = 16, from_zero: bool = True, unicode: bool = True
) -> str:
    return sparkline(points, columns_max=columns, from_zero=from_zero, unicode=unicode)


def test_each_value_has_its_height() -> None:
    points = [(10 * index, float(index)) for index in range(8)]
    assert line(*points) == "▁▂▃▄▅▆▇█"
    assert line(*points, unicode=False) == "_.-:=+*#"


def test_what_is_counted_is_drawn_from_zero_and_a_gauge_from_its_lowest() -> None:
    points = ((0, 70.0), (10, 100.0))
    assert line(*points) == "▆█"
    assert line(*points, from_zero=False) == "▁█"


def test_negative_values_are_below_zero() -> None:
    assert line((0, -7.0), (10, 0.0)) == "▁█"


def test_time_without_points_is_a_gap() -> None:
    assert line((0, 1.0), (10, 2.0), (40, 2.0)) == "▅█  █"


def test_many_points_are_averaged_into_the_columns() -> None:
    points = [(index, float(index // 4)) for index in range(32)]
    assert line(*points, columns=8) == "▁▂▃▄▅▆▇█"


def test_a_flat_gauge_runs_through_the_middle() -> None:
    assert line((0, 5.0), (10, 5.0), from_zero=False) == "▅▅"


def test_zeros_lie_on_the_ground() -> None:
    assert line((0, 0.0), (10, 0.0)) == "▁▁"


def test_one_point_is_no_line() -> None:
    assert line((0, 5.0)) == ""
    assert line() == ""


def test_the_largest_numbers_can_be_drawn() -> None:
    largest = 1.7976931348623157e308
    assert line((0, -largest), (1, largest)) == "▁█"
    assert line((0, largest), (1, largest), columns=1) == "█"
    assert line((0, 0.0), (1, 5e-324)) == "▁█"
    assert line((-(2**63), 1.0), (2**63, 1.0)) == "██"
