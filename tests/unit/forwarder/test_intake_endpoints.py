import pytest

from serverless_init.config import ForwarderSettings, IntakeSettings
from serverless_init.errors import SettingError
from serverless_init.forwarder import (
    IntakeAddress,
    IntakeEndpoint,
    additional_endpoints,
    intake_endpoints,
)
from serverless_init.forwarder.endpoints import storage_names, validation_url
from serverless_init.forwarder.keys import KeySource, Place

KEY = "0123456789abcdef0123456789abcdef"


def settings(**values: str) -> ForwarderSettings:
    return ForwarderSettings(api_key=KEY, **values)


def test_without_a_key_there_is_no_intake() -> None:
    assert intake_endpoints(ForwarderSettings(api_key=" ")) == ()


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("datadoghq.com", "7-82-0-app.agent.datadoghq.com."),
        (" US5.datadoghq.com ", "7-82-0-app.agent.us5.datadoghq.com."),
        ("us2.ddog-gov.com", "7-82-0-app.agent.us2.ddog-gov.com."),
        ("ddog-gov.mil", "7-82-0-app.agent.ddog-gov.mil."),
        ("datad0g.eu", "7-82-0-app.agent.datad0g.eu."),
        ("xdatadoghq.com", "app.xdatadoghq.com"),
        ("a.us5.datadoghq.com", "app.a.us5.datadoghq.com"),
        ("bücher.example", "app.xn--bcher-kva.example"),
    ],
)
def test_the_site_becomes_a_host_over_https(site: str, host: str) -> None:
    assert intake_endpoints(settings(site=site)) == (IntakeEndpoint("https", host, 443, "", KEY),)


def test_the_final_dot_of_a_site_can_be_turned_off_and_is_never_shown() -> None:
    (without,) = intake_endpoints(settings(), IntakeSettings(is_fqdn=False))
    (with_dot,) = intake_endpoints(settings(), IntakeSettings(is_fqdn=True))
    assert without.host == "7-82-0-app.agent.datadoghq.com"
    assert with_dot.url == without.url == "https://7-82-0-app.agent.datadoghq.com"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://app.us5.datadoghq.com", "7-82-0-app.agent.us5.datadoghq.com"),
        ("https://app.datadoghq.eu.", "7-82-0-app.agent.datadoghq.eu."),
        ("https://app.mrf.datadoghq.eu", "7-82-0-app.agent.mrf.datadoghq.eu"),
        ("https://APP.ddog-gov.com", "7-82-0-app.agent.ddog-gov.com"),
        ("https://app.datadoghq.com.internal", "app.datadoghq.com.internal"),
        ("https://app.xdatadoghq.com", "app.xdatadoghq.com"),
        ("https://my.app.datadoghq.com", "my.app.datadoghq.com"),
        ("https://gateway.example", "gateway.example"),
    ],
)
def test_only_the_app_host_of_a_datadog_site_gets_the_agents_version(url: str, host: str) -> None:
    (main,) = intake_endpoints(settings(url=url))
    (further,), _ = additional_endpoints(
        IntakeSettings(additional_endpoints=((url, (KEY,)),)), main=()
    )
    assert main.host == further.host == host


def test_every_key_of_every_url_is_an_intake_of_its_own() -> None:
    further = IntakeSettings(
        additional_endpoints=(
            ("https://app.datadoghq.com", (KEY, "second")),
            ("https://b", ("third", "third")),
        )
    )
    main = intake_endpoints(settings())
    found, problems = additional_endpoints(further, main)
    assert [(x.url, x.api_key) for x in found] == [
        ("https://7-82-0-app.agent.datadoghq.com", "second"),
        ("https://b", "third"),
    ]
    assert problems == ()


def test_a_further_url_that_cannot_be_costs_only_itself() -> None:
    further = IntakeSettings(
        additional_endpoints=(("ftp://me:secret@a", (KEY,)), ("https://b", (KEY,)))
    )
    found, problems = additional_endpoints(further, main=())
    assert [x.url for x in found] == ["https://b"]
    assert problems == (
        "DD_ADDITIONAL_ENDPOINTS: 'a' must start with http:// or https://; it gets nothing",
    )


def test_a_key_to_be_fetched_is_no_key_yet() -> None:
    further = IntakeSettings(
        api_key_file="/run/key", additional_endpoints=(("https://b", ("ENC[h]",)),)
    )
    (main,) = intake_endpoints(ForwarderSettings(), further)
    ((other,), _) = additional_endpoints(further, (main,))
    assert (main.api_key, main.key_source) == ("", KeySource(Place.FILE, "/run/key"))
    assert (other.api_key, other.key_source) == ("", KeySource(Place.BACKEND, "h"))


@pytest.mark.parametrize(
    ("url", "validation"),
    [
        ("https://app.us5.datadoghq.com", ("https", "api.us5.datadoghq.com", 443, "")),
        ("https://app.mrf.datadoghq.eu/x", ("https", "api.datadoghq.eu", 443, "")),
        ("http://gateway.ddog-gov.com:81", ("https", "api.ddog-gov.com", 443, "")),
        ("https://xdatadoghq.com", ("https", "xdatadoghq.com", 443, "")),
        ("http://gateway:81/x", ("http", "gateway", 81, "/x")),
    ],
)
def test_the_key_is_validated_at_the_sites_api_else_at_the_intake_itself(
    url: str, validation: tuple[str, str, int, str]
) -> None:
    (main,) = intake_endpoints(settings(url=url))
    *place, prefix = validation
    assert validation_url(main) == (*place, f"{prefix}/api/v1/validate")


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


@pytest.mark.parametrize(
    ("values", "configured"),
    [
        ({}, "https://app.datadoghq.com"),
        ({"site": "us5.datadoghq.com"}, "https://app.us5.datadoghq.com"),
        ({"url": " https://app.datadoghq.eu/ "}, "https://app.datadoghq.eu"),
        ({"url": "http://GATEWAY.example/dd"}, "http://GATEWAY.example/dd"),
    ],
)
def test_an_intake_is_known_by_the_url_that_was_written(
    values: dict[str, str], configured: str
) -> None:
    (main,) = intake_endpoints(settings(**values))
    written = ((configured, (KEY,)),)
    (further,), _ = additional_endpoints(IntakeSettings(additional_endpoints=written), main=())
    assert (main.configured_url, further.configured_url) == (configured, configured)


def test_an_intake_that_was_not_written_is_known_by_its_own_url() -> None:
    assert IntakeEndpoint("http", "127.0.0.1", 8080, "", KEY).configured_url == (
        "http://127.0.0.1:8080"
    )


@pytest.mark.parametrize(
    ("host", "is_datadog"),
    [
        ("7-82-0-app.agent.datadoghq.com.", True),
        ("app.us5.datadoghq.com", True),
        ("datadoghq.eu", True),
        ("anything.of.ddog-gov.com", True),
        ("notdatadoghq.com", False),
        ("app.datadoghq.com.internal", False),
        ("gateway.example", False),
        ("127.0.0.1", False),
    ],
)
def test_datadogs_own_hosts_are_told_by_their_site(host: str, is_datadog: bool) -> None:
    assert IntakeEndpoint("https", host, 443, "", KEY).is_datadog is is_datadog


LOGS = "http-intake.logs"


@pytest.mark.parametrize(
    ("address", "values", "url"),
    [
        (IntakeAddress(LOGS), {}, "https://http-intake.logs.datadoghq.com"),
        (IntakeAddress(LOGS), {"site": "us5.datadoghq.com"}, f"https://{LOGS}.us5.datadoghq.com"),
        (IntakeAddress("trace.agent"), {}, "https://trace.agent.datadoghq.com"),
        (IntakeAddress(LOGS, url="http://logs:8080/x"), {}, "http://logs:8080/x"),
        (IntakeAddress(LOGS, url="http://logs"), {"url": "http://all"}, "http://logs"),
        (IntakeAddress(LOGS), {"url": "http://all"}, "http://all"),
    ],
)
def test_a_signal_has_a_host_of_its_own_unless_a_url_is_given(
    address: IntakeAddress, values: dict[str, str], url: str
) -> None:
    (main,) = intake_endpoints(settings(**values), address=address)
    assert main.url == url
    assert validation_url(main)[1].startswith("api.") == url.endswith("datadoghq.com")


def test_a_signals_host_that_follows_from_the_site_has_the_final_dot() -> None:
    (main,) = intake_endpoints(settings(), address=IntakeAddress(LOGS))
    assert main.host == "http-intake.logs.datadoghq.com."


def test_a_signals_own_key_goes_before_that_of_all() -> None:
    own = "f" * 32
    (main,) = intake_endpoints(settings(), address=IntakeAddress(LOGS, api_key=own))
    assert main.api_key == own
    (main,) = intake_endpoints(ForwarderSettings(), address=IntakeAddress(LOGS, api_key=own))
    assert main.api_key == own
    assert own not in repr(IntakeAddress(LOGS, api_key=own, further=(("http://a", (own,)),)))


def test_a_signal_has_further_intakes_of_its_own() -> None:
    address = IntakeAddress(
        LOGS, further=(("https://a", (KEY,)), ("b", (KEY,))), further_variable="DD_L"
    )
    further = IntakeSettings(additional_endpoints=(("https://metrics", (KEY,)),))
    found, problems = additional_endpoints(further, (), address)
    assert [endpoint.url for endpoint in found] == ["https://a"]
    assert problems == ("DD_L: 'b' must start with http:// or https://; it gets nothing",)


def test_a_complaint_names_the_signals_own_variables() -> None:
    address = IntakeAddress(
        LOGS, url="ftp://a", api_key="a b", url_variable="DD_L_URL", key_variable="DD_L_KEY"
    )
    with pytest.raises(SettingError, match=r"^DD_L_KEY="):
        intake_endpoints(settings(), address=address)
    address = IntakeAddress(LOGS, url="ftp://a", url_variable="DD_L_URL")
    with pytest.raises(SettingError, match=r"^DD_L_URL='ftp://a' must start"):
        intake_endpoints(settings(), address=address)


def test_where_payloads_wait_for_an_intake_survives_a_new_key_and_a_new_version() -> None:
    (main,) = intake_endpoints(settings())
    (renewed,) = intake_endpoints(ForwarderSettings(api_key="f" * 32))
    assert storage_names((main,)) == storage_names((renewed,)) == ["https___app.datadoghq.com-0"]


def test_several_keys_of_one_url_have_places_of_their_own() -> None:
    a, b = (IntakeEndpoint("https", host, 443, "/x", KEY) for host in ("a", "b"))
    assert storage_names((a, b, a)) == ["https___a_x-0", "https___b_x-0", "https___a_x-1"]
