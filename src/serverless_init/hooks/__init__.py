"""Floor 3: the hooks by which a Lambda MicroVM is told of its life."""

from serverless_init.hooks.component import Hooks, HooksOptions

__all__ = ["Hooks", "HooksOptions"]
