"""What kind of thing we run as, and its name in its provider's registry, from the place's tags."""

from collections.abc import Mapping
from dataclasses import dataclass

_RUN = "//run.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Resource:
    """One workload. `parent` is what a revision belongs to; empty fields are not known."""

    workload_type: str
    id: str
    name: str
    parent: str = ""


def resource_of(platform: str, tags: Mapping[str, str]) -> Resource | None:
    """The resource of a run on the platform of that name; None when it has no id."""
    resource = _resource(platform, tags)
    return resource if resource and resource.id else None


def _resource(platform: str, tags: Mapping[str, str]) -> Resource | None:
    match platform:
        case "cloud_run":
            return _revision("cloud_run_service", "gcr", tags)
        case "cloud_run_function":
            return _revision("cloud_run_function", "gcrfx", tags)
        case "cloud_run_job":
            path = tags.get("gcrj.resource_name", "")
            return Resource("cloud_run_job", _RUN + path if path else "", tags.get("job_name", ""))
        case "container_app":
            arm = tags.get("resource_id", "").lower()
            return Resource("azure_container_app", arm, tags.get("app_name", ""))
        case "app_service":
            is_function = tags.get("aas.site.kind") == "functionapp"
            kind = "azure_function" if is_function else "azure_app_service"
            arm = tags.get("aas.resource.id", "").lower()
            return Resource(kind, arm, tags.get("aas.site.name", ""))
        case "micro_vm":
            arn = tags.get("resource_id", "")
            known = arn if arn.startswith("arn:") else ""
            return Resource("aws_lambda_microvm", known, tags.get("image_name", ""))
        case _:
            return None


def _revision(kind: str, prefix: str, tags: Mapping[str, str]) -> Resource:
    path, revision = tags.get(f"{prefix}.resource_name", ""), tags.get("revision_name", "")
    name = tags.get("service_name", "")
    if not path:
        return Resource(kind, "", name)
    if not revision:
        return Resource(kind, _RUN + path, name)
    return Resource(kind, f"{_RUN}{path}/revisions/{revision}", name, _RUN + path)
