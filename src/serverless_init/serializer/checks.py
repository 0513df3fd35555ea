"""Service checks as a JSON array (intake API v1)."""

from serverless_init.model import CHECK_RUN_V1, PayloadKind, ServiceCheck
from serverless_init.serializer.json_text import json_text
from serverless_init.serializer.split import Item, PayloadFormat
from serverless_init.serializer.utf8 import text

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
        fields = {
            "check": text(check.name),
            "host_name": text(check.host),
            "timestamp": check.timestamp,
            "status": int(check.status),
            "message": text(check.message),
            "tags": [text(tag) for tag in check.tags] or None,
        }
        return Item(json_text(fields), points=0, samples=1)
