"""The settings of the place where we run: see `serverless_init.config.settings`.

Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import one_of, text

PLATFORMS = (
    "micro_vm",
    "cloud_run_function",
    "cloud_run",
    "cloud_run_job",
    "container_app_job",
    "container_app",
    "app_service",
    "ecs",
    "kubernetes",
    "app_runner",
    "local",
)


class PlatformSettings(Settings):
    """Where we run, as far as nobody but the operator can tell."""

    name: str = setting(
        "auto",
        one_of("auto", *PLATFORMS),
        yaml="serverless.platform",
        help="The platform. auto tells it from the environment; a name is for a place that cannot "
        "be told, which App Runner is, or one whose tags are not wanted (local).",
    )
    azure_subscription_id: str = setting(
        "",
        text,
        yaml="azure_subscription_id",
        help="The subscription of a Container App or its job, which does not know it itself.",
    )
    azure_resource_group: str = setting(
        "",
        text,
        yaml="azure_resource_group",
        help="Its resource group.",
    )
    tracers: str = setting(
        "/dd_tracer",
        text,
        yaml="serverless.tracer_path",
        help="Folder of the tracers that the image brings along: the first of its subfolders node, "
        "java, dotnet and python is loaded into the program by environment variables. Empty: none.",
    )
