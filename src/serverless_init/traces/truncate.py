"""Limits of a span's text: what is longer is cut, and tags say so with three dots."""

from serverless_init.model import Span
from serverless_init.traces.text import cut

RESOURCE_BYTES_MAX = 5_000
BIG_RESOURCE_BYTES_MAX = 15_000

_KEY_BYTES_MAX = 200
_VALUE_BYTES_MAX = 25_000
_CUT_MARK = "..."
# A character takes at most four bytes, so what has fewer characters needs no second look.
KEY_SAFE = _KEY_BYTES_MAX // 4
VALUE_SAFE = _VALUE_BYTES_MAX // 4
_STRUCTURED = (".json", ".msgpack", ".protobuf")


def truncate(span: Span, resource_bytes_max: int = RESOURCE_BYTES_MAX) -> None:
    """Cut the resource and the keys of number tags of `span` where they are too long."""
    if len(span.resource) * 4 > resource_bytes_max:
        span.resource = cut(span.resource, resource_bytes_max)
    metrics = span.metrics
    if metrics and max(map(len, metrics)) > KEY_SAFE:
        span.metrics = {_marked(key, _KEY_BYTES_MAX): value for key, value in metrics.items()}


def truncate_meta(span: Span) -> None:
    """Cut keys and values of text tags of `span` where they are too long."""
    meta = span.meta
    if meta and (max(map(len, meta)) > KEY_SAFE or max(map(len, meta.values())) > VALUE_SAFE):
        span.meta = dict(map(_cut_tag, meta.items()))


def _cut_tag(tag: tuple[str, str]) -> tuple[str, str]:
    """Structured tags of our own are left whole: a part of them is worth nothing."""
    key, value = tag
    if key.startswith("_dd.") and key.endswith(_STRUCTURED):
        return tag
    return _marked(key, _KEY_BYTES_MAX), _marked(value, _VALUE_BYTES_MAX)


def _marked(text: str, bytes_max: int) -> str:
    kept = cut(text, bytes_max)
    return text if len(kept) == len(text) else kept + _CUT_MARK
