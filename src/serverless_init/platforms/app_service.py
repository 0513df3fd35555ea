"""Azure App Service, on Linux: a web app, or a Function App when a worker runtime is named.

SIGTERM, and SIGKILL after ``WEBSITES_SHUTDOWN_TIMEOUT``, 30 s by default.
"""

from serverless_init.platforms.platform import UNKNOWN, Answers, Description, Environ, Platform

_ORIGIN = "appservice"
_RUNTIMES = {
    "DOCKER": "Container",
    "NODE": "Node.js",
    "PYTHON": "Python",
    "JAVA": "Java",
    "TOMCAT": "Java",
    "DOTNETCORE": ".NET",
    "PHP": "PHP",
}


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """The tags of one instance. All are always there, some perhaps empty."""
    site, group = environ.get("WEBSITE_SITE_NAME", ""), environ.get("WEBSITE_RESOURCE_GROUP", "")
    owner, plus, _ = environ.get("WEBSITE_OWNER_NAME", "").partition("+")
    subscription = owner if plus else ""
    instance = environ.get("COMPUTERNAME") or UNKNOWN
    region = environ.get("REGION_NAME", "")
    is_function = "FUNCTIONS_WORKER_RUNTIME" in environ
    tags = {
        "app_name": site,
        "region": region,
        "aas.environment.instance_id": environ.get("WEBSITE_INSTANCE_ID") or UNKNOWN,
        "aas.environment.instance_name": instance,
        "aas.environment.os": "linux",
        "aas.environment.runtime": _runtime(environ),
        "aas.resource.group": group,
        "aas.resource.id": _resource_id(subscription, group, site),
        "aas.site.kind": "functionapp" if is_function else "app",
        "aas.site.name": site,
        "aas.site.type": "app",
        "aas.subscription.id": subscription,
    }
    if is_function:
        tags["aas.environment.function_runtime"] = environ.get("FUNCTIONS_EXTENSION_VERSION", "")
    enhanced = {
        "name": site,
        "origin": _ORIGIN,
        "region": region,
        "resource_group": group,
        "subscription_id": subscription,
    }
    return Description(tags, enhanced, enhanced | {"instance": instance})


def _runtime(environ: Environ) -> str:
    if "FUNCTIONS_WORKER_RUNTIME" in environ:
        return environ["FUNCTIONS_WORKER_RUNTIME"]
    stack = environ.get("WEBSITE_STACK", "")
    if not stack and environ.get("DOCKER_SERVER_VERSION"):
        return "Container"
    return _RUNTIMES.get(stack, UNKNOWN)


def _resource_id(subscription: str, group: str, site: str) -> str:
    if not (subscription and group and site):
        return ""
    resource = f"/subscriptions/{subscription}/resourcegroups/{group}"
    return f"{resource}/providers/microsoft.web/sites/{site}"


APP_SERVICE = Platform(
    name="app_service",
    title="Azure App Service",
    origin=_ORIGIN,
    variables=("WEBSITE_STACK",),
    grace_s=30.0,
    describe=describe,
    log_source=_ORIGIN,
    metric_prefix="azure.app_services.",
    legacy_prefix="azure.appservice.",
)
