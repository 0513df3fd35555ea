"""From the place and the settings to what the inventory is told."""

import logging

from serverless_init import __version__
from serverless_init.clock import Clock
from serverless_init.config import ForwarderSettings, InventorySettings
from serverless_init.inventory import (
    Inventory,
    guessed_runtime,
    resource_of,
    runtime_of,
    scrubbed,
)
from serverless_init.model import PayloadSink
from serverless_init.platforms import Place, as_mapping
from serverless_init.start import Start

_log = logging.getLogger("serverless_init.inventory")


def open_inventory(
    start: Start, place: Place, out: PayloadSink, clock: Clock
) -> tuple[Inventory, ...]:
    """The component; none when another setting forbids it, or nothing can be named."""
    told = described(start, place)
    if not told:
        return ()
    return (Inventory(told, out=out, clock=clock),)


def described(start: Start, place: Place) -> dict[str, str]:
    """What stays the same during a run, by the inventory's keys; empty when nothing is sent."""
    settings = start.configuration.of(InventorySettings)
    if not (settings.inventories_enabled and settings.metadata_collection):
        return {}
    tags = as_mapping(place.tags.full)
    resource = resource_of(place.platform.name, tags)
    if resource is None:
        _log.info("nothing names this %s: nothing is sent to the inventory", place.platform.title)
        return {}
    candidates = (
        settings.runtime,
        tags.get("aas.environment.runtime", ""),
        guessed_runtime(start.command),
    )
    return {
        "serverless_init_version": __version__,
        "agent_version_base": __version__,
        "resource_id": resource.id,
        "resource_name": resource.name,
        "workload_type": resource.workload_type,
        "parent_resource_id": resource.parent,
        "region": tags.get("location") or tags.get("region", ""),
        "gcp_project_id": tags.get("project_id", ""),
        "aws_account_id": tags.get("account_id", ""),
        "azure_subscription_id": tags.get("aas.subscription.id") or tags.get("subscription_id", ""),
        "azure_resource_group": tags.get("aas.resource.group") or tags.get("resource_group", ""),
        "deployment_model": "in-container" if start.command else "sidecar",
        "runtime": runtime_of(candidates),
        "dd_env": tags.get("env", ""),
        "dd_service": tags.get("service", ""),
        "dd_version": tags.get("version", ""),
        "dd_site": start.configuration.of(ForwarderSettings).site,
        "infrastructure_mode": "full",
        # What the Agent says of an installation that nobody has described.
        "install_method_tool": "undefined",
        "wrapped_command": scrubbed(start.command) if settings.wrapped_command else "",
    }
