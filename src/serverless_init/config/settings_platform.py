"""The settings of the place where we run: see `serverless_init.config.settings`.

Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import boolean, integer, one_of, text

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
        "java, dotnet and python is loaded into the program by environment variables. A folder "
        "that does not exist turns that off.",
    )


class MicroVmSettings(Settings):
    """The hooks of an AWS Lambda MicroVM's life."""

    port: int = setting(
        9000,
        integer(1, 65535),
        yaml="aws.microvm.lifecycle_port",
        help="TCP port on which the hooks are answered.",
    )
    app_port: int = setting(
        0,
        integer(0, 65535),
        yaml="aws.microvm.user_app_port",
        help="TCP port on localhost on which the program answers the hooks too; 0 when it does "
        "not. Another one than ours.",
    )
    forward_timeout_ms: int = setting(
        1000,
        integer(1, 3_600_000),
        yaml="aws.microvm.forward_timeout_ms",
        help="Milliseconds that the program has for a hook.",
    )
    ready_timeout_ms: int = setting(
        60_000,
        integer(1, 3_600_000),
        yaml="aws.microvm.ready_timeout_ms",
        help="Milliseconds that the program has to listen, and to answer the ready hook.",
    )
    validate_timeout_ms: int = setting(
        1000,
        integer(1, 3_600_000),
        yaml="aws.microvm.validate_timeout_ms",
        help="The same for the validate hook.",
    )


class InventorySettings(Settings):
    """What Datadog's inventory of agents is told of us."""

    enabled: bool = setting(
        False,
        boolean,
        yaml="serverless_init.inventory_enabled",
        help="Whether a description of this run, without values of settings, is sent at the start "
        "and now and then.",
    )
    inventories_enabled: bool = setting(
        True, boolean, yaml="inventories_enabled", help="False turns it off too."
    )
    metadata_collection: bool = setting(
        True, boolean, yaml="enable_metadata_collection", help="False turns it off too."
    )
    wrapped_command: bool = setting(
        False,
        boolean,
        yaml="serverless_init.inventory_wrapped_command_enabled",
        help="Whether it has the command line, without what looks like a secret.",
    )
    runtime: str = setting(
        "",
        text,
        yaml="serverless_inventory.runtime",
        help="The program's runtime, when its command does not tell.",
    )
