"""Where a metric comes from, in the intake's registry: product, category, service.

Numbers: spec of the intake, section 3.11 (the registry is Datadog's and is shared by its agents).
"""

from collections.abc import Callable

from serverless_init.model import Origin

PRODUCT_SERVERLESS = 1
CATEGORY_UNKNOWN = 0
CATEGORY_APP_SERVICE = 35
CATEGORY_CLOUD_RUN = 36
CATEGORY_CONTAINER_APP = 37
CATEGORY_LAMBDA = 38
SERVICE_UNKNOWN = 0
SERVICE_CUSTOM = 472
SERVICE_ENHANCED = 473
SERVICE_RUNTIME = 474

_RUNTIME_PREFIXES = (b"runtime.", b"jvm.")
_OWN_PREFIX = b"datadog."
# Of metrics about the container where no platform is recognised.
_SERVERLESS_PREFIX = b"datadog.serverless_agent."
# The first two parts of the names of metrics about a container, a function or a job itself.
_ENHANCED_PREFIXES = (b"aws.lambda.", b"gcp.run.", b"azure.functions.")
# Of services whose names users may have in theirs.
_ENHANCED_NAMES = (
    b"azure.app_containerapps.enhanced.",
    b"azure.containerapp.enhanced.",
    b"azure.app_services.enhanced.",
    b"azure.appservice.enhanced.",
)


def dogstatsd_origin(platform: str) -> Callable[[bytes], Origin | None]:
    """The origin of a DogStatsD metric by its name, on the platform of that name.

    An unknown platform has category 0. Names starting with ``datadog.`` have no origin, but for
    those of metrics about the container.
    """
    category = _category(platform)
    custom = Origin(PRODUCT_SERVERLESS, category, SERVICE_CUSTOM)
    enhanced = Origin(PRODUCT_SERVERLESS, category, SERVICE_ENHANCED)
    runtime = Origin(PRODUCT_SERVERLESS, category, SERVICE_RUNTIME)
    serverless = Origin(PRODUCT_SERVERLESS, CATEGORY_UNKNOWN, SERVICE_UNKNOWN)

    def origin(name: bytes) -> Origin | None:
        if name.startswith(_OWN_PREFIX):
            return serverless if name.startswith(_SERVERLESS_PREFIX) else None
        if name.startswith(_RUNTIME_PREFIXES):
            return runtime
        if (name + b".").startswith(_ENHANCED_PREFIXES) or name.startswith(_ENHANCED_NAMES):
            return enhanced
        return custom

    return origin


def _category(platform: str) -> int:
    match platform:
        case "cloudrun" | "cloudrunjobs":
            return CATEGORY_CLOUD_RUN
        case "containerapp":
            return CATEGORY_CONTAINER_APP
        case "appservice":
            return CATEGORY_APP_SERVICE
        case "lambdamicrovm":
            return CATEGORY_LAMBDA
        case _:
            return CATEGORY_UNKNOWN
