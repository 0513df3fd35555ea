"""Amazon ECS, on Fargate or on instances: one container of a task.

The original does not know it. The task metadata endpoint, version 4, answers with JSON; the tags
have the names that the Datadog Agent gives them. SIGTERM, and SIGKILL after the container's
``stopTimeout``, 30 s by default, at most 120 s on Fargate.
"""

import json
from collections.abc import Iterator

from serverless_init.platforms.platform import Answers, Description, Environ, Platform, Question

_ENDPOINT = "ECS_CONTAINER_METADATA_URI_V4"
_REGION_AT, _ACCOUNT_AT = 3, 4


def questions(environ: Environ) -> tuple[Question, ...]:
    """The container's own document, and the task's."""
    base = environ.get(_ENDPOINT, "").rstrip("/")
    if not base:
        return ()
    return (Question("container", base), Question("task", f"{base}/task"))


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """The tags of a container and its task, as far as they were told."""
    tags = dict(_task_tags(_texts(answers.get("task", b""))))
    tags |= _container_tags(_texts(answers.get("container", b"")))
    enhanced = {
        key: tags.get(key, "") for key in ("ecs_cluster_name", "region", "task_family", "origin")
    }
    enhanced["origin"] = "ecs"
    return Description(tags, enhanced, enhanced | {"instance": tags.get("task_arn", "")})


def _texts(body: bytes) -> dict[str, str]:
    """The entries of a JSON object that are texts; none when it is something else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: value for key, value in document.items() if isinstance(value, str) and value}


def _task_tags(task: dict[str, str]) -> Iterator[tuple[str, str]]:
    names = {
        "task_family": "Family",
        "task_version": "Revision",
        "ecs_service": "ServiceName",
        "availability_zone": "AvailabilityZone",
        "task_arn": "TaskARN",
    }
    yield from ((tag, task[entry]) for tag, entry in names.items() if entry in task)
    if "Cluster" in task:
        yield "ecs_cluster_name", task["Cluster"].rpartition("/")[2]
    if "LaunchType" in task:
        yield "ecs_launch_type", task["LaunchType"].lower()
    arn = task.get("TaskARN", "").split(":")
    if len(arn) > _ACCOUNT_AT:
        yield "region", arn[_REGION_AT]
        yield "aws_account", arn[_ACCOUNT_AT]


def _container_tags(container: dict[str, str]) -> dict[str, str]:
    names = {"container_id": "DockerId", "ecs_container_name": "Name", "docker_image": "Image"}
    tags = {tag: container[entry] for tag, entry in names.items() if entry in container}
    image = container.get("Image", "").partition("@")[0]
    name, colon, version = image.rpartition(":")
    if colon and "/" not in version:  # otherwise it is the port of a registry
        tags |= {"image_name": name, "image_tag": version}
    elif image:
        tags["image_name"] = image
    if image:
        tags["short_image"] = tags["image_name"].rpartition("/")[2]
    return tags


ECS = Platform(
    name="ecs",
    title="Amazon ECS",
    origin="ecs",
    variables=(_ENDPOINT,),
    grace_s=30.0,
    describe=describe,
    questions=questions,
    log_source="ecs",
    high_cardinality=frozenset({"container_id", "task_arn"}),
    known_to_original=False,
)
