"""Protobuf fragments that series and sketches share: tags, and the origin in the metadata."""

from serverless_init.model import Origin
from serverless_init.serializer.protobuf import delimited, integer


def metadata(key: bytes, origin: Origin | None) -> bytes:
    """The ``Metadata`` field with `origin`; nothing without one.

    ``{origin=1 {origin_product=4, origin_category=5, origin_service=6}}``.
    """
    if origin is None:
        return b""
    numbers = b"".join(
        (
            integer(b"\x20", origin.product),
            integer(b"\x28", origin.category),
            integer(b"\x30", origin.service),
        )
    )
    return delimited(key, delimited(b"\x0a", numbers))
