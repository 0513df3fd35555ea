"""Attributes as text and as tags, and what a resource says of service, host and place."""

import json
import math
from binascii import b2a_base64
from collections.abc import Iterator

from serverless_init.otlp.values import AnyValue, Attributes

_TAGS = {
    "deployment.environment": "env",
    "deployment.environment.name": "env",
    "service.name": "service",
    "service.version": "version",
    "tags.datadoghq.com/env": "env",
    "tags.datadoghq.com/service": "service",
    "tags.datadoghq.com/version": "version",
}
_CONTAINER_TAGS = {
    "container.id": "container_id",
    "container.name": "container_name",
    "container.image.name": "image_name",
    "container.image.tag": "image_tag",
    "container.runtime": "runtime",
    "cloud.provider": "cloud_provider",
    "cloud.region": "region",
    "cloud.availability_zone": "zone",
    "aws.ecs.task.family": "task_family",
    "aws.ecs.task.arn": "task_arn",
    "aws.ecs.cluster.arn": "ecs_cluster_name",
    "aws.ecs.task.revision": "task_version",
    "aws.ecs.container.arn": "ecs_container_name",
    "k8s.container.name": "kube_container_name",
    "k8s.cluster.name": "kube_cluster_name",
    "k8s.deployment.name": "kube_deployment",
    "k8s.replicaset.name": "kube_replica_set",
    "k8s.statefulset.name": "kube_stateful_set",
    "k8s.daemonset.name": "kube_daemon_set",
    "k8s.job.name": "kube_job",
    "k8s.cronjob.name": "kube_cronjob",
    "k8s.namespace.name": "kube_namespace",
    "k8s.pod.name": "pod_name",
}
_LABELS = {
    "app.kubernetes.io/name": "kube_app_name",
    "app.kubernetes.io/instance": "kube_app_instance",
    "app.kubernetes.io/version": "kube_app_version",
    "app.kubernetes.io/part-of": "kube_app_part_of",
    "app.kubernetes.io/managed-by": "kube_app_managed_by",
}
# Names that are Datadog's own already.
_NAMES_OF_OURS = """
    architecture aws_account availability-zone availability_zone cluster_name container_id
    container_name docker_image ecs_cluster_name ecs_container_name host_id image_id image_name
    image_tag kube_app_component kube_app_instance kube_app_managed_by kube_app_name
    kube_app_part_of kube_app_version kube_cluster_name kube_container_name kube_cronjob
    kube_daemon_set kube_deployment kube_job kube_namespace kube_node kube_qos kube_replica_set
    kube_service kube_stateful_set persistentvolume persistentvolumeclaim pod_name pod_phase region
    runtime short_image task_arn task_family task_version zone
"""
_AS_THEY_ARE = frozenset(_NAMES_OF_OURS.split())
_CONTAINER_PREFIX = "datadog.container.tag."
_FARGATE = "fargate"
_LOOPBACK = """
    0.0.0.0 127.0.0.1 localhost localhost.localdomain localhost6.localdomain6 ip6-localhost
"""
_NO_HOSTS = frozenset(_LOOPBACK.split())
_CLOUDS = {"aws", "gcp", "azure"}


def text_of(value: AnyValue) -> str:
    """`value` as text: true and false, numbers, JSON of what has a structure, base64 of bytes."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return float_text(value)
        case bytes():
            return _base64(value)
        case list() | dict():
            return json_text(value)
        case _:
            return str(value)


def json_text(value: object) -> str:
    """`value` as compact JSON with sorted keys; what JSON has not becomes text."""
    return json.dumps(
        plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
    )


def plain(value: object) -> object:
    """`value` with bytes in base64, and numbers that are not finite as text."""
    match value:
        case bytes():
            return _base64(value)
        case float() if not math.isfinite(value):
            return float_text(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def float_text(value: float) -> str:
    """A number as Go prints it in full: without an exponent or a needless fraction."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def tags_of(attributes: Attributes) -> Iterator[str]:
    """Every attribute as a tag; one without a value gets ``n/a``."""
    for key, value in attributes.items():
        yield f"{key}:{text_of(value) or 'n/a'}"


def resource_tags(attributes: Attributes) -> tuple[str, ...]:
    """The tags of Datadog's that a resource stands for."""
    found: dict[str, str] = {}
    for key, value in attributes.items():
        name = _TAGS.get(key) or _CONTAINER_TAGS.get(key) or _LABELS.get(key)
        if name is None and key in _AS_THEY_ARE:
            name = key
        text = text_of(value) if name else ""
        if name and text:
            found.setdefault(name, text)
    if attributes.get("aws.ecs.launchtype") == _FARGATE:
        found.setdefault("task_arn", text_of(attributes.get("aws.ecs.task.arn")))
    return tuple(f"{name}:{text}" for name, text in found.items() if text)


def container_tags(attributes: Attributes) -> str:
    """The tags of a resource that say in which container, cluster and cloud it is."""
    found: dict[str, str] = {}
    for key, name in _CONTAINER_TAGS.items():
        text = text_of(attributes.get(key))
        if text:
            found[name] = text
    for key, value in attributes.items():
        if key.startswith(_CONTAINER_PREFIX):
            found.setdefault(key.removeprefix(_CONTAINER_PREFIX), text_of(value))
    # Those of the container and its pod come first, as the Agent has them.
    ordered = sorted(found.items(), key=lambda item: item[0] == "cloud_provider")
    return ",".join(f"{name}:{text}" for name, text in ordered)


def host_of(attributes: Attributes) -> str | None:
    """The host that a resource names: empty for one that has none, None when it does not say."""
    if attributes.get("aws.ecs.launchtype") == _FARGATE:
        return ""
    host = _named_host(attributes)
    return None if not host or host in _NO_HOSTS else host


def _named_host(attributes: Attributes) -> str:
    def text(key: str) -> str:
        return text_of(attributes.get(key))

    if text("host") or text("datadog.host.name"):
        return text("host") or text("datadog.host.name")
    provider = text("cloud.provider")
    if provider in _CLOUDS:
        if provider != "gcp":
            return text("host.id")
        short, account = text("host.name").partition(".")[0], text("cloud.account.id")
        return f"{short}.{account}" if short and account else ""
    node, cluster = text("k8s.node.name"), text("k8s.cluster.name")
    if node:
        return f"{node}-{cluster}" if cluster else node
    return text("host.id") or text("host.name")


def _base64(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode()
