"""Which span of a chunk is its root, and which enter a service."""

from serverless_init.model import Span
from serverless_init.traces.tags import TOP_LEVEL, TOP_LEVEL_OF_CLIENT


def root_of(spans: list[Span]) -> Span:
    """The last span without a parent; else the last whose parent is not here; else the last."""
    for span in reversed(spans):
        if not span.parent_id:
            return span
    ids = {span.span_id for span in spans}
    for span in reversed(spans):
        if span.parent_id not in ids:
            return span
    return spans[-1]


def mark_top_level(spans: list[Span]) -> None:
    """Mark each span whose parent is not here or belongs to another service."""
    services = {span.span_id: span.service for span in spans}
    find = services.get
    for span in spans:
        if not span.parent_id or find(span.parent_id) != span.service:
            span.metrics[TOP_LEVEL] = 1.0


def copy_top_level(spans: list[Span]) -> None:
    """Take over the marks of a tracer that has computed them."""
    for span in spans:
        if span.metrics.get(TOP_LEVEL_OF_CLIENT) == 1:
            span.metrics[TOP_LEVEL] = 1.0
