"""The settings of traces whose values have a structure: lists of patterns, rules, rates."""

import pytest

from serverless_init.config import SamplingSettings, TraceSettings, load


def traces(**variables: str) -> TraceSettings:
    return load({f"DD_APM_{name}": raw for name, raw in variables.items()}).of(TraceSettings)


@pytest.mark.parametrize(
    ("raw", "patterns"),
    [
        (
            "(GET|POST) /healthcheck,API::Notes#index",
            ("(GET|POST) /healthcheck", "API::Notes#index"),
        ),
        ('["a,b", "c d"]', ("a,b", "c d")),
        (" , a ,", ("a",)),
    ],
)
def test_patterns_of_resources_may_hold_spaces(raw: str, patterns: tuple[str, ...]) -> None:
    assert traces(IGNORE_RESOURCES=raw).ignore_resources == patterns


def test_tags_to_filter_are_separated_by_white_space() -> None:
    assert traces(FILTER_TAGS_REJECT="debug env:a,b").tags_rejected == ("debug", "env:a,b")


def test_rules_are_json_in_the_environment_and_mappings_in_the_file() -> None:
    raw = '[{"name": "*", "pattern": "(a)", "repl": "$1"}, {"name": "n", "pattern": "b"}]'
    expected = (("*", "(a)", "$1"), ("n", "b", ""))
    assert traces(REPLACE_TAGS=raw).replace_tags == expected
    file = f"apm_config: {{replace_tags: {raw}}}"
    assert load({}, yaml_text=file).of(TraceSettings).replace_tags == expected


@pytest.mark.parametrize("raw", ["x", "{}", "[1]", '[{"name": "n"}]', "[", "[" * 100_000])
def test_rules_that_are_none_are_a_problem(raw: str) -> None:
    configuration = load({"DD_APM_REPLACE_TAGS": raw})
    assert configuration.of(TraceSettings).replace_tags == ()
    assert len(configuration.problems) == 1


@pytest.mark.parametrize("raw", ["web|http=1,db|q=0.5", '{"web|http": 1, "db|q": 0.5}'])
def test_rates_are_pairs_or_json(raw: str) -> None:
    settings = load({"DD_APM_ANALYZED_SPANS": raw}).of(SamplingSettings)
    assert settings.event_rates == (("web|http", 1.0), ("db|q", 0.5))


@pytest.mark.parametrize("raw", ["web", "web=2", "web=x", "[]", "{"])
def test_rates_that_are_none_are_a_problem(raw: str) -> None:
    configuration = load({"DD_APM_ANALYZED_SPANS": raw})
    assert configuration.of(SamplingSettings).event_rates == ()
    assert len(configuration.problems) == 1
