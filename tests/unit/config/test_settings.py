"""The declarations: each is plausible, and settings behave as values."""

import pytest

from serverless_init.config import DogStatsDSettings, ForwarderSettings
from serverless_init.config.components import COMPONENTS
from serverless_init.config.declare import Setting
from serverless_init.config.load import shown
from serverless_init.config.settings import SIDECAR_DEFAULTS

# What an empty value of a setting with a structure is in the environment.
EMPTY = {
    "additional_endpoints": "{}",
    "apm_config.analyzed_rate_by_service": "{}",
    "apm_config.analyzed_spans": "{}",
    "apm_config.additional_endpoints": "{}",
    "apm_config.profiling_additional_endpoints": "{}",
    "apm_config.replace_tags": "[]",
    "otlp_config.receiver.protocols.grpc.endpoint": "localhost:4317",
    "otlp_config.receiver.protocols.http.endpoint": "localhost:4318",
    "otlp_config.traces.span_name_remappings": "{}",
    "use_v3_api.series.endpoints": "{}",
    "logs_config.additional_endpoints": "[]",
    "logs_config.processing_rules": "[]",
    "dogstatsd_mapper_profiles": "[]",
    "metric_tag_filterlist": "[]",
}
# The variables of the Agent that are not named for their key.
ODD_VARIABLES = {
    "apm_config.apm_dd_url": "DD_APM_DD_URL",
    "apm_config.apm_non_local_traffic": "DD_APM_NON_LOCAL_TRAFFIC",
    "apm_config.errors_per_second": "DD_APM_ERROR_TPS",
    "apm_config.max_events_per_second": "DD_APM_MAX_EPS",
    "apm_config.target_traces_per_second": "DD_APM_TARGET_TPS",
    "serverless.trace_enabled": "DD_TRACE_ENABLED",
}
DECLARED = [s for component in COMPONENTS for s in component.fields.values()]


@pytest.mark.parametrize("declared", DECLARED, ids=lambda s: s.yaml)
def test_a_default_is_a_value_that_the_setting_can_have(declared: Setting) -> None:
    written = shown(declared, declared.default)
    if written:
        assert declared.parse(written) == declared.default


@pytest.mark.parametrize("declared", [s for s in DECLARED if s.default in ("", ())])
def test_an_empty_default_is_of_the_type_that_its_parser_gives(declared: Setting) -> None:
    assert type(declared.parse(EMPTY.get(declared.yaml, "x"))) is type(declared.default)


def test_no_two_settings_have_the_same_name() -> None:
    keys = [s.yaml for s in DECLARED]
    variables = [name for s in DECLARED for name in (s.env, *s.aliases)]
    assert len(set(keys)) == len(keys)
    assert len(set(variables)) == len(variables)


def test_a_variable_is_the_key_in_capitals() -> None:
    def regular(key: str) -> list[str]:
        whole = "DD_" + key.upper().replace(".", "_")
        return [whole, whole.replace("DD_APM_CONFIG_", "DD_APM_")]

    assert {s.yaml: s.env for s in DECLARED if s.env not in regular(s.yaml)} == ODD_VARIABLES


def test_a_key_with_a_dot_has_a_group_that_is_no_key() -> None:
    keys = {s.yaml for s in DECLARED}
    assert [key for key in keys if key.rpartition(".")[0] in keys] == []


def test_the_sidecar_changes_only_settings_that_exist() -> None:
    assert SIDECAR_DEFAULTS.keys() <= {s.yaml for s in DECLARED}


def test_settings_are_given_by_name_and_otherwise_have_their_defaults() -> None:
    settings = DogStatsDSettings(port=9)
    assert (settings.port, settings.bind_host) == (9, "localhost")


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError, match=r"DogStatsDSettings\.port"):
        DogStatsDSettings().port = 1


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="no field prot"):
        DogStatsDSettings(prot=1)


def test_settings_with_equal_values_are_equal() -> None:
    assert DogStatsDSettings(port=1) == DogStatsDSettings(port=1) != DogStatsDSettings(port=2)


def test_a_secret_is_not_in_the_representation() -> None:
    assert "0123456789abcdef" not in repr(ForwarderSettings(api_key="0123456789abcdef"))
