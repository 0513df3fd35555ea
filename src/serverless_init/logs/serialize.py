"""Messages to the JSON objects that the intake takes, and a batch of them to a payload."""

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from serverless_init.model import LOGS_V2, LogMessage, LogSource, Payload, PayloadKind
from serverless_init.wire import Codec

if TYPE_CHECKING:
    from serverless_init.logs.batch import Batch


class LogEncoder:
    """One message to one JSON object.

    Its keys, in order: message, status, timestamp, hostname, service, ddsource, ddtags and the
    message's attributes. An empty `hostname` is sent, an empty service is left out, as in the
    original.
    """

    def __init__(self, hostname: str = "") -> None:
        self._hostname = hostname
        self._source: LogSource | None = None
        self._source_part = b""
        self._head: tuple[str, int] | None = None
        self._head_part = b""

    def encode(self, message: LogMessage) -> bytes:
        """`message` as UTF-8; what is invalid in its text becomes U+FFFD."""
        text = encode_basestring(message.text.decode("utf-8", "replace")).encode()
        head = message.status, message.timestamp_ms
        if head != self._head:
            self._head = head
            self._head_part = b',"status":"%b","timestamp":%d' % (head[0].encode(), head[1])
        if message.tags or message.attributes:
            rest = self._rest(message.source, message.tags, message.attributes)
        else:
            if message.source is not self._source:
                self._source = message.source
                self._source_part = self._rest(message.source, (), ())
            rest = self._source_part
        return b'{"message":%b%b%b' % (text, self._head_part, rest)

    def _rest(
        self,
        source: LogSource,
        tags: tuple[str, ...],
        attributes: tuple[tuple[str, object], ...],
    ) -> bytes:
        """Everything that stands behind the timestamp."""
        values: dict[str, object] = {"hostname": self._hostname}
        if source.service:
            values["service"] = source.service
        values["ddsource"] = source.source
        values["ddtags"] = ",".join(source.tags + tags)
        values.update(attributes)
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str)
        return b"," + text.encode("utf-8", "replace")[1:]


def payload_of(batch: "Batch", codec: Codec) -> Payload:
    """`batch` as one request's body."""
    stream = codec.stream()
    body = stream.give(b"[%b]" % b",".join(batch.items)) + stream.finish()
    return Payload(
        kind=PayloadKind.LOGS,
        endpoint=LOGS_V2,
        body=body,
        content_type="application/json",
        content_encoding=codec.content_encoding,
        points=len(batch.items),
        samples=batch.lines,
    )
