"""Cloud Run service.

Container contract: SIGTERM, and SIGKILL 10 s later. ``K_SERVICE``, ``K_REVISION`` and
``K_CONFIGURATION`` are set in every instance.
"""

from serverless_init.platforms import gcp
from serverless_init.platforms.platform import Answers, Description, Environ, Platform

_PREFIX = "gcr"
_VARIABLES = {
    "revision_name": "K_REVISION",
    "service_name": "K_SERVICE",
    "configuration_name": "K_CONFIGURATION",
}
METRIC_PREFIX = "gcp.run.container."
LEGACY_PREFIX = "gcp.run."
ORIGIN = "cloudrun"
GRACE_S = 10.0


def describe(environ: Environ, answers: Answers) -> Description:
    """The tags of a service's instance."""
    return described(environ, gcp.facts(answers), prefix=_PREFIX)


def described(
    environ: Environ, known: dict[str, str], *, prefix: str, function: str = ""
) -> Description:
    """What services and functions have in common; a `function` is a part of its service."""
    named = {key: environ.get(variable, "") for key, variable in _VARIABLES.items()}
    tags = gcp.prefixed(known | {k: v for k, v in named.items() if v}, prefix)
    resource = gcp.resource_name(known, "services", named["service_name"])
    if resource:
        tags[f"{prefix}.resource_name"] = (
            f"{resource}/functions/{function}" if function else resource
        )
    enhanced = {
        "location": known.get("location", ""),
        "origin": ORIGIN,
        "project_id": known.get("project_id", ""),
        "revision_name": named["revision_name"],
        "service_name": named["service_name"],
    }
    usage = enhanced | {"instance": known.get("container_id", "")}
    return Description(tags, enhanced, usage)


CLOUD_RUN = Platform(
    name="cloud_run",
    title="Cloud Run service",
    origin=ORIGIN,
    variables=("K_SERVICE",),
    grace_s=GRACE_S,
    describe=describe,
    questions=gcp.questions,
    log_source=ORIGIN,
    metric_prefix=METRIC_PREFIX,
    legacy_prefix=LEGACY_PREFIX,
    high_cardinality=frozenset({"container_id", "gcr.container_id"}),
)
