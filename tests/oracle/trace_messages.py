"""The intake's trace messages as classes of the official protobuf runtime.

Built from the field tables of the intake's specification (5.1), not from our encoder. A map is a
repeated message of key and value, which is the same on the wire.
"""

# message -> (number, name, type or message, repeated)
MESSAGES: dict[str, list[tuple[int, str, str, bool]]] = {
    "TextEntry": [(1, "key", "string", False), (2, "value", "string", False)],
    "NumberEntry": [(1, "key", "string", False), (2, "value", "double", False)],
    "BytesEntry": [(1, "key", "string", False), (2, "value", "bytes", False)],
    "Scalar": [
        (1, "type", "int32", False),
        (2, "string_value", "string", False),
        (3, "bool_value", "bool", False),
        (4, "int_value", "int64", False),
        (5, "double_value", "double", False),
    ],
    "Array": [(1, "values", "Scalar", True)],
    "Attribute": [
        (1, "type", "int32", False),
        (2, "string_value", "string", False),
        (3, "bool_value", "bool", False),
        (4, "int_value", "int64", False),
        (5, "double_value", "double", False),
        (6, "array_value", "Array", False),
    ],
    "AttributeEntry": [(1, "key", "string", False), (2, "value", "Attribute", False)],
    "SpanLink": [
        (1, "trace_id", "uint64", False),
        (2, "trace_id_high", "uint64", False),
        (3, "span_id", "uint64", False),
        (4, "attributes", "TextEntry", True),
        (5, "tracestate", "string", False),
        (6, "flags", "uint32", False),
    ],
    "SpanEvent": [
        (1, "time_unix_nano", "fixed64", False),
        (2, "name", "string", False),
        (3, "attributes", "AttributeEntry", True),
    ],
    "Span": [
        (1, "service", "string", False),
        (2, "name", "string", False),
        (3, "resource", "string", False),
        (4, "trace_id", "uint64", False),
        (5, "span_id", "uint64", False),
        (6, "parent_id", "uint64", False),
        (7, "start", "int64", False),
        (8, "duration", "int64", False),
        (9, "error", "int32", False),
        (10, "meta", "TextEntry", True),
        (11, "metrics", "NumberEntry", True),
        (12, "type", "string", False),
        (13, "meta_struct", "BytesEntry", True),
        (14, "links", "SpanLink", True),
        (15, "events", "SpanEvent", True),
    ],
    "TraceChunk": [
        (1, "priority", "int32", False),
        (2, "origin", "string", False),
        (3, "spans", "Span", True),
        (4, "tags", "TextEntry", True),
        (5, "dropped_trace", "bool", False),
    ],
    "TracerPayload": [
        (1, "container_id", "string", False),
        (2, "language_name", "string", False),
        (3, "language_version", "string", False),
        (4, "tracer_version", "string", False),
        (5, "runtime_id", "string", False),
        (6, "chunks", "TraceChunk", True),
        (7, "tags", "TextEntry", True),
        (8, "env", "string", False),
        (9, "hostname", "string", False),
        (10, "app_version", "string", False),
    ],
    "AgentPayload": [
        (1, "hostname", "string", False),
        (2, "env", "string", False),
        (5, "tracer_payloads", "TracerPayload", True),
        (7, "agent_version", "string", False),
        (8, "target_tps", "double", False),
        (9, "error_tps", "double", False),
        (10, "rare_sampler_enabled", "bool", False),
    ],
}
