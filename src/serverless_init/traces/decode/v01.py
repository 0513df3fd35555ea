"""Version 0.1: a JSON array of spans, grouped here into traces."""

from serverless_init.model import Span, TraceChunk
from serverless_init.traces.decode import lenient
from serverless_init.traces.decode.v04 import count_objects, json_tree


def decode_v01(body: bytes) -> list[TraceChunk]:
    """One chunk per trace id, in order of first appearance."""
    count_objects(body)
    traces: dict[int, list[Span]] = {}
    for span in lenient.spans(json_tree(body), "0"):
        traces.setdefault(span.trace_id, []).append(span)
    return [TraceChunk(spans) for spans in traces.values()]
