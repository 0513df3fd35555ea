"""Floor 3: delivery of payloads to the intakes."""

from serverless_init.forwarder.component import Forwarder, log_line
from serverless_init.forwarder.endpoints import (
    IntakeAddress,
    IntakeEndpoint,
    additional_endpoints,
    intake_endpoints,
    metrics_address,
)
from serverless_init.forwarder.keys import KeyHealth, KeyState, KeyStatus
from serverless_init.forwarder.outlet import Outlet
from serverless_init.forwarder.retry import Discipline
from serverless_init.forwarder.stats import EndpointStats, ForwarderStats

__all__ = [
    "Discipline",
    "EndpointStats",
    "Forwarder",
    "ForwarderStats",
    "IntakeAddress",
    "IntakeEndpoint",
    "KeyHealth",
    "KeyState",
    "KeyStatus",
    "Outlet",
    "additional_endpoints",
    "intake_endpoints",
    "log_line",
    "metrics_address",
]
