"""Names, kinds and tags of what is told, by platform."""

import pytest

from serverless_init.enhanced import Subject
from serverless_init.model import MetricKind, MetricSample

TAGS, USAGE_TAGS, LEGACY_TAGS = ("origin:x",), ("instance:1",), ("revision_name:r",)
DISTRIBUTION, GAUGE = MetricKind.DISTRIBUTION, MetricKind.GAUGE

SERVICE = Subject("gcp.run.container.", TAGS, "instance", USAGE_TAGS, "", "gcp.run.", LEGACY_TAGS)
JOB = Subject("gcp.run.container.", TAGS, task_prefix="gcp.run.job.")
MICRO_VM = Subject("aws.lambda.microvm.", TAGS, "instance", USAGE_TAGS, tells_start_and_end=False)


def sample(name: str, tags: tuple[str, ...], value: float = 1.0) -> MetricSample:
    encoded = tuple(tag.encode() for tag in tags)
    return MetricSample(name.encode(), DISTRIBUTION, (value,), tags=encoded)


def test_a_service_tells_start_and_end_under_its_new_and_its_old_name() -> None:
    assert SERVICE.started() == [
        sample("gcp.run.container.enhanced.cold_start", TAGS),
        sample("gcp.run.enhanced.cold_start", LEGACY_TAGS),
    ]
    assert SERVICE.ended(succeeded=True, duration_ms=5.0) == [
        sample("gcp.run.container.enhanced.shutdown", TAGS),
        sample("gcp.run.enhanced.shutdown", LEGACY_TAGS),
    ]


@pytest.mark.parametrize(("succeeded", "tag"), [(True, "true"), (False, "false")])
def test_a_job_tells_whether_its_task_succeeded_and_how_long_it_took(
    succeeded: bool, tag: str
) -> None:
    tags = ("origin:x", f"succeeded:{tag}")
    assert JOB.started() == [sample("gcp.run.job.enhanced.task.started", TAGS)]
    assert JOB.ended(succeeded=succeeded, duration_ms=1250.5) == [
        sample("gcp.run.job.enhanced.task.ended", tags),
        sample("gcp.run.job.enhanced.task.duration", tags, 1250.5),
    ]


def test_instances_are_counted_by_a_gauge_with_tags_of_its_own() -> None:
    encoded = tuple(tag.encode() for tag in USAGE_TAGS)
    name = b"gcp.run.container.enhanced.instance"
    assert SERVICE.alive() == [MetricSample(name, GAUGE, (1.0,), tags=encoded)]
    assert JOB.alive() == []


def test_what_is_measured_of_a_job_has_the_containers_prefix() -> None:
    assert JOB.measured([("cpu.usage", 5e8)]) == [
        sample("gcp.run.container.enhanced.cpu.usage", TAGS, 5e8)
    ]


def test_a_micro_vm_tells_neither_start_nor_end() -> None:
    assert MICRO_VM.started() == []
    assert MICRO_VM.ended(succeeded=True, duration_ms=1.0) == []
    assert len(MICRO_VM.alive()) == 1
