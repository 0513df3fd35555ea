"""Azure Container Apps: one replica of an app's revision.

SIGTERM, and SIGKILL after ``terminationGracePeriodSeconds``, which is 30 unless the app says so.
"""

from serverless_init.platforms import azure
from serverless_init.platforms.platform import Answers, Description, Environ, Platform

_ORIGIN = "containerapp"


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """The tags of a replica. Four pairs are always there, even empty."""
    app = environ.get("CONTAINER_APP_NAME", "")
    region = azure.region(environ)
    revision = environ.get("CONTAINER_APP_REVISION", "")
    replica = environ.get("CONTAINER_APP_REPLICA_NAME", "")
    owner = azure.owner(environ, "containerapps", app)
    tags = {
        "app_name": app,
        "aca.app.name": app,
        "region": region,
        "aca.app.region": region,
        "revision": revision,
        "aca.app.revision": revision,
        "replica_name": replica,
        "aca.replica.name": replica,
        **owner,
    }
    usage = {
        "name": app,
        "origin": _ORIGIN,
        "resource_group": owner.get("resource_group", ""),
        "subscription_id": owner.get("subscription_id", ""),
    }
    enhanced = usage | {"region": region, "revisionname": revision}
    problems = azure.problems(environ)
    return Description(tags, enhanced, usage | {"replica": replica}, problems=problems)


CONTAINER_APP = Platform(
    name="container_app",
    title="Azure Container Apps",
    origin=_ORIGIN,
    variables=("CONTAINER_APP_NAME",),
    grace_s=30.0,
    describe=describe,
    log_source=_ORIGIN,
    metric_prefix="azure.app_containerapps.",
    legacy_prefix="azure.containerapp.",
    usage_suffix="replica",
    high_cardinality=frozenset({"replica_name", "aca.replica.name"}),
)
