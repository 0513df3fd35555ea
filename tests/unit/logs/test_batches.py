"""Messages to batches, and batches to payloads."""

import json

import pytest
import zstandard

from serverless_init.logs import Batch, Batcher, BatchOptions, LogEncoder, payload_of
from serverless_init.model import LOGS_V2, LogMessage, LogSource, Payload, PayloadKind
from serverless_init.wire import choose_codec

NOW = 1_700_000_000.0
SOURCE = LogSource("stdout", "shop", "python", ("env:prod", "team:a"))


def message(text: bytes = b"x", **values: object) -> LogMessage:
    return LogMessage(text, "info", 1_700_000_000_123, SOURCE)._replace(**values)


def test_a_message_is_one_object_with_its_keys_in_order() -> None:
    assert LogEncoder().encode(message(b'say "hi" \\ bye')) == (
        b'{"message":"say \\"hi\\" \\\\ bye","status":"info","timestamp":1700000000123,'
        b'"hostname":"","service":"shop","ddsource":"python","ddtags":"env:prod,team:a"}'
    )


def test_an_empty_service_is_left_out_and_a_hostname_is_sent() -> None:
    encoded = LogEncoder("web-1").encode(message(source=LogSource("stdout")))
    assert encoded == (
        b'{"message":"x","status":"info","timestamp":1700000000123,'
        b'"hostname":"web-1","ddsource":"","ddtags":""}'
    )


def test_a_message_may_have_tags_and_attributes_of_its_own() -> None:
    own = message(tags=("truncated:single_line",), attributes=(("trace_id", "1"), ("n", 2)))
    encoded = json.loads(LogEncoder().encode(own))
    assert encoded["ddtags"] == "env:prod,team:a,truncated:single_line"
    assert (encoded["trace_id"], encoded["n"]) == ("1", 2)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (b"a\tb\nc", "a\tb\nc"),
        (b"\x00\x1b[31m\x7f", "\x00\x1b[31m\x7f"),
        ("é€𝄞\u2028".encode(), "é€𝄞\u2028"),
        (b"a\xff\xfeb", "a��b"),
        (b"\xed\xa0\x80", "���"),
        (b'\\"\\', '\\"\\'),
    ],
)
def test_any_text_is_sent_as_it_is_but_for_what_is_no_text(text: bytes, sent: str) -> None:
    assert json.loads(LogEncoder().encode(message(text)))["message"] == sent


def test_what_is_the_same_for_many_messages_is_not_confused() -> None:
    encoder, other = LogEncoder(), LogSource("stderr", "other")
    given = [
        message(),
        message(status="error"),
        message(status="error", timestamp_ms=5),
        message(status="error", timestamp_ms=5, source=other),
        message(status="error", timestamp_ms=5, source=other, tags=("t",)),
        message(status="error", timestamp_ms=5, source=other),
        message(),
    ]
    found = [json.loads(encoder.encode(m)) for m in given]
    assert [(m["status"], m["timestamp"], m.get("service"), m["ddtags"]) for m in found] == [
        ("info", 1_700_000_000_123, "shop", "env:prod,team:a"),
        ("error", 1_700_000_000_123, "shop", "env:prod,team:a"),
        ("error", 5, "shop", "env:prod,team:a"),
        ("error", 5, "other", ""),
        ("error", 5, "other", "t"),
        ("error", 5, "other", ""),
        ("info", 1_700_000_000_123, "shop", "env:prod,team:a"),
    ]


def test_a_batch_is_complete_with_its_last_message() -> None:
    batcher = Batcher(BatchOptions(messages_max=2))
    assert batcher.add(message(lines=3), NOW) == []
    (batch,) = batcher.add(message(timestamp_ms=7), NOW)
    assert (len(batch.items), batch.lines, batch.last_timestamp_ms) == (2, 4, 7)
    assert batch.size == sum(map(len, batch.items))
    assert batcher.flush() == []


def test_a_batch_is_complete_before_a_message_that_is_too_much_for_it() -> None:
    size = len(LogEncoder().encode(message()))
    batcher = Batcher(BatchOptions(bytes_max=2 * size))
    assert [batcher.add(message(), NOW) for _ in range(2)] == [[], []]
    (batch,) = batcher.add(message(), NOW)
    assert len(batch.items) == 2
    assert batcher.held == 1


def test_a_message_that_no_batch_can_hold_is_dropped_and_the_others_wait_on() -> None:
    batcher = Batcher(BatchOptions(bytes_max=1000))
    batcher.add(message(), NOW)
    assert batcher.add(message(b"x" * 1000, lines=5), NOW) == []
    assert batcher.stats.dropped == {"log_too_big": 5}
    assert batcher.held == 1


def test_a_batch_waits_for_its_time_from_its_first_message_on() -> None:
    batcher = Batcher(BatchOptions(wait_s=5.0, messages_max=3))
    assert batcher.due_at() is None
    batcher.add(message(), NOW)
    batcher.add(message(), NOW + 1)
    assert batcher.due_at() == NOW + 5
    batcher.add(message(), NOW + 2)
    assert batcher.due_at() is None


def test_a_batch_is_the_body_of_one_request() -> None:
    batch = Batch((b'{"a":1}', b'{"b":2}'), size=14, lines=5, last_timestamp_ms=7)
    assert payload_of(batch, choose_codec("none")) == Payload(
        kind=PayloadKind.LOGS,
        endpoint=LOGS_V2,
        body=b'[{"a":1},{"b":2}]',
        content_type="application/json",
        content_encoding="identity",
        points=2,
        samples=5,
    )
    compressed = payload_of(batch, choose_codec("zstd"))
    assert compressed.content_encoding == "zstd"
    body = zstandard.ZstdDecompressor().decompressobj().decompress(compressed.body)
    assert body == b'[{"a":1},{"b":2}]'
