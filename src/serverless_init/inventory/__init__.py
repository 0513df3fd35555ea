"""Floor 3: what Datadog's inventory of agents is told of this run, when the operator wants that."""

from serverless_init.inventory.component import Inventory
from serverless_init.inventory.resource import Resource, resource_of
from serverless_init.inventory.runtime import guessed_runtime, runtime_of, scrubbed

__all__ = ["Inventory", "Resource", "guessed_runtime", "resource_of", "runtime_of", "scrubbed"]
