import pytest

from serverless_init.config import ForwarderSettings
from serverless_init.errors import SettingError
from serverless_init.forwarder import IntakeEndpoint, intake_endpoints

KEY = "0123456789abcdef0123456789abcdef"


def settings(**values: str) -> ForwarderSettings:
    return ForwarderSettings(api_key=KEY, **values)


def test_without_a_key_there_is_no_intake() -> None:
    assert intake_endpoints(ForwarderSettings(api_key=" ")) == ()


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("datadoghq.com", "app.datadoghq.com"),
        (" US5.datadoghq.com ", "app.us5.datadoghq.com"),
        ("bücher.example", "app.xn--bcher-kva.example"),
        ("datadoghq.com.", "app.datadoghq.com."),
    ],
)
def test_the_site_becomes_a_host_over_https(site: str, host: str) -> None:
    assert intake_endpoints(settings(site=site)) == (IntakeEndpoint("https", host, 443, "", KEY),)


@pytest.mark.parametrize(
    ("url", "parts", "shown"),
    [
        ("https://a.b", ("https", "a.b", 443, ""), "https://a.b"),
        ("HTTP://A.b/", ("http", "a.b", 80, ""), "http://a.b"),
        ("http://localhost:8080", ("http", "localhost", 8080, ""), "http://localhost:8080"),
        ("https://a:443/p/q/", ("https", "a", 443, "/p/q"), "https://a/p/q"),
        ("http://[::1]:9/x", ("http", "::1", 9, "/x"), "http://[::1]:9/x"),
        ("https://[fe80::1]", ("https", "fe80::1", 443, ""), "https://[fe80::1]"),
        ("http://10.0.0.1:1", ("http", "10.0.0.1", 1, ""), "http://10.0.0.1:1"),
        ("http://my_proxy", ("http", "my_proxy", 80, ""), "http://my_proxy"),
    ],
)
def test_a_url_wins_over_the_site(url: str, parts: tuple[str, str, int, str], shown: str) -> None:
    (intake,) = intake_endpoints(settings(url=url, site="datadoghq.eu"))
    assert intake == IntakeEndpoint(*parts, KEY)
    assert intake.url == shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("app.datadoghq.com", "must start with http:// or https://"),
        ("ftp://a", "must start with http:// or https://"),
        ("https://", "must have a host name"),
        ("https:///x", "must have a host name"),
        ("https://a..b", "must have a host name"),
        ("https://a b", "must have a host name"),
        ("https://" + "a" * 64, "must have a host name"),
        ("https://a:", "must have a port after the colon, from 1 to 65535"),
        ("https://a:0", "must have a port after the colon, from 1 to 65535"),
        ("https://a:65536", "must have a port after the colon, from 1 to 65535"),
        ("https://a:x", "must have a port after the colon, from 1 to 65535"),
        ("https://[::1", "must have an IPv6 address between [ and ]"),
        ("https://[a]", "must have an IPv6 address between [ and ]"),
        ("https://[::1]x", "must have a port after the colon, from 1 to 65535"),
        ("https://a?x=1", "must not contain a query or a fragment"),
        ("https://a/#x", "must not contain a query or a fragment"),
        ("https://a/x y", "must have a path of printable ASCII without spaces"),
        ("https://a/\r\nX: y", "must have a path of printable ASCII without spaces"),
    ],
)
def test_a_url_that_cannot_be_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(SettingError) as raised:
        intake_endpoints(settings(url=url))
    assert (raised.value.setting, raised.value.value, raised.value.why) == ("DD_DD_URL", url, why)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingError) as raised:
        intake_endpoints(settings(url="https://me:secret@a"))
    assert str(raised.value) == "DD_DD_URL='a' must not contain a user name or password"


def test_a_url_for_a_site_is_refused_with_the_right_form() -> None:
    with pytest.raises(SettingError, match="must be a site's name") as raised:
        intake_endpoints(settings(site="https://app.datadoghq.eu"))
    assert raised.value.setting == "DD_SITE"


def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingError) as raised:
        intake_endpoints(ForwarderSettings(api_key="secret\nX: y"))
    assert str(raised.value) == "DD_API_KEY='***' must be printable ASCII without spaces"


@pytest.mark.parametrize(("key", "ending"), [(KEY, "cdef"), ("short-key", "****")])
def test_the_key_is_shown_by_its_ending_only(key: str, ending: str) -> None:
    (intake,) = intake_endpoints(ForwarderSettings(api_key=key))
    assert intake.key_ending == ending
    assert key not in repr(intake)
