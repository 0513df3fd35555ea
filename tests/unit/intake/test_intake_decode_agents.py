"""What Agents tell the inventory of themselves."""

import json

import pytest

from serverless_init.errors import Undecodable
from serverless_init.intake.decode_agents import decode_agents
from serverless_init.intake.received import ReceivedAgent


def test_an_agent_is_decoded_with_all_its_fields() -> None:
    sent = {
        "hostname": "h",
        "timestamp": 1_700_000_000_123_456_789,
        "uuid": "u-1",
        "agent_metadata": {"flavor": "serverless-init", "agent_startup_time_ms": 5},
    }
    metadata = (("flavor", '"serverless-init"'), ("agent_startup_time_ms", "5"))
    assert decode_agents(json.dumps(sent).encode()) == (
        ReceivedAgent("u-1", 1_700_000_000_123_456_789, "h", metadata),
    )


def test_what_describes_a_host_describes_no_agent() -> None:
    assert decode_agents(b'{"uuid":"u-1","host_metadata":{}}') == ()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "body is not an object"),
        (b'{"agent_metadata":[]}', "body.agent_metadata is not an object"),
        (b'{"agent_metadata":{}}', "body.uuid is not a text, or empty"),
        (b'{"agent_metadata":{},"uuid":"u","hostname":1}', "body.hostname is not a text"),
        (
            b'{"agent_metadata":{},"uuid":"u","timestamp":1.5}',
            "body.timestamp is not a whole number",
        ),
        (b'{"agent_metadata":{"a":NaN},"uuid":"u"}', "body.agent_metadata is not JSON"),
    ],
)
def test_a_body_that_does_not_fit_says_why(sent: bytes, why: str) -> None:
    with pytest.raises(Undecodable) as raised:
        decode_agents(sent)
    assert str(raised.value) == why


def test_a_body_nested_too_deeply_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="not JSON"):
        decode_agents(b"[" * 100_000)
