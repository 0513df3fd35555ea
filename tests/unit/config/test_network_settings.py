"""Settings with URLs, keys and passwords: what they accept, and what is shown of them."""

import pytest

from serverless_init.config import IntakeSettings, NetworkSettings, describe, load

KEY = "0123456789abcdef0123456789abcdef"


def endpoints(raw: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return load({"DD_ADDITIONAL_ENDPOINTS": raw}).of(IntakeSettings).additional_endpoints


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ('{"https://a": ["k"]}', (("https://a", ("k",)),)),
        ('{"https://a/": [" k ", "", "k", "l"], "https://b": []}', (("https://a", ("k", "l")),)),
        ('{"https://a": "k l"}', (("https://a", ("k", "l")),)),
        ('{"https://a": ["k"], "https://a/": ["l", "k"]}', (("https://a", ("k", "l")),)),
        ("{}", ()),
    ],
)
def test_additional_endpoints_are_trimmed_and_said_once(raw: str, found: object) -> None:
    assert endpoints(raw) == found


def test_additional_endpoints_may_stand_in_the_file() -> None:
    text = "additional_endpoints:\n  https://a:\n    - k\n    - l\n"
    configuration = load({}, yaml_text=text)
    assert configuration.problems == []
    found = configuration.of(IntakeSettings).additional_endpoints
    assert found == (("https://a", ("k", "l")),)


@pytest.mark.parametrize(
    "raw", ["x", "[]", '{"a": {"b": "c"}}', '{"https://a": [["k"]]}', "[" * 100_000]
)
def test_what_is_no_mapping_to_keys_is_refused_and_not_repeated(raw: str) -> None:
    configuration = load({"DD_ADDITIONAL_ENDPOINTS": raw})
    assert configuration.of(IntakeSettings).additional_endpoints == ()
    assert configuration.problems == [
        "DD_ADDITIONAL_ENDPOINTS=*** must be a mapping from an intake's URL to a list of API keys; "
        "using nothing (default)"
    ]


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"DD_PROXY_HTTPS": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "http://a:1"),
        ({"HTTPS_PROXY": "http://b:1", "https_proxy": "http://c:1"}, "http://b:1"),
        ({"https_proxy": "c:1"}, "http://c:1"),
        ({"DD_PROXY_HTTPS": "", "https_proxy": "http://c:1"}, "http://c:1"),
        ({"HTTPS_PROXY": "socks5://b:1"}, "http://file:1"),
        ({}, "http://file:1"),
    ],
)
def test_the_agents_proxy_variable_beats_the_common_ones_and_the_file(
    environ: dict[str, str], proxy: str
) -> None:
    configuration = load(environ, yaml_text="proxy: {https: 'http://file:1'}")
    assert configuration.of(NetworkSettings).proxy_https == proxy


@pytest.mark.parametrize("raw", ["a b:8080", "a,b:8080", " a,  b:8080 "])
def test_no_proxy_is_separated_by_spaces_or_commas(raw: str) -> None:
    assert load({"NO_PROXY": raw}).of(NetworkSettings).no_proxy == ("a", "b:8080")


def test_a_password_in_a_proxy_is_never_shown() -> None:
    configuration = load({"HTTPS_PROXY": "http://me:pass@proxy:3128", "HTTP_PROXY": "ftp://x:pass"})
    shown = {row.key: row.value for row in describe.rows(configuration)}
    assert shown["proxy.https"] == "http://***@proxy:3128"
    assert configuration.problems == [
        "HTTP_PROXY=*** must be the URL of an http or https proxy, like http://proxy:3128; "
        "using nothing (default)"
    ]


def test_keys_of_additional_endpoints_are_shown_by_their_number() -> None:
    configuration = load({"DD_ADDITIONAL_ENDPOINTS": f'{{"https://me:pass@a": ["{KEY}"]}}'})
    shown = {row.key: row.value for row in describe.rows(configuration)}
    assert shown["additional_endpoints"] == "https://***@a (1 keys)"


def test_an_unknown_proxy_variable_is_told_what_was_meant() -> None:
    misspelt, _ = load({"DD_PROXY_HTPS": "x"}).unknown()
    assert misspelt == ["unknown setting DD_PROXY_HTPS; did you mean DD_PROXY_HTTPS?"]
