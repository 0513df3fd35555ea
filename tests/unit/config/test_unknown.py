"""Names that are no setting: whose they are, and which setting was meant."""

import pytest

from serverless_init.config import load
from serverless_init.config.unknown import edit_distance, nearest


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("DD_DOGSTATSD_PROT", "DD_DOGSTATSD_PORT"),
        ("DD_APIKEY", "DD_API_KEY"),
        ("DD_API_KEYS", "DD_API_KEY"),
        ("DD_SITES", "DD_SITE"),
        ("DD_TAG", "DD_TAGS"),
        ("DD_LOGLEVEL", "DD_LOG_LEVEL"),
        ("DD_FORWARDER_STOP_TIMOUT", "DD_FORWARDER_STOP_TIMEOUT"),
        ("DD_DOGSTATSD_NONLOCAL_TRAFIC", "DD_DOGSTATSD_NON_LOCAL_TRAFFIC"),
    ],
)
def test_a_misspelt_variable_is_told_what_was_meant(written: str, meant: str) -> None:
    misspelt, others = load({written: "1"}).unknown()
    assert misspelt == [f"unknown setting {written}; did you mean {meant}?"]
    assert others == []


@pytest.mark.parametrize("name", ["DD_FOO", "DD_CLOUD_FOUNDRY_BUILDPACK", "DD_X"])
def test_an_unknown_name_close_to_nothing_is_only_remarked(name: str) -> None:
    assert load({name: "1"}).unknown() == ([], [f"unknown setting {name}"])


@pytest.mark.parametrize(
    "name",
    [
        "DD_AGENT_HOST",
        "DD_TRACE_AGENT_URL",
        "DD_TRACE_ENABLED",
        "DD_APM_ENABLED",
        "DD_LOGS_ENABLED",
        "DD_LOGS_INJECTION",
        "DD_PROFILING_ENABLED",
        "DD_APPSEC_ENABLED",
        "DD_IAST_ENABLED",
        "DD_LLMOBS_ENABLED",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED",
        "DD_REMOTE_CONFIGURATION_ENABLED",
        "DD_RUNTIME_METRICS_ENABLED",
        "DD_GIT_COMMIT_SHA",
        "DD_AZURE_SUBSCRIPTION_ID",
        "DD_AWS_MICROVM_TAGS",
        "DD_AAS_INSTANCE_LOGGING_ENABLED",
        "DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT",
        "DD_ENHANCED_METRICS",
        "DD_SERVERLESS_LOG_PATH",
        "DD_SOURCE",
        "DD_ENTITY_ID",
        "DD_PROXY_HTTPS",
        "PATH",
        "dd_dogstatsd_prot",
    ],
)
def test_a_name_that_is_somebody_elses_is_left_alone(name: str) -> None:
    assert load({name: "1"}).unknown() == ([], [])


@pytest.mark.parametrize(
    "key",
    [
        "additional_endpoints",
        "aggregator_buffer_size",
        "allow_arbitrary_tags",
        "dogstatsd_eol_required",
        "dogstatsd_pipe_name",
        "dogstatsd_queue_size",
        "dogstatsd_workers_count",
        "forwarder_connection_reset_interval",
        "forwarder_http_protocol",
        "forwarder_low_prio_buffer_size",
        "forwarder_requeue_buffer_size",
        "forwarder_retry_queue_max_size",
        "forwarder_storage_path",
        "log_payloads",
        "min_tls_version",
        "origin_detection_unified",
        "statsd_forward_port",
        "statsd_metric_namespace",
    ],
)
def test_a_key_of_the_agent_is_not_taken_for_a_misspelt_one(key: str) -> None:
    assert load({"DD_" + key.upper(): "1"}, yaml_text=f"{key}: 1").unknown()[0] == []


def test_unknown_keys_of_the_file_are_named_with_it() -> None:
    document = "dogstatsd_prot: 1\nserverless: {recepit: log}\nfoo: {bar: 1}\nlogs_enabled: true"
    misspelt, others = load({}, yaml_text=document, yaml_path="/x.yaml").unknown()
    assert misspelt == [
        "unknown setting dogstatsd_prot in /x.yaml; did you mean dogstatsd_port?",
        "unknown setting serverless.recepit in /x.yaml; did you mean serverless.receipt?",
    ]
    assert others == ["unknown setting foo in /x.yaml"]


def test_the_search_ends_after_fifty_names() -> None:
    names = {f"DD_AAA_{i:02}": "1" for i in range(50)}
    misspelt, others = load({**names, "DD_SITES": "1"}).unknown()
    assert (misspelt, len(others)) == ([], 51)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "abc", 0),
        ("abc", "abd", 1),
        ("abc", "ab", 1),
        ("prot", "port", 1),
        ("ab", "ba", 1),
        ("kitten", "sitting", 3),
    ],
)
def test_a_distance_counts_letters_and_swaps(a: str, b: str, distance: int) -> None:
    assert edit_distance(a, b) == distance
    assert edit_distance(b, a) == distance


def test_a_short_name_may_differ_in_one_letter_only() -> None:
    assert nearest("DD_UEL", ["DD_URL"]) == "DD_URL"
    assert nearest("DD_UXX", ["DD_URL"]) is None
