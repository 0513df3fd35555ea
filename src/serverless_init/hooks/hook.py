"""What each hook of a MicroVM's life means to us.

An image is started once, *ready* and *validate* are asked, and a snapshot is taken. An instance
made from it is told to *run*, then to *suspend* and *resume* any number of times, and at last to
*terminate*. What has not left before a suspension waits in memory for the resumption, if there is
one: so what is held is delivered before the answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

BASE_PATH = "/aws/lambda-microvms/runtime/v1/"
_PREFIX = "aws.lambda.enhanced.microvm."
HEARTBEAT = f"{_PREFIX}active_instances"
UNKNOWN = "unknown"


class Order(Enum):
    """Whether the program is told before our own part, beside it, or is waited for at first."""

    AFTER = "after"
    BESIDE = "beside"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook. `beats` says whether the heartbeat goes on after it; None leaves it as it is.

    `awaits_app` waits until the program listens; `patience` names the timeout of all of that.
    """

    name: str
    counted: bool = True
    flushes: bool = False
    beats: bool | None = None
    awaits_app: bool = False
    patience: str = "forward"
    order: Order = Order.AFTER

    @property
    def metric(self) -> str:
        """The name of the metric that counts it."""
        return _PREFIX + self.name


_ALL = (
    Hook("ready", counted=False, awaits_app=True, patience="ready"),
    Hook("validate", awaits_app=True, patience="validate"),
    Hook("run", beats=True),
    Hook("resume", beats=True),
    Hook("suspend", flushes=True, beats=False, order=Order.BESIDE),
    Hook("terminate", flushes=True, beats=False, order=Order.BEFORE),
)
HOOKS: Mapping[str, Hook] = {BASE_PATH + hook.name: hook for hook in _ALL}


def instance_of(body: bytes) -> str:
    """The id of the instance that a run hook names; empty when it names none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    named = told.get("microvmId") if isinstance(told, dict) else None
    return named if isinstance(named, str) else ""
