"""Decoder of what Agents tell the inventory of themselves; what is wrong raises `Undecodable`.

``{"hostname", "timestamp" in nanoseconds, "uuid", "agent_metadata": {...}}``. The same route takes
descriptions of hosts and of much else, which have no ``agent_metadata``. Written from the Agent's
payloads, not from our encoder.
"""

import json

from serverless_init.errors import Undecodable
from serverless_init.intake.received import ReceivedAgent


def decode_agents(body: bytes) -> tuple[ReceivedAgent, ...]:
    """The Agent that `body` describes; none if it describes something else."""
    try:
        described = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"the body is not JSON: {error}") from None
    if not isinstance(described, dict):
        raise Undecodable("body is not an object")
    metadata = described.get("agent_metadata")
    if metadata is None:
        return ()
    if not isinstance(metadata, dict):
        raise Undecodable("body.agent_metadata is not an object")
    identity, host = described.get("uuid"), described.get("hostname", "")
    if not isinstance(identity, str) or not identity:
        raise Undecodable("body.uuid is not a text, or empty")
    if not isinstance(host, str):
        raise Undecodable("body.hostname is not a text")
    timestamp = described.get("timestamp", 0)
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        raise Undecodable("body.timestamp is not a whole number")
    return (ReceivedAgent(identity, timestamp, host, _as_text(metadata)),)


def _as_text(metadata: dict[str, object]) -> tuple[tuple[str, str], ...]:
    """The values as JSON, which has no infinite numbers."""
    try:
        return tuple((key, json.dumps(value, allow_nan=False)) for key, value in metadata.items())
    except (ValueError, RecursionError):
        raise Undecodable("body.agent_metadata is not JSON") from None
