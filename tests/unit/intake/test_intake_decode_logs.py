import pytest

from serverless_init.errors import Undecodable
from serverless_init.intake.decode_logs import decode_logs
from serverless_init.intake.received import ReceivedLog

BODY = b"""[{"message": "caf\xc3\xa9", "status": "warn", "timestamp": 1700000000123,
"hostname": "", "service": "shop", "ddsource": "cloudrun", "ddtags": "env:x,version:2",
"order": {"id": 7}}, {"message": "bare"}]"""


def test_a_list_of_messages_is_decoded_in_order_with_further_keys_as_attributes() -> None:
    assert decode_logs(BODY) == (
        ReceivedLog(
            message="café",
            status="warn",
            timestamp_ms=1_700_000_000_123,
            service="shop",
            source="cloudrun",
            tags=("env:x", "version:2"),
            attributes=(("order", '{"id": 7}'),),
        ),
        ReceivedLog("bare", "", 0),
    )


def test_one_object_is_one_message_and_an_empty_one_is_a_question_after_health() -> None:
    assert decode_logs(b'{"message": "alone"}') == (ReceivedLog("alone", "", 0),)
    assert decode_logs(b"{}") == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[1]", "body[0] is not an object"),
        (b'[{}, {"message": 1}]', "body[1].message is not a text"),
        (b'[{"timestamp": "now"}]', "body[0].timestamp is not a whole number"),
        (b'[{"timestamp": true}]', "body[0].timestamp is not a whole number"),
        (b"[" + b",".join([b"{}"] * 1001) + b"]", "a body has at most 1000 messages, not 1001"),
    ],
)
def test_what_the_intake_does_not_take_is_told(body: bytes, why: str) -> None:
    with pytest.raises(Undecodable) as caught:
        decode_logs(body)
    assert str(caught.value) == why


@pytest.mark.parametrize("body", [b"", b"[", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable, match="the body is not JSON"):
        decode_logs(body)
