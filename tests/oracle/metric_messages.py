"""The intake's metric messages as classes of the official protobuf runtime.

Built from the field tables of the intake's specification (series 3.5, columns 3.7, sketches 3.8),
not from our encoder, so that what they decode is an independent opinion on what we wrote.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "serverless_init.oracle"
_TYPES = descriptor_pb2.FieldDescriptorProto

# message -> (number, name, type or message, repeated); a repeated number is packed, as in proto3.
_MESSAGES: dict[str, list[tuple[int, str, str, bool]]] = {
    "Origin": [
        (3, "metric_type", "uint32", False),
        (4, "origin_product", "uint32", False),
        (5, "origin_category", "uint32", False),
        (6, "origin_service", "uint32", False),
    ],
    "Metadata": [(1, "origin", "Origin", False)],
    "Resource": [(1, "type", "string", False), (2, "name", "string", False)],
    "MetricPoint": [(1, "value", "double", False), (2, "timestamp", "int64", False)],
    "MetricSeries": [
        (1, "resources", "Resource", True),
        (2, "metric", "string", False),
        (3, "tags", "string", True),
        (4, "points", "MetricPoint", True),
        (5, "type", "int32", False),
        (6, "unit", "string", False),
        (7, "source_type_name", "string", False),
        (8, "interval", "int64", False),
        (9, "metadata", "Metadata", False),
    ],
    "MetricPayload": [(1, "series", "MetricSeries", True)],
    "Dogsketch": [
        (1, "ts", "int64", False),
        (2, "cnt", "int64", False),
        (3, "min", "double", False),
        (4, "max", "double", False),
        (5, "avg", "double", False),
        (6, "sum", "double", False),
        (7, "k", "sint32", True),
        (8, "n", "uint32", True),
    ],
    "Sketch": [
        (1, "metric", "string", False),
        (2, "host", "string", False),
        (4, "tags", "string", True),
        (7, "dogsketches", "Dogsketch", True),
        (8, "metadata", "Metadata", False),
    ],
    "CommonMetadata": [(1, "agent_version", "string", False)],
    "SketchPayload": [
        (1, "sketches", "Sketch", True),
        (2, "metadata", "CommonMetadata", False),
    ],
    "ColumnMetadata": [(1, "tags", "string", True), (2, "resources", "string", True)],
    "MetricData": [
        (1, "dictNameStr", "bytes", False),
        (2, "dictTagStr", "bytes", False),
        (3, "dictTagsets", "sint64", True),
        (4, "dictResourceStr", "bytes", False),
        (5, "dictResourceLen", "int64", True),
        (6, "dictResourceType", "sint64", True),
        (7, "dictResourceName", "sint64", True),
        (8, "dictSourceTypeName", "bytes", False),
        (9, "dictOriginInfo", "int32", True),
        (10, "types", "uint64", True),
        (11, "nameRefs", "sint64", True),
        (12, "tagsetRefs", "sint64", True),
        (13, "resourcesRefs", "sint64", True),
        (14, "intervals", "uint64", True),
        (15, "numPoints", "uint64", True),
        (16, "timestamps", "sint64", True),
        (17, "valsSint64", "sint64", True),
        (18, "valsFloat32", "float", True),
        (19, "valsFloat64", "double", True),
        (20, "sketchNumBins", "uint64", True),
        (21, "sketchBinKeys", "sint32", True),
        (22, "sketchBinCnts", "uint32", True),
        (23, "sourceTypeNameRefs", "sint64", True),
        (24, "originInfoRefs", "sint64", True),
        (25, "dictUnitStr", "bytes", False),
        (26, "unitRefs", "sint64", True),
    ],
    "ColumnPayload": [
        (2, "metadata", "ColumnMetadata", False),
        (3, "metricData", "MetricData", False),
    ],
}


class MetricMessages:
    """The message classes, by name: ``messages["MetricPayload"].FromString(body)``."""

    def __init__(self) -> None:
        pool = descriptor_pool.DescriptorPool()
        pool.Add(_file())
        self._classes = {
            name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
            for name in _MESSAGES
        }

    def __getitem__(self, name: str) -> Any:
        return self._classes[name]


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="metric_messages.proto", package=_PACKAGE, syntax="proto3"
    )
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for number, name, kind, repeated in fields:
            field = message.field.add(name=name, number=number)
            field.label = _TYPES.LABEL_REPEATED if repeated else _TYPES.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type = _TYPES.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}"
            else:
                field.type = _TYPES.Type.Value(f"TYPE_{kind.upper()}")
    return file
