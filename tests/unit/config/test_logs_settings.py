"""The settings of logs whose values have a structure: rules, and further intakes."""

import json

import pytest

from serverless_init.config import LogsDeliverySettings, LogsSettings, load

RULE = {"name": "n", "type": "exclude_at_match", "pattern": " a,b "}


def further_intakes(raw: str) -> object:
    return (
        load({"DD_LOGS_CONFIG_ADDITIONAL_ENDPOINTS": raw})
        .of(LogsDeliverySettings)
        .additional_endpoints
    )


def test_rules_are_json_in_the_environment() -> None:
    raw = json.dumps([RULE])
    rules = load({"DD_LOGS_CONFIG_PROCESSING_RULES": raw}).of(LogsSettings).processing_rules
    assert [json.loads(rule) for rule in rules] == [RULE]


def test_rules_are_mappings_in_the_file() -> None:
    text = """
logs_config:
  processing_rules:
    - {name: n, type: exclude_at_match, pattern: " a,b "}
  auto_multi_line_detection: false
  auto_multi_line: {enable_datetime_detection: false}
"""
    configuration = load({}, yaml_text=text)
    settings = configuration.of(LogsSettings)
    assert [json.loads(rule) for rule in settings.processing_rules] == [RULE]
    assert (settings.auto_multi_line, settings.datetime_detection) == (False, False)
    assert configuration.problems == []


@pytest.mark.parametrize("raw", ["{}", "[1]", "[", "x", "[" * 100_000])
def test_rules_that_are_no_list_of_mappings_are_a_problem(raw: str) -> None:
    configuration = load({"DD_LOGS_CONFIG_PROCESSING_RULES": raw})
    assert configuration.of(LogsSettings).processing_rules == ()
    (problem,) = configuration.problems
    assert "must be a list of mappings" in problem


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"Host": "a", "api_key": "k"}, ("https://a", ("k",))),
        ({"host": "a", "Port": 8080, "API_KEY": "k", "use_ssl": False}, ("http://a:8080", ("k",))),
        ({"Host": "http://a/", "Port": "80", "api_key": "k"}, ("http://a:80", ("k",))),
    ],
)
def test_a_further_intake_for_logs_is_a_mapping(given: object, found: object) -> None:
    assert further_intakes(json.dumps([given])) == (found,)


def test_several_keys_for_one_intake_stand_together() -> None:
    raw = json.dumps([{"Host": "a", "api_key": "k"}, {"Host": "a", "api_key": "l"}])
    assert further_intakes(raw) == (("https://a", ("k", "l")),)


@pytest.mark.parametrize(
    "raw", ["{}", "[1]", '[{"Host": "a"}]', '[{"Host": "a", "Port": "x", "api_key": "secret"}]']
)
def test_a_further_intake_without_host_and_key_is_a_problem_that_shows_no_key(raw: str) -> None:
    configuration = load({"DD_LOGS_CONFIG_ADDITIONAL_ENDPOINTS": raw})
    assert configuration.of(LogsDeliverySettings).additional_endpoints == ()
    (problem,) = configuration.problems
    assert "Host, Port and api_key" in problem
    assert "secret" not in problem
