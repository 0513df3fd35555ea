"""Messages to the JSON objects that the intake takes, and a batch of them to a payload."""

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from serverless_init.model import LOGS_V2, LogMessage, LogSource, Payload, PayloadKind
from serverless_init.wire import Codec

if TYPE_CHECKING:
    from serverless_init.logs.batch import Batch

_CONTROLS = bytes(range(32))


class LogEncoder:
    """One message to one JSON object.

    Its keys, in order: message, status, timestamp, hostname, service, ddsource, ddtags and the
    message's attributes. An empty `hostname` is sent, an empty service is left out, as in the
    original.
    """

    def __init__(self, hostname: str = "") -> None:
        self._hostname = hostname
        self._tags: tuple[str, ...] = ()
        # Most messages are read together with the one before: what follows the text is the same.
        self._status = ""
        self._timestamp_ms = -1
        self._source: LogSource | None = None
        self._rest = b""

    def tag(self, tags: tuple[str, ...]) -> None:
        """Add `tags` to every message from now on, in the place of those of the last call."""
        self._tags, self._source = tags, None

    def encode(self, message: LogMessage) -> bytes:
        """`message` as UTF-8; what is invalid in its text becomes U+FFFD."""
        text, status, timestamp_ms, source, tags, _, attributes = message
        if tags or attributes:
            rest = self._behind_text(message)
        elif (
            status is self._status and timestamp_ms == self._timestamp_ms and source is self._source
        ):
            rest = self._rest
        else:
            self._status, self._timestamp_ms, self._source = status, timestamp_ms, source
            rest = self._rest = self._behind_text(message)
        if text.isascii() and len(text.translate(None, _CONTROLS)) == len(text):
            escaped = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            return b'{"message":"%b"%b' % (escaped, rest)
        quoted = encode_basestring(text.decode("utf-8", "replace"))
        return b'{"message":%b%b' % (quoted.encode(), rest)

    def _behind_text(self, message: LogMessage) -> bytes:
        """Everything that stands behind the text."""
        source = message.source
        values: dict[str, object] = {
            "status": message.status,
            "timestamp": message.timestamp_ms,
            "hostname": self._hostname,
        }
        if source.service:
            values["service"] = source.service
        values["ddsource"] = source.source
        values["ddtags"] = ",".join(source.tags + self._tags + message.tags)
        values.update(message.attributes)
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str)
        return b"," + text.encode("utf-8", "replace")[1:]


def payload_of(batch: "Batch", codec: Codec) -> Payload:
    """`batch` as one request's body."""
    return Payload(
        kind=PayloadKind.LOGS,
        endpoint=LOGS_V2,
        body=codec.compress(b"[%b]" % b",".join(batch.items)),
        content_type="application/json",
        content_encoding=codec.content_encoding,
        points=len(batch.items),
        samples=batch.lines,
    )
