"""Floor 5: the gates, which judge the project before a change lands. Never part of a run."""

from serverless_init.gate.command import add_verbs

__all__ = ["add_verbs"]
