"""Floor 3: what programs instrumented with OpenTelemetry send, to the values of this house."""

from serverless_init.otlp import values
from serverless_init.otlp.decode_json import decode_json
from serverless_init.otlp.decode_protobuf import decode_protobuf

__all__ = ["decode_json", "decode_protobuf", "values"]
