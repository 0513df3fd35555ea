"""Floor 1: how parts start, drain within the grace window, and are accounted for."""

from serverless_init.lifecycle.app import Lifecycle
from serverless_init.lifecycle.budget import drain_deadline, last_flush_at
from serverless_init.lifecycle.component import Component, Drained
from serverless_init.lifecycle.events import (
    Closed,
    DrainEnded,
    DrainFailed,
    LifecycleEvent,
    Started,
    StartFailed,
)
from serverless_init.lifecycle.receipt import Receipt
from serverless_init.lifecycle.termination import Termination

__all__ = [
    "Closed",
    "Component",
    "DrainEnded",
    "DrainFailed",
    "Drained",
    "Lifecycle",
    "LifecycleEvent",
    "Receipt",
    "StartFailed",
    "Started",
    "Termination",
    "drain_deadline",
    "last_flush_at",
]
