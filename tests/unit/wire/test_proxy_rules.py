"""Which connections go through which proxy."""

import pytest

from serverless_init.config import NetworkSettings, load
from serverless_init.wire import Origin, Proxy, ProxyRules, proxy_rules

PROXY = "http://proxy:3128"


def rules(**settings: object) -> ProxyRules:
    found, problems = proxy_rules(NetworkSettings(**settings))
    assert problems == ()
    return found


def is_direct(host: str, *entries: str, port: int = 443, **settings: object) -> bool:
    made = rules(proxy_https=PROXY, no_proxy=entries, **settings)
    return made.proxy_for(Origin("https", host, port)) is None


def test_the_scheme_of_the_url_chooses_the_proxy() -> None:
    made = rules(proxy_http="http://a:1", proxy_https="https://b")
    assert made.proxy_for(Origin("http", "x", 80)) == Proxy(Origin("http", "a", 1))
    assert made.proxy_for(Origin("https", "x", 443)) == Proxy(Origin("https", "b", 443))
    assert rules(proxy_http="http://a:1").proxy_for(Origin("https", "x", 443)) is None


@pytest.mark.parametrize(
    ("entry", "host", "direct"),
    [
        ("intake.test", "intake.test", True),
        ("intake.test", "Intake.test.", True),
        ("INTAKE.test", "intake.test", True),
        ("intake.test:443", "intake.test", True),
        ("intake.test:80", "intake.test", False),
        ("[fd00::1]:443", "fd00::1", True),
        ("fd00::1", "fd00::1", True),
        ("test", "intake.test", False),
        (".test", "intake.test", False),
        ("*", "intake.test", False),
        ("10.0.0.0/8", "10.1.2.3", False),
    ],
)
def test_an_entry_matches_a_host_exactly(entry: str, host: str, direct: bool) -> None:
    assert is_direct(host, entry) is direct


@pytest.mark.parametrize(
    ("entry", "host", "direct"),
    [
        ("intake.test", "intake.test", True),
        ("intake.test", "a.intake.test", True),
        ("test", "intake.test", True),
        ("take.test", "intake.test", False),
        (".intake.test", "a.intake.test", True),
        (".intake.test", "intake.test", False),
        ("*.intake.test", "a.intake.test", True),
        ("*", "anything", True),
        ("intake.test:443", "a.intake.test", True),
        ("intake.test:80", "intake.test", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "intake.test", False),
        ("nonsense/8", "10.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("fd00::/8", "fd00::1", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("fd00::1", "fd00::1", True),
    ],
)
def test_an_entry_that_need_not_match_exactly_matches_as_in_go(
    entry: str, host: str, direct: bool
) -> None:
    assert is_direct(host, entry, no_proxy_nonexact_match=True) is direct


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_never_reached_through_a_proxy(host: str) -> None:
    assert is_direct(host)


@pytest.mark.parametrize("host", ["127.example.test", "localhost.example.test"])
def test_a_name_that_only_begins_like_this_machine_is_somebody_else(host: str) -> None:
    assert not is_direct(host)


@pytest.mark.parametrize("host", ["169.254.169.254", "100.100.100.200"])
def test_a_clouds_metadata_are_asked_directly_unless_configured(host: str) -> None:
    assert is_direct(host)
    assert not is_direct(host, use_proxy_for_cloud_metadata=True)


def test_user_and_password_are_decoded_and_never_shown() -> None:
    made = rules(proxy_http="http://m%40e:pa%3Ass@proxy:1").proxy_for(Origin("http", "x", 80))
    assert made is not None
    assert made.headers == (("Proxy-Authorization", "Basic bUBlOnBhOnNz"),)
    assert "bUBl" not in repr(made)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://me:secret@:3128", "must have a host name"),
        ("http://me:secret@proxy:99999", "has a port that is not one"),
        ("http://me:secret@proxy:x", "has a port that is not one"),
        ("http://me:secret@[::1", "is no URL"),
    ],
)
def test_a_proxy_that_cannot_be_is_refused_without_its_password(url: str, why: str) -> None:
    made, problems = proxy_rules(NetworkSettings(proxy_https=url))
    assert made.https is None
    assert problems == (f"DD_PROXY_HTTPS {why}; connections are made without a proxy",)


def test_an_entry_that_would_match_if_it_need_not_be_exact_is_named() -> None:
    made = rules(proxy_https=PROXY, no_proxy=("other.test", ".datadoghq.com"))
    assert made.nearly_direct(Origin("https", "app.datadoghq.com", 443)) == ".datadoghq.com"
    assert made.nearly_direct(Origin("https", "other.test", 443)) == ""
    assert made.nearly_direct(Origin("https", "elsewhere", 443)) == ""


def test_the_variables_that_every_program_knows_are_read() -> None:
    environ = {"https_proxy": "proxy:3128", "NO_PROXY": "a,b c"}
    made, _ = proxy_rules(load(environ).of(NetworkSettings))
    assert made.https == Proxy(Origin("http", "proxy", 3128))
    assert made.direct[:3] == ("a", "b", "c")
