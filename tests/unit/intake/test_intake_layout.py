"""Layout: everything fits, nothing that a client sent controls the terminal."""

import pytest

from serverless_init.intake import Style
from serverless_init.intake.layout import Paint, Row, Table, counted, number, size, time_of_day


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-3.0, "-3"),
        (999_999_999.0, "999999999"),
        (1e9, "1e+09"),
        (0.25, "0.25"),
        (1 / 3, "0.3333"),
        (1234.5678, "1235"),
        (-1.2345678e-300, "-1.235e-300"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (12_345_678_900_000, "12345.7 GB"),
    ],
)
def test_sizes_are_in_steps_of_a_thousand(amount: int, text: str) -> None:
    assert size(amount) == text


def test_times_are_of_the_day_in_utc() -> None:
    assert time_of_day(1_700_000_003) == "22:13:23"
    assert time_of_day(-1) == "23:59:59"


def test_one_is_singular() -> None:
    assert [counted(amount, "point") for amount in (0, 1, 2)] == ["0 points", "1 point", "2 points"]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert Style().plain("\x1b[2Ja\rb\nc\x00d\u202ee ü") == "?[2Ja b c?d?e ü"


def test_without_unicode_only_ascii_is_left() -> None:
    assert Style(unicode=False).plain("ü→x") == "??x"
    assert Style(unicode=False).cut("abcdef", 5) == "ab..."


def test_text_is_cut_to_its_columns() -> None:
    assert Style().cut("abcdef", 6) == "abcdef"
    assert Style().cut("abcdef", 5) == "abcd…"


def test_tags_that_do_not_fit_are_counted() -> None:
    tags = ("env:prod", "service:web", "x:1")
    assert Style().tags(tags, 24) == "env:prod service:web x:1"
    assert Style().tags(tags, 23) == "env:prod service:web +1"
    assert Style().tags(tags, 22) == "env:prod +2"
    assert Style().tags(tags, 8) == "env:… +2"
    assert Style().tags((), 8) == ""


def test_a_table_is_as_wide_as_the_terminal() -> None:
    table = Table(
        "THINGS",
        ("n", "size"),
        (5, 6),
        (
            Row("a", ("t:1",), ("1", "2")),
            Row("a name that is too long for its own column, by far", ("t",), ("10", "2000000")),
        ),
    )
    assert table.render(Style(width=60)) == [
        "",
        "THINGS                                               n  size",
        "a  t:1                                               1     2",
        "a name that is too long for its own column, by …    10 2000…",
    ]


def test_colours_are_added_only_when_asked_for() -> None:
    table = Table("T", (), (), (Row("bad", ("tag",), paint=Paint.BAD),))
    plain, coloured = table.render(Style()), table.render(Style(colour=True))
    assert plain == ["", "T", "bad  tag"]
    assert coloured == ["", "\x1b[1mT\x1b[0m", "\x1b[31mbad\x1b[0m  \x1b[2mtag\x1b[0m"]


def test_a_width_out_of_reason_is_brought_into_it() -> None:
    assert [Style(width=width).columns for width in (-5, 0, 80, 10**9)] == [60, 60, 80, 1000]
