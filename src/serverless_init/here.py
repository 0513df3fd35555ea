"""Where this run is, from the environment alone: the names and tags of metrics about the container.

What only a platform's metadata would say is ``unknown``.
"""

from collections.abc import Mapping

from serverless_init import __version__
from serverless_init.config import Configuration, TagSettings
from serverless_init.platforms import Description, Place, Platform, TagSets, configured_tags

_UNKNOWN = "unknown"
# By name: metric prefix, legacy prefix, usage suffix.
_NAMES = {
    "cloudrun": ("gcp.run.container.", "gcp.run.", "instance"),
    "cloudrunjobs": ("gcp.run.container.", "", ""),
    "containerapp": ("azure.app_containerapps.", "azure.containerapp.", "replica"),
    "appservice": ("azure.app_services.", "azure.appservice.", "instance"),
    "lambdamicrovm": ("aws.lambda.microvm.", "", "instance"),
}
_LOCAL = ("datadog.serverless_agent.", "", "instance")
# By name: the variables of the tags of metrics about the container.
_ENHANCED = {
    "cloudrun": {
        "location": "",
        "project_id": "",
        "revision_name": "K_REVISION",
        "service_name": "K_SERVICE",
    },
    "cloudrunjobs": {"job_name": "CLOUD_RUN_JOB", "location": "", "project_id": ""},
}


def place_of(
    name: str, environ: Mapping[str, str], configuration: Configuration, *, sidecar: bool
) -> Place:
    """The place of a run on the platform of that name."""
    prefix, legacy, usage = _NAMES.get(name, _LOCAL)
    platform = Platform(
        name=name,
        title=name,
        origin=name,
        variables=(),
        grace_s=0.0,
        describe=lambda *_: Description({}),
        metric_prefix=prefix,
        legacy_prefix=legacy,
        usage_suffix=usage,
        job=name == "cloudrunjobs",
    )
    configured = configured_tags(configuration.of(TagSettings))
    own = {
        key: environ.get(variable) or _UNKNOWN for key, variable in _ENHANCED.get(name, {}).items()
    }
    about = [f"{key}:{value}" for key, value in {**own, "origin": name}.items()]
    version = "datadog_sidecar_version" if sidecar else "datadog_init_version"
    common = (f"{version}:{__version__}", f"sidecar:{str(sidecar).lower()}")
    return Place(
        platform,
        TagSets(
            metric=configured,
            enhanced=(*configured, *about, *common),
            usage=(*about, f"instance:{_UNKNOWN}", *common),
            trace=(*configured, *about),
        ),
    )
