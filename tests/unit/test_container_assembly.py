"""From the place of a run to the names and tags of metrics about the container."""

from serverless_init.container import subject_of
from serverless_init.enhanced import Subject
from serverless_init.platforms import CLOUD_RUN_JOB, Description, Place, Platform, TagSets

TAGS = TagSets(full=("f:1",), metric=("m:1",), enhanced=("e:1",), usage=("u:1",), trace=("t:1",))


def subject(
    origin: str, *, usage: str = "instance", legacy: str = "", job: bool = False
) -> Subject:
    platform = Platform(
        name=origin,
        title=origin,
        origin=origin,
        variables=(),
        grace_s=10.0,
        describe=lambda *_: Description({}),
        metric_prefix="p.",
        legacy_prefix=legacy,
        usage_suffix=usage,
        job=job,
    )
    return subject_of(Place(platform, TAGS))


def test_each_metric_has_the_tags_that_are_for_it() -> None:
    assert subject("cloudrun", legacy="old.") == Subject(
        prefix="p.",
        tags=("e:1",),
        usage="instance",
        usage_tags=("u:1",),
        legacy_prefix="old.",
        legacy_tags=("m:1",),
    )


def test_only_jobs_of_cloud_run_have_metrics_of_tasks() -> None:
    assert subject_of(Place(CLOUD_RUN_JOB, TAGS)) == Subject(
        prefix="gcp.run.container.",
        tags=("e:1",),
        usage="",
        usage_tags=("u:1",),
        task_prefix="gcp.run.job.",
        legacy_tags=("m:1",),
    )
    assert subject("containerappjob", job=True).task_prefix == ""


def test_the_start_and_end_of_a_micro_vm_are_told_elsewhere() -> None:
    assert not subject("lambdamicrovm").tells_start_and_end
    assert subject("local").tells_start_and_end
