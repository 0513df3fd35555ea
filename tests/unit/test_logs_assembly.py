"""What the logs pipeline makes of settings, platform and environment."""

import pytest

from serverless_init.config import Configuration, load
from serverless_init.intakes import signal_endpoints
from serverless_init.logs_pipeline import Common, common_of, files_options, logs_address
from serverless_init.platforms import PLATFORMS, Place, TagSets

KEY = "0123456789abcdef0123456789abcdef"


PLATFORMS_BY_ORIGIN = {platform.origin: platform for platform in reversed(PLATFORMS)}


def place(origin: str, *tags: str) -> Place:
    return Place(PLATFORMS_BY_ORIGIN[origin], TagSets(full=tags))


def configured(**variables: str) -> Configuration:
    return load({f"DD_{name}": value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        ({"DD_SERVICE": "Shop", "K_SERVICE": "other"}, "shop"),
        ({"K_SERVICE": "Run", "CONTAINER_APP_NAME": "other"}, "run"),
        ({"CONTAINER_APP_NAME": "App"}, "app"),
        ({}, "agent"),
    ],
)
def test_the_service_is_the_first_that_is_named_in_lower_case(
    environ: dict[str, str], service: str
) -> None:
    assert common_of(load(environ), place("local"), environ).service == service


def test_source_and_tags_come_from_the_settings_and_the_platform() -> None:
    common = common_of(configured(ENV="prod"), place("cloudrun", "env:prod", "team:a"), {})
    assert common == Common("agent", "cloudrun", ("env:prod", "team:a"), "cloudrun")
    assert common_of(configured(SOURCE="Nginx"), place("cloudrun"), {}).source == "nginx"


@pytest.mark.parametrize(
    ("variables", "platform", "pattern", "run_path"),
    [
        ({"SERVERLESS_LOG_PATH": "/logs/*.log"}, "local", "/logs/*.log", "/logs"),
        ({"SERVERLESS_LOG_PATH": "/logs/*/a.log"}, "cloudrun", "/logs/*/a.log", "/logs"),
        ({"SERVERLESS_LOG_PATH": "a.log"}, "local", "a.log", "."),
        (
            {"SERVERLESS_LOG_PATH": "/logs/a.log", "LOGS_CONFIG_RUN_PATH": "/run"},
            "local",
            "/logs/a.log",
            "/run",
        ),
        (
            {"AAS_INSTANCE_LOGGING_ENABLED": "1", "SERVERLESS_LOG_PATH": "/logs/a.log"},
            "appservice",
            "/home/LogFiles/*web-1*.log",
            "/home/LogFiles",
        ),
        (
            {
                "AAS_INSTANCE_LOGGING_ENABLED": "true",
                "AAS_INSTANCE_LOG_FILE_DESCRIPTOR": "_default",
            },
            "appservice",
            "/home/LogFiles/*web-1*_default.log",
            "/home/LogFiles",
        ),
    ],
)
def test_which_files_are_followed_and_where_that_is_remembered(
    variables: dict[str, str], platform: str, pattern: str, run_path: str
) -> None:
    options = files_options(configured(**variables), place(platform), {"COMPUTERNAME": "web-1"})
    assert options is not None
    assert (options.pattern, options.run_path) == (pattern, run_path)


def test_without_a_path_no_files_are_followed_also_on_app_service() -> None:
    assert files_options(configured(), place("appservice"), {}) is None
    assert (
        files_options(configured(AAS_INSTANCE_LOGGING_ENABLED="1"), place("cloudrun"), {}) is None
    )


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"SITE": "datadoghq.eu"}, "https://http-intake.logs.datadoghq.eu"),
        ({"LOGS_CONFIG_LOGS_DD_URL": "proxy:8080"}, "https://proxy:8080"),
        (
            {"LOGS_CONFIG_LOGS_DD_URL": "proxy:8080", "LOGS_CONFIG_LOGS_NO_SSL": "1"},
            "http://proxy:8080",
        ),
        ({"LOGS_CONFIG_LOGS_DD_URL": "http://proxy/x/api/v2/logs"}, "http://proxy/x"),
        ({"LOGS_CONFIG_LOGS_DD_URL": "http://proxy/v1/input/"}, "http://proxy"),
        ({"DD_URL": "http://all:9"}, "http://all:9"),
    ],
)
def test_where_logs_are_sent(variables: dict[str, str], url: str) -> None:
    configuration = configured(API_KEY=KEY, **variables)
    (endpoint,) = signal_endpoints(configuration, logs_address(configuration))
    assert (endpoint.url, endpoint.api_key) == (url, KEY)
