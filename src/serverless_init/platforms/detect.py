"""Which platform this is: the first whose variables are all present wins, even when empty."""

from collections.abc import Mapping

from serverless_init.platforms.app_runner import APP_RUNNER
from serverless_init.platforms.app_service import APP_SERVICE
from serverless_init.platforms.cloud_run import CLOUD_RUN
from serverless_init.platforms.cloud_run_function import CLOUD_RUN_FUNCTION
from serverless_init.platforms.cloud_run_job import CLOUD_RUN_JOB
from serverless_init.platforms.container_app import CONTAINER_APP
from serverless_init.platforms.container_app_job import CONTAINER_APP_JOB
from serverless_init.platforms.ecs import ECS
from serverless_init.platforms.kubernetes import KUBERNETES
from serverless_init.platforms.local import LOCAL
from serverless_init.platforms.micro_vm import MICRO_VM
from serverless_init.platforms.platform import Platform

# In order of precedence. Those that the original knows stand in its order; one without variables
# is never detected, only named.
PLATFORMS = (
    MICRO_VM,
    CLOUD_RUN_FUNCTION,
    CLOUD_RUN,
    CLOUD_RUN_JOB,
    CONTAINER_APP_JOB,
    CONTAINER_APP,
    APP_SERVICE,
    ECS,
    KUBERNETES,
    APP_RUNNER,
    LOCAL,
)


def detect(environ: Mapping[str, str], named: str = "") -> Platform:
    """The platform of that name; without one, the first that is recognised, else local."""
    for platform in PLATFORMS:
        recognised = platform.variables and all(v in environ for v in platform.variables)
        if platform.name == named if named else recognised:
            return platform
    return LOCAL
