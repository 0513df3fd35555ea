"""The sets of tags: precedence, what metrics don't get, and what goes with traces and profiles."""

import pytest

from serverless_init.config import TagSettings
from serverless_init.platforms import Mode, Place, as_mapping, configured_tags, detect, place_of

CLOUD_RUN = {"K_SERVICE": "shop"}
ANSWERS = {"container_id": b"ab12", "location": b"projects/1/regions/eu", "project_id": b"p"}


def place(
    environ: dict[str, str], settings: TagSettings | None = None, mode: Mode | None = None
) -> Place:
    return place_of(
        detect(environ),
        settings or TagSettings(),
        environ=environ,
        answers=ANSWERS,
        version="xxx",
        mode=mode or Mode(),
    )


def test_the_platforms_tag_wins_over_the_operators_and_that_over_the_unified_ones() -> None:
    settings = TagSettings(
        env="Prod", service="a", tags=("Env:Dev", "origin:mine"), extra_tags=("team:x:Y",)
    )
    full = place(CLOUD_RUN, settings).tags.full
    assert {"env:dev", "service:a", "team:x:y", "origin:cloudrun"} <= set(full)
    assert "origin:mine" not in full
    assert "env:prod" not in full


def test_metrics_do_not_get_what_tells_instances_apart() -> None:
    tags = place(CLOUD_RUN).tags
    assert tags.high_cardinality == ("container_id:ab12", "gcr.container_id:ab12")
    assert {"location:eu", "gcr.location:eu", "service_name:shop"} <= set(tags.metric)
    assert not set(tags.metric) & set(tags.high_cardinality)


def test_a_tag_of_high_cardinality_is_kept_off_metrics_whoever_gave_it() -> None:
    tags = place(CLOUD_RUN | {"K_REVISION": "r"}, TagSettings(tags=("container_id:z", "a:b"))).tags
    assert "a:b" in tags.metric
    assert not [tag for tag in tags.metric if tag.startswith("container_id")]


@pytest.mark.parametrize(
    ("mode", "tag", "own"),
    [
        (
            Mode(),
            "_dd.datadog_init_version:xxx",
            ("datadog_init_version:xxx", "sidecar:false"),
        ),
        (
            Mode(sidecar=True),
            "_dd.datadog_sidecar_version:xxx",
            ("datadog_sidecar_version:xxx", "sidecar:true"),
        ),
    ],
)
def test_the_mode_names_our_version(mode: Mode, tag: str, own: tuple[str, ...]) -> None:
    tags = place(CLOUD_RUN, mode=mode).tags
    assert tags.full[-1] == tag
    assert tags.enhanced[-2:] == own
    assert tags.usage[-2:] == own


def test_usage_has_only_what_the_platform_says() -> None:
    settings = TagSettings(env="prod", tags=("team:a",))
    assert place(CLOUD_RUN, settings).tags.usage == (
        "location:eu",
        "origin:cloudrun",
        "project_id:p",
        "revision_name:unknown",
        "service_name:shop",
        "instance:ab12",
        "datadog_init_version:xxx",
        "sidecar:false",
    )


def test_function_tags_are_those_that_were_configured() -> None:
    tags = place(CLOUD_RUN, TagSettings(env="prod", tags=("a:b",), extra_tags=("c:d",))).tags
    assert tags.function == ("a:b", "c:d")


def test_a_profile_of_a_function_names_it() -> None:
    function = place(CLOUD_RUN | {"FUNCTION_TARGET": "f"}).tags
    assert function.profile == ("_dd.origin:cloudrun", "functionname:shop")
    assert place(CLOUD_RUN).tags.profile == ("_dd.origin:cloudrun",)


def test_statistics_by_the_backend_are_asked_for_on_traces_alone() -> None:
    tags = place(CLOUD_RUN, mode=Mode(backend_trace_stats=True)).tags
    assert set(tags.trace) - set(tags.full) == {"_dd.compute_stats:1"}
    assert place(CLOUD_RUN).tags.trace == place(CLOUD_RUN).tags.full


def test_a_place_that_is_none_adds_nothing() -> None:
    settings = TagSettings(service="Shop", tags=("a:b", "bare"))
    tags = place({}, settings).tags
    assert tags.full == tags.metric == tags.trace == ("service:shop", "a:b")
    assert tags.full == configured_tags(settings)
    assert "local:true" in tags.enhanced


def test_a_tag_keeps_every_colon_but_the_first() -> None:
    assert as_mapping(("a:b:c", "D:E")) == {"a": "b:c", "D": "E"}


@pytest.mark.parametrize(
    ("suffix", "region"),
    [
        ("shop.bluebeach.eastus.azurecontainerapps.io", "eastus"),
        ("eastus.azurecontainerapps.io", "eastus"),
        ("azurecontainerapps.io", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_short_dns_suffix_has_no_region(suffix: str, region: str) -> None:
    """The original has crashed on fewer than three labels."""
    environ = {"CONTAINER_APP_NAME": "a", "CONTAINER_APP_ENV_DNS_SUFFIX": suffix}
    assert f"region:{region}" in place(environ).tags.full


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "DD_AZURE_SUBSCRIPTION_ID and DD_AZURE_RESOURCE_GROUP"),
        ({"DD_AZURE_RESOURCE_GROUP": "g"}, "DD_AZURE_SUBSCRIPTION_ID"),
        ({"DD_AZURE_SUBSCRIPTION_ID": "s"}, "DD_AZURE_RESOURCE_GROUP"),
    ],
)
def test_a_container_app_says_what_it_must_be_told(given: dict[str, str], missing: str) -> None:
    found = place({"CONTAINER_APP_NAME": "a", **given})
    assert found.problems == (f"{missing} not set: the tags that name the resource are missing",)
    assert not [tag for tag in found.tags.full if "resource.id" in tag or "resource_id" in tag]


@pytest.mark.parametrize(
    ("stack", "runtime"),
    [
        ({"WEBSITE_STACK": "DOCKER"}, "Container"),
        ({"WEBSITE_STACK": "", "DOCKER_SERVER_VERSION": "1"}, "Container"),
        ({"WEBSITE_STACK": ""}, "unknown"),
        ({"WEBSITE_STACK": "TOMCAT"}, "Java"),
        ({"WEBSITE_STACK": "DOTNETCORE"}, ".NET"),
        ({"WEBSITE_STACK": "COBOL"}, "unknown"),
        ({"WEBSITE_STACK": "NODE", "FUNCTIONS_WORKER_RUNTIME": "node"}, "node"),
    ],
)
def test_the_runtime_of_an_app_service_follows_from_its_stack(
    stack: dict[str, str], runtime: str
) -> None:
    assert f"aas.environment.runtime:{runtime}" in place(stack).tags.full


@pytest.mark.parametrize(
    ("arn", "region", "name"),
    [
        ("arn:aws:lambda:eu:1:microvm-image:shop:3", "eu", "shop:3"),
        ("arn:aws:lambda:eu:1:function:shop", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ],
)
def test_an_image_is_named_by_its_arn(arn: str, region: str, name: str) -> None:
    tags = place({"AWS_LAMBDA_MICROVM_IMAGE_ARN": arn}).tags.full
    assert {f"region:{region}", f"image_name:{name}", f"resource_id:{arn or 'unknown'}"} <= {*tags}
