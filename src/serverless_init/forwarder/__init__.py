"""Floor 3: delivery of payloads to the intake."""

from serverless_init.forwarder.component import Forwarder
from serverless_init.forwarder.endpoints import IntakeEndpoint, intake_endpoints
from serverless_init.forwarder.stats import EndpointStats, ForwarderStats

__all__ = ["EndpointStats", "Forwarder", "ForwarderStats", "IntakeEndpoint", "intake_endpoints"]
