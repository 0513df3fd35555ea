"""Laws of the decoder of OTLP, against the protocol's own generated classes."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from serverless_init.errors import Undecodable
from serverless_init.otlp import values
from serverless_init.otlp.decode_json import decode_json
from serverless_init.otlp.decode_protobuf import decode_protobuf

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | TEXT | st.booleans() | INT64 | st.floats(allow_nan=False) | st.binary()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


def written(message: AnyValue, value: values.AnyValue) -> None:
    match value:
        case None:
            return
        case bool():
            message.bool_value = value
        case int():
            message.int_value = value
        case str():
            message.string_value = value
        case float():
            message.double_value = value
        case bytes():
            message.bytes_value = value
        case list():
            message.array_value.SetInParent()
            for item in value:
                written(message.array_value.values.add(), item)
        case dict():
            message.kvlist_value.SetInParent()
            for key, item in value.items():
                written(message.kvlist_value.values.add(key=key).value, item)


@given(VALUES, st.dictionaries(TEXT, VALUES, max_size=4), st.integers(0, (1 << 64) - 1), INT64)
def test_what_the_generated_classes_write_is_read(
    body: values.AnyValue, attributes: values.Attributes, time_ns: int, number: int
) -> None:
    """decode(encode(x)) = x, for every value, whatever its type and depth."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.time_unix_nano, record.severity_number = time_ns, number & 0x7FFFFFFF
    written(record.body, body)
    for key, value in attributes.items():
        written(record.attributes.add(key=key).value, value)
    decoded = decode_protobuf(values.LogsRequest, request.SerializeToString())
    assert decoded.groups[0].scopes[0].items == [
        values.LogRecord(
            time_ns=time_ns, severity_number=number & 0x7FFFFFFF, body=body, attributes=attributes
        )
    ]


@given(st.binary(max_size=200), st.sampled_from([decode_protobuf, decode_json]))
def test_any_bytes_are_a_request_or_are_refused(body: bytes, decode: object) -> None:
    """decode(x) is a request or raises `Undecodable`, and nothing else."""
    for kind in (values.MetricsRequest, values.LogsRequest, values.TracesRequest):
        try:
            assert isinstance(decode(kind, body), kind)  # type: ignore[operator]
        except Undecodable:
            continue
