"""Service checks as a JSON array (intake API v1)."""

from serverless_init.model import CHECK_RUN_V1, PayloadKind, ServiceCheck
from serverless_init.serializer.json_text import json_string, json_strings
from serverless_init.serializer.split import Item, PayloadFormat

SERVICE_CHECKS_FORMAT = PayloadFormat(
    PayloadKind.SERVICE_CHECKS,
    CHECK_RUN_V1,
    "application/json",
    header=b"[",
    separator=b",",
    footer=b"]",
)


class ServiceCheckEncoder:
    """Encodes service checks."""

    def encode(self, check: ServiceCheck) -> Item:
        """`check` as one JSON object; ``tags`` is null when there are none, as the original's."""
        body = b'{"check":%b,"host_name":%b,"timestamp":%d,"status":%d,"message":%b,"tags":%b}' % (
            json_string(check.name),
            json_string(check.host),
            check.timestamp,
            check.status,
            json_string(check.message),
            json_strings(check.tags) if check.tags else b"null",
        )
        return Item(body, points=0, samples=1)
