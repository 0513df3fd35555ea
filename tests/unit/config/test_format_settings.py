"""The formats' settings, under the Agent's own names, from the environment and from a file."""

import pytest

from serverless_init.config import SerializerSettings, load
from serverless_init.config.load import shown

FILE = """
use_v2_api:
  series: false
use_v3_api:
  series:
    enabled: datadog_only
    endpoints:
      https://app.datadoghq.eu/: true
      http://gateway: "off"
serializer_experimental_use_v3_api:
  compression_level: 3
  series:
    endpoints: ["https://a"]
    use_beta: true
    beta_route: /beta
  sketches:
    endpoints:
      - https://b/
enable_payloads:
  events: false
"""
ENVIRONMENT = {
    "DD_USE_V2_API_SERIES": "false",
    "DD_USE_V3_API_SERIES_ENABLED": "datadog_only",
    "DD_USE_V3_API_SERIES_ENDPOINTS": '{"https://app.datadoghq.eu":"1","http://gateway":"no"}',
    "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_COMPRESSION_LEVEL": "3",
    "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SERIES_ENDPOINTS": "https://a",
    "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SERIES_USE_BETA": "1",
    "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SERIES_BETA_ROUTE": "/beta",
    "DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SKETCHES_ENDPOINTS": "https://b",
    "DD_ENABLE_PAYLOADS_EVENTS": "0",
}
EXPECTED = SerializerSettings(
    use_v2_series=False,
    v3_series="datadog_only",
    v3_series_modes=(("https://app.datadoghq.eu", "true"), ("http://gateway", "false")),
    v3_zstd_level=3,
    v3_series_urls=("https://a",),
    v3_use_beta=True,
    v3_beta_route="/beta",
    v3_sketch_urls=("https://b",),
    events_enabled=False,
)


def test_the_environment_has_all_of_them() -> None:
    configuration = load(ENVIRONMENT)
    assert configuration.problems == []
    assert configuration.of(SerializerSettings) == EXPECTED


def test_a_file_has_all_of_them_however_deep_they_lie() -> None:
    configuration = load({}, yaml_text=FILE)
    assert configuration.problems == []
    assert configuration.unknown() == ([], [])
    assert configuration.of(SerializerSettings) == EXPECTED


def test_a_key_in_the_middle_of_a_deep_one_must_be_a_mapping() -> None:
    configuration = load({}, yaml_text="use_v3_api: true\n")
    assert configuration.problems == ["datadog.yaml: use_v3_api must be a mapping; it is ignored"]


def test_a_mode_that_cannot_be_is_said_and_is_false() -> None:
    configuration = load({"DD_USE_V3_API_SERIES_ENABLED": "sometimes"})
    assert configuration.of(SerializerSettings).v3_series == "false"
    assert configuration.problems == [
        "DD_USE_V3_API_SERIES_ENABLED='sometimes' must be true, false or datadog_only; "
        "using false (default)"
    ]


@pytest.mark.parametrize("name", ["v3_series_modes", "v3_series_urls"])
def test_what_is_shown_may_be_written_in_the_environment(name: str) -> None:
    declared = SerializerSettings.fields[name]
    value = getattr(EXPECTED, name)
    assert declared.parse(shown(declared, value)) == value
