"""Floor 3: what programs instrumented with OpenTelemetry send, to the values of this house."""

from serverless_init.otlp import values
from serverless_init.otlp.decode_json import decode_json
from serverless_init.otlp.decode_protobuf import decode_protobuf
from serverless_init.otlp.deltas import Deltas
from serverless_init.otlp.points import PointMapper, PointOptions
from serverless_init.otlp.stats import OtlpStats
from serverless_init.otlp.to_metrics import MetricsMapper, PlaceOptions

__all__ = [
    "Deltas",
    "MetricsMapper",
    "OtlpStats",
    "PlaceOptions",
    "PointMapper",
    "PointOptions",
    "decode_json",
    "decode_protobuf",
    "values",
]
