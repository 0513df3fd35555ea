"""Floor 3: delivery of payloads to the intakes."""

from serverless_init.forwarder.component import Forwarder, log_line
from serverless_init.forwarder.endpoints import (
    IntakeEndpoint,
    additional_endpoints,
    intake_endpoints,
)
from serverless_init.forwarder.keys import KeyHealth, KeyState, KeyStatus
from serverless_init.forwarder.stats import EndpointStats, ForwarderStats

__all__ = [
    "EndpointStats",
    "Forwarder",
    "ForwarderStats",
    "IntakeEndpoint",
    "KeyHealth",
    "KeyState",
    "KeyStatus",
    "additional_endpoints",
    "intake_endpoints",
    "log_line",
]
