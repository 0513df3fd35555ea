"""Compact JSON in UTF-8. Only text and integers pass through it, so there is no NaN to write."""

from json import JSONEncoder

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def json_text(value: object) -> bytes:
    """`value` as one line of JSON, keys in the order given."""
    return _encode(value).encode()
