"""Parsers of setting values: what they accept, what they refuse, and what they say of it."""

import pytest

from serverless_init.config.parse import (
    Parser,
    boolean,
    boolean_or,
    by_url,
    domain,
    duration,
    integer,
    number,
    one_of,
    route,
    text,
    token,
    urls,
    words,
)


@pytest.mark.parametrize("raw", ["1", "t", "TRUE", "Yes", " on ", "y", True])
def test_a_word_for_yes_is_true(raw: object) -> None:
    assert boolean(raw) is True


@pytest.mark.parametrize("raw", ["0", "f", "False", "NO", "off", "n", False])
def test_a_word_for_no_is_false(raw: object) -> None:
    assert boolean(raw) is False


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("500ms", 0.5),
        ("250us", 0.00025),
        (" 3 s", 3.0),
        ("1m", 60.0),
        ("1.5h", 5400.0),
        ("1e1", 10.0),
        (7, 7.0),
    ],
)
def test_a_duration_may_carry_a_unit(raw: object, seconds: float) -> None:
    assert duration(0, 10_000)(raw) == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize(("raw", "value"), [("0", 0), ("65535", 65535), ("+7", 7), (8125, 8125)])
def test_a_whole_number_includes_its_bounds(raw: object, value: int) -> None:
    assert integer(0, 65535)(raw) == value


def test_a_number_includes_its_bounds() -> None:
    assert [number(2, 100)(raw) for raw in ("2", "100", "2.5")] == [2.0, 100.0, 2.5]


def test_a_word_is_found_in_any_case() -> None:
    assert one_of("warn", "off")(" WARN ") == "warn"


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("a:b c:d", ("a:b", "c:d")),
        ("a:b,c:d", ("a:b", "c:d")),
        (" a:b ,\n c:d, ", ("a:b", "c:d")),
        (["a:b c", " d ", ""], ("a:b c", "d")),
        ([], ()),
    ],
)
def test_a_list_is_a_sequence_or_separated_text(raw: object, items: tuple[str, ...]) -> None:
    assert words()(raw) == items


def test_each_item_of_a_list_has_the_form_its_parser_gives_it() -> None:
    assert words(one_of("max", "avg"))("MAX avg") == ("max", "avg")


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("true", "true"),
        ("1", "true"),
        (" YES ", "true"),
        (True, "true"),
        ("off", "false"),
        ("0", "false"),
        (False, "false"),
        ("Datadog_Only", "datadog_only"),
    ],
)
def test_a_boolean_with_further_words_is_a_word(raw: object, word: str) -> None:
    assert boolean_or("datadog_only")(raw) == word


@pytest.mark.parametrize(
    "raw",
    [
        {"https://a.example/": "yes", "http://b": "datadog_only"},
        '{"https://a.example": true, "http://b/": "datadog_only"}',
    ],
)
def test_a_mapping_by_url_is_yaml_or_json_and_has_no_final_slashes(raw: object) -> None:
    assert by_url(boolean_or("datadog_only"))(raw) == (
        ("https://a.example", "true"),
        ("http://b", "datadog_only"),
    )


def test_urls_are_a_list_without_final_slashes() -> None:
    assert urls(["https://a/", "", "http://b/c/"]) == ("https://a", "http://b/c")
    assert urls("https://a/, http://b") == ("https://a", "http://b")


def test_a_route_is_a_path() -> None:
    assert route(" /api/v3/series ") == "/api/v3/series"


def test_text_loses_the_white_space_around_it() -> None:
    assert text("  a b \n") == "a b"


def test_a_domain_is_lower_case_without_its_last_dot() -> None:
    assert domain("US5.DatadogHQ.com.") == "us5.datadoghq.com"


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (boolean, "maybe"),
        (boolean, ""),
        (boolean, ["true"]),
        (integer(0, 65535), "-1"),
        (integer(0, 65535), "65536"),
        (integer(1), "0"),
        (integer(0), "1.0"),
        (integer(0), "1_000"),
        (integer(0), "٣"),
        (integer(0), "9" * 5000),
        (integer(0), True),
        (integer(0), {"a": "1"}),
        (number(2, 100), "nan"),
        (number(2, 100), "inf"),
        (number(2, 100), "1.99"),
        (duration(0, 10), "-1ms"),
        (duration(0, 10), "1m"),
        (duration(0, 10), "ms"),
        (duration(0, 10), "nans"),
        (duration(0, 10), "2 seconds"),
        (one_of("a"), "b"),
        (words(number(0, 1)), "0.5 2"),
        (words(), [["a"]]),
        (words(), {"a": "b"}),
        (text, ["a"]),
        (text, "a\nb"),
        (text, "a\x00b"),
        (text, "caf\udce9"),
        (token, "abc def"),
        (token, '"abcdef"'),
        (token, "clé"),
        (domain, "https://datadoghq.eu"),
        (domain, "datadoghq.eu:443"),
        (domain, "-"),
        (boolean_or("datadog_only"), "maybe"),
        (boolean_or("datadog_only"), ["true"]),
        (by_url(boolean), "https://a"),
        (by_url(boolean), '["https://a"]'),
        (by_url(boolean), {"https://a": "maybe"}),
        (by_url(boolean), {"https://a b": "true"}),
        (by_url(boolean), "[" * 100_000),
        (urls, [["https://a"]]),
        (urls, {"https://a": "true"}),
        (route, "api/v3"),
        (route, "/api?key=1"),
        (route, "/a b"),
    ],
)
def test_a_refusal_says_what_is_expected(parse: Parser, raw: object) -> None:
    with pytest.raises(ValueError, match=r"^must be ") as refusal:
        parse(raw)
    assert str(refusal.value) == f"must be {parse.expects}"


@pytest.mark.parametrize(
    ("parse", "expects"),
    [
        (integer(1), "a whole number of at least 1"),
        (integer(1, 64), "a whole number from 1 to 64"),
        (number(2, 100), "a number from 2 to 100"),
        (duration(0.05, 3600), "a duration from 0.05 to 3600 seconds, like 2, 0.5 or 500ms"),
        (words(number(0, 1)), "a list separated by spaces or commas, each a number from 0 to 1"),
    ],
)
def test_what_is_expected_names_the_bounds(parse: Parser, expects: str) -> None:
    assert parse.expects == expects
