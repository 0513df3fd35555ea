import pytest

from serverless_init.model import Origin
from serverless_init.serializer import dogstatsd_origin


@pytest.mark.parametrize(
    ("platform", "category"),
    [
        ("local", 0),
        ("cloudrun", 36),
        ("cloudrunjobs", 36),
        ("containerapp", 37),
        ("appservice", 35),
        ("lambdamicrovm", 38),
        ("a platform of tomorrow", 0),
    ],
)
def test_the_platform_gives_the_category(platform: str, category: int) -> None:
    assert dogstatsd_origin(platform)(b"shop.orders") == Origin(1, category, 472)


@pytest.mark.parametrize(
    ("name", "service"),
    [
        (b"shop.orders", 472),
        (b"runtime.go.num_goroutine", 474),
        (b"jvm.heap_memory", 474),
        (b"gcp.run.job.enhanced.task.ended", 473),
        (b"aws.lambda.enhanced.duration", 473),
        (b"azure.functions.enhanced.cpu", 473),
        (b"azure.app_containerapps.enhanced.cpu.usage", 473),
        (b"azure.containerapp.enhanced.cold_start", 473),
        (b"azure.app_services.enhanced.shutdown", 473),
        (b"azure.appservice.enhanced.shutdown", 473),
        (b"azure.app_services.requests", 472),
        (b"gcp.run", 473),
        (b"gcp.runner.count", 472),
        (b"gcp", 472),
        (b"runtime", 472),
        (b"jvms.count", 472),
        (b"my.jvm.heap", 472),
        (b"", 472),
    ],
)
def test_the_name_gives_the_service(name: bytes, service: int) -> None:
    assert dogstatsd_origin("cloudrun")(name) == Origin(1, 36, service)


def test_datadogs_own_metrics_have_no_origin() -> None:
    assert dogstatsd_origin("cloudrun")(b"datadog.dogstatsd.client.metrics") is None


def test_metrics_about_a_container_on_no_known_platform_are_serverless() -> None:
    name = b"datadog.serverless_agent.enhanced.cold_start"
    assert dogstatsd_origin("local")(name) == Origin(1, 0, 0)


def test_a_name_that_only_begins_like_datadogs_has_an_origin() -> None:
    assert dogstatsd_origin("cloudrun")(b"datadogs.count") == Origin(1, 36, 472)
