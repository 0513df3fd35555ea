"""Which platform an environment is, as a table; its order is the precedence."""

import pytest

from serverless_init.config.settings_platform import PLATFORMS as NAMES
from serverless_init.platforms import LOCAL, PLATFORMS, detect

MICRO_VM = "AWS_LAMBDA_MICROVM_IMAGE_ARN"
ECS = "ECS_CONTAINER_METADATA_URI_V4"


@pytest.mark.parametrize(
    ("variables", "name", "origin", "grace_s"),
    [
        (MICRO_VM, "micro_vm", "lambdamicrovm", 10.0),
        (f"{MICRO_VM} K_SERVICE FUNCTION_TARGET", "micro_vm", "lambdamicrovm", 10.0),
        ("K_SERVICE FUNCTION_TARGET", "cloud_run_function", "cloudrun", 10.0),
        ("K_SERVICE", "cloud_run", "cloudrun", 10.0),
        ("K_SERVICE CLOUD_RUN_JOB", "cloud_run", "cloudrun", 10.0),
        ("FUNCTION_TARGET", "local", "local", 10.0),
        ("CLOUD_RUN_JOB", "cloud_run_job", "cloudrunjobs", 10.0),
        ("CLOUD_RUN_JOB CONTAINER_APP_NAME", "cloud_run_job", "cloudrunjobs", 10.0),
        ("CONTAINER_APP_JOB_NAME", "container_app_job", "containerappjobs", 30.0),
        (
            "CONTAINER_APP_NAME CONTAINER_APP_JOB_NAME",
            "container_app_job",
            "containerappjobs",
            30.0,
        ),
        ("CONTAINER_APP_NAME", "container_app", "containerapp", 30.0),
        ("CONTAINER_APP_NAME WEBSITE_STACK", "container_app", "containerapp", 30.0),
        ("CONTAINER_APP_NAME KUBERNETES_SERVICE_HOST", "container_app", "containerapp", 30.0),
        ("WEBSITE_STACK", "app_service", "appservice", 30.0),
        ("WEBSITE_STACK FUNCTIONS_WORKER_RUNTIME", "app_service", "appservice", 30.0),
        (ECS, "ecs", "ecs", 30.0),
        (f"{ECS} KUBERNETES_SERVICE_HOST", "ecs", "ecs", 30.0),
        ("KUBERNETES_SERVICE_HOST", "kubernetes", "kubernetes", 30.0),
        ("AWS_REGION AWS_EXECUTION_ENV", "local", "local", 10.0),
        ("", "local", "local", 10.0),
    ],
)
def test_the_first_platform_whose_variables_are_present_wins_even_empty(
    variables: str, name: str, origin: str, grace_s: float
) -> None:
    platform = detect(dict.fromkeys(variables.split(), ""))
    assert (platform.name, platform.origin, platform.grace_s) == (name, origin, grace_s)


def test_a_name_decides_whatever_the_environment_says() -> None:
    assert detect({"K_SERVICE": "shop"}, "app_runner").name == "app_runner"
    assert detect({"K_SERVICE": "shop"}, "local") is LOCAL


def test_what_can_be_named_is_what_can_be_detected() -> None:
    assert tuple(platform.name for platform in PLATFORMS) == NAMES


def test_metrics_of_instances_have_the_prefixes_that_dashboards_know() -> None:
    prefixes = {p.name: p.metric_prefix for p in PLATFORMS if p.known_to_original}
    assert prefixes == {
        "micro_vm": "aws.lambda.microvm.",
        "cloud_run_function": "gcp.run.container.",
        "cloud_run": "gcp.run.container.",
        "cloud_run_job": "gcp.run.container.",
        "container_app": "azure.app_containerapps.",
        "app_service": "azure.app_services.",
        "local": "datadog.serverless_agent.",
    }
    others = {p.metric_prefix for p in PLATFORMS if not p.known_to_original}
    assert others == {"datadog.serverless_agent."}
