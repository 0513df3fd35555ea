"""From environment and datadog.yaml to settings: precedence, problems, sources."""

import pytest

from serverless_init.config import (
    SIDECAR_DEFAULTS,
    AggregatorSettings,
    Configuration,
    DogStatsDSettings,
    ForwarderSettings,
    RunSettings,
    TagSettings,
    load,
    masked,
)

PORT = DogStatsDSettings.fields["port"]
NON_LOCAL = DogStatsDSettings.fields["non_local_traffic"]
URL = ForwarderSettings.fields["url"]
KEY = "0123456789abcdef0123456789abcdef"


def port(configuration: Configuration) -> tuple[int, str]:
    return configuration.of(DogStatsDSettings).port, configuration.source(PORT)


def test_nothing_set_gives_the_defaults() -> None:
    configuration = load({})
    assert configuration.of(DogStatsDSettings) == DogStatsDSettings()
    assert configuration.of(ForwarderSettings) == ForwarderSettings()
    assert configuration.source(PORT) == "default"
    assert configuration.problems == []


def test_the_environment_is_stronger_than_the_file() -> None:
    configuration = load({"DD_DOGSTATSD_PORT": "1"}, yaml_text="dogstatsd_port: 2")
    assert port(configuration) == (1, "environment DD_DOGSTATSD_PORT")


def test_the_file_is_stronger_than_the_mode() -> None:
    configuration = load({}, yaml_text="dogstatsd_port: 2", mode={"dogstatsd_port": 3})
    assert port(configuration) == (2, "datadog.yaml")


def test_the_mode_is_stronger_than_the_default() -> None:
    assert port(load({}, mode={"dogstatsd_port": 3})) == (3, "mode")


def test_the_first_name_of_a_setting_is_stronger_than_its_aliases() -> None:
    both = load({"DD_URL": "http://b", "DD_DD_URL": "http://a"})
    alias = load({"DD_URL": "http://b", "DD_DD_URL": ""})
    assert both.of(ForwarderSettings).url == "http://a"
    assert alias.of(ForwarderSettings).url == "http://b"
    assert alias.source(URL) == "environment DD_URL"


def test_an_empty_variable_sets_nothing() -> None:
    configuration = load({"DD_DOGSTATSD_PORT": " "}, yaml_text="dogstatsd_port: 2")
    assert port(configuration) == (2, "datadog.yaml")
    assert configuration.problems == []


def test_an_empty_variable_keeps_the_default_of_the_mode_away() -> None:
    sidecar = load({}, mode=SIDECAR_DEFAULTS)
    kept_away = load({"DD_DOGSTATSD_NON_LOCAL_TRAFFIC": ""}, mode=SIDECAR_DEFAULTS)
    assert sidecar.of(DogStatsDSettings).non_local_traffic is True
    assert kept_away.of(DogStatsDSettings).non_local_traffic is False
    assert kept_away.source(NON_LOCAL) == "default"


@pytest.mark.parametrize("written", ["", "''", "~", "null"])
def test_an_empty_key_sets_nothing(written: str) -> None:
    configuration = load({}, yaml_text=f"dogstatsd_port: {written}")
    assert (port(configuration), configuration.problems) == ((8125, "default"), [])


def test_an_empty_list_in_the_file_is_a_value() -> None:
    configuration = load({}, yaml_text="histogram_percentiles: []")
    assert configuration.of(AggregatorSettings).histogram_percentiles == ()


def test_a_bad_value_gives_way_to_the_next_source_and_is_named() -> None:
    configuration = load({"DD_DOGSTATSD_PORT": "99999"}, yaml_text="dogstatsd_port: 2")
    assert port(configuration) == (2, "datadog.yaml")
    assert configuration.problems == [
        "DD_DOGSTATSD_PORT='99999' must be a whole number from 0 to 65535; using 2 (datadog.yaml)"
    ]


def test_bad_values_everywhere_leave_the_default() -> None:
    configuration = load(
        {"DD_LOG_LEVEL": "loud"}, yaml_text="log_level: [warn]", yaml_path="/etc/d.yaml"
    )
    expected = "must be one of trace, debug, info, warn, error, critical, off; using warn (default)"
    assert configuration.of(RunSettings).log_level == "warn"
    assert configuration.problems == [
        f"DD_LOG_LEVEL='loud' {expected}",
        f"/etc/d.yaml: log_level=['warn'] {expected}",
    ]


def test_a_problem_that_leaves_nothing_says_so() -> None:
    assert load({"DD_SERVICE": "a\nb"}).problems == [
        r"DD_SERVICE='a\nb' must be one line of text in UTF-8; using nothing (default)"
    ]


def test_a_long_bad_value_is_cut() -> None:
    (line,) = load({"DD_DOGSTATSD_PORT": "9" * 10_000}).problems
    assert line.startswith("DD_DOGSTATSD_PORT='" + "9" * 56 + "... must be")


def test_a_bad_secret_is_masked_in_its_problem() -> None:
    (line,) = load({"DD_API_KEY": f"{KEY} {KEY}"}).problems
    assert line == "DD_API_KEY=***cdef must be one word without quotes; using nothing (default)"


def test_a_bad_secret_stays_masked_when_a_weaker_one_is_used() -> None:
    (line,) = load({"DD_API_KEY": "a b"}, yaml_text=f"api_key: {KEY}").problems
    assert line == "DD_API_KEY=*** must be one word without quotes; using ***cdef (datadog.yaml)"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("", ""), ("short", "***"), ("a" * 15, "***"), ("a" * 12 + "wxyz", "***wxyz")],
)
def test_a_secret_shows_four_characters_when_that_leaves_enough(secret: str, shown: str) -> None:
    assert masked(secret) == shown


@pytest.mark.parametrize(
    "document",
    [
        "serverless: {receipt: log}",
        "serverless.receipt: log",
        "\ufeffserverless:\n  receipt: LOG\n",
    ],
)
def test_a_key_may_be_nested_or_dotted(document: str) -> None:
    configuration = load({}, yaml_text=document)
    assert configuration.of(RunSettings).receipt == "log"
    assert configuration.problems == []


def test_a_key_set_nested_and_dotted_counts_last_and_is_named() -> None:
    configuration = load({}, yaml_text="serverless: {receipt: log}\nserverless.receipt: json")
    assert configuration.of(RunSettings).receipt == "json"
    assert configuration.problems == [
        "datadog.yaml: serverless.receipt is set twice; the last one counts"
    ]


def test_a_scalar_of_the_file_is_taken_as_it_is_written() -> None:
    tags = load({}, yaml_text="version: 1.10\nenv: no\nservice: 2026-01-02").of(TagSettings)
    assert (tags.version, tags.env, tags.service) == ("1.10", "no", "2026-01-02")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("a: [1, 2", "line 1, column 9: expected ',' or ']', but got '<stream end>'"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed here"),
        ("- a\n- b", "must hold a mapping of keys to values"),
        ("just text", "must hold a mapping of keys to values"),
        ("? [a]\n: b", "line 1, column 3: found unhashable key"),
        ("a: 1\n---\nb: 2", "line 2, column 1: but found another document"),
        ("[" * 10_000, "nested too deeply"),
        (r'a: "\U00110000"', "chr() arg not in range(0x110000)"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_once_and_ignored(document: str, problem: str) -> None:
    configuration = load({"DD_DOGSTATSD_PORT": "5"}, yaml_text=document)
    assert configuration.problems == [f"datadog.yaml: {problem}; the file is ignored"]
    assert port(configuration)[0] == 5


def test_bytes_that_are_not_text_make_the_file_unreadable() -> None:
    (line,) = load({}, yaml_text="env: caf\udce9").problems
    assert line.startswith("datadog.yaml: unacceptable character #xdce9")
    assert "\n" not in line


@pytest.mark.parametrize("document", ["", "# all of it is a comment", "---", "~"])
def test_an_empty_file_is_no_problem(document: str) -> None:
    assert load({}, yaml_text=document).problems == []


def test_a_group_that_is_no_mapping_is_a_problem() -> None:
    assert load({}, yaml_text="serverless: log").problems == [
        "datadog.yaml: serverless must be a mapping; it is ignored"
    ]


def test_a_mapping_where_a_value_belongs_is_a_problem() -> None:
    (line,) = load({}, yaml_text="dogstatsd_port: {udp: 1}").problems
    assert line.startswith("datadog.yaml: dogstatsd_port={'udp': '1'} must be a whole number")


def test_a_file_that_refers_to_itself_is_refused() -> None:
    assert load({}, yaml_text="serverless: &s {serverless: *s, receipt: log}").problems == [
        "datadog.yaml: line 1, column 13: found unconstructable recursive node; the file is ignored"
    ]


def test_a_later_change_of_the_environment_changes_nothing() -> None:
    environ = {"DD_DOGSTATSD_PORT": "1"}
    configuration = load(environ)
    environ["DD_DOGSTATSD_PORT"] = "2"
    environ["DD_LOG_LEVLE"] = "info"
    assert port(configuration)[0] == 1
    assert configuration.unknown() == ([], [])


def test_a_secret_that_ends_in_a_control_character_shows_nothing_of_it() -> None:
    """The end of a key went to the terminal as it was, escape sequences included."""
    assert masked("0" * 15 + "\x1b") == "***"
    assert masked("0" * 12 + "abcd") == "***abcd"
