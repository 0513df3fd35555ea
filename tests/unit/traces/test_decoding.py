"""Tracers' requests as values, by hand-made bodies and by an independent MessagePack encoder."""

import json
import struct

import msgpack
import pytest

from serverless_init.errors import Undecodable
from serverless_init.model import Span, SpanEvent, SpanLink, TraceChunk, TracerPayload
from serverless_init.traces.decode import (
    decode_client_stats,
    decode_v01,
    decode_v04_json,
    decode_v05,
    decode_v07,
    decode_v10,
)
from serverless_init.traces.twin import decode_v04

WIRE = {
    "service": "shop",
    "name": "flask.request",
    "resource": "GET /",
    "trace_id": 2**64 - 1,
    "span_id": 2,
    "parent_id": 1,
    "start": 1_700_000_000_000_000_000,
    "duration": 5,
    "error": 1,
    "meta": {"env": "prod"},
    "metrics": {"_sampling_priority_v1": 1, "x": 0.5},
    "type": "web",
    "meta_struct": {"appsec": b"\x80"},
    "span_links": [
        {
            "trace_id": 3,
            "trace_id_high": 4,
            "span_id": 5,
            "attributes": {"link.name": "l"},
            "tracestate": "dd=s:1",
            "flags": 1,
        }
    ],
    "span_events": [
        {
            "time_unix_nano": 7,
            "name": "exception",
            "attributes": {
                "text": {"type": 0, "string_value": "s"},
                "yes": {"type": 1, "bool_value": True},
                "whole": {"type": 2, "int_value": -1},
                "broken": {"type": 3, "double_value": 0.25},
                "many": {
                    "type": 4,
                    "array_value": {"values": [{"type": 0, "string_value": "a"}, {"type": 2}]},
                },
            },
        }
    ],
    "unknown": {"is": ["skipped"]},
}
SPAN = Span(
    service="shop",
    name="flask.request",
    resource="GET /",
    trace_id=2**64 - 1,
    span_id=2,
    parent_id=1,
    start_ns=1_700_000_000_000_000_000,
    duration_ns=5,
    error=1,
    meta={"env": "prod"},
    metrics={"_sampling_priority_v1": 1.0, "x": 0.5},
    type="web",
    meta_struct={"appsec": b"\x80"},
    links=[SpanLink(3, 4, 5, {"link.name": "l"}, "dd=s:1", 0x8000_0001)],
    events=[
        SpanEvent(
            7,
            "exception",
            {"text": "s", "yes": True, "whole": -1, "broken": 0.25, "many": ("a", 0)},
        )
    ],
)


def one(**fields):
    """A v0.4 body with one span."""
    return msgpack.packb([[fields]])


def span_of(body):
    ((span,),) = [chunk.spans for chunk in decode_v04(body)]
    return span


def refusal(decode, body):
    with pytest.raises(Undecodable) as refused:
        decode(body)
    return str(refused.value)


def test_a_span_of_version_04_keeps_every_field():
    assert decode_v04(msgpack.packb([[WIRE]])) == [TraceChunk([SPAN])]


def test_the_tolerant_reader_sees_what_the_fast_one_sees():
    tolerated = msgpack.packb([[WIRE, {"service": b"bytes"}]])
    assert decode_v04(tolerated) == [TraceChunk([SPAN, Span(service="bytes")])]


def test_the_shortest_payloads_of_the_specification_are_read():
    minimal = bytes.fromhex("9191 83 a8") + b"trace_id\x01\xa7span_id\x01\xa7service\xa1s"
    assert span_of(minimal) == Span(service="s", trace_id=1, span_id=1)
    assert decode_v04(b"\x90") == []
    assert decode_v05(b"\x92\x90\x90") == []
    assert decode_v10(b"\x80") == TracerPayload()


def test_nil_is_the_zero_of_every_field():
    assert span_of(one(**dict.fromkeys(WIRE))) == Span()
    assert span_of(one(meta={"a": None}, metrics={"b": None})) == Span(
        meta={"a": ""}, metrics={"b": 0.0}
    )


def test_text_may_come_as_bytes_and_is_repaired_where_it_is_not_utf8():
    assert span_of(one(name=b"by\xfftes", meta={b"k": b"v"})) == Span(
        name="by\ufffdtes", meta={"k": "v"}
    )
    broken = msgpack.packb([[{"name": "NAME"}]]).replace(b"NAME", b"\xff\xfeok")
    assert span_of(broken).name == "\ufffd\ufffdok"


def test_a_negative_identifier_is_its_twos_complement():
    assert span_of(one(trace_id=-1, span_id=-(2**63))) == Span(trace_id=2**64 - 1, span_id=2**63)


def test_numbers_of_any_width_are_metrics():
    single = msgpack.packb([[{"metrics": {"f": 0.5}}]], use_single_float=True)
    assert span_of(single).metrics == {"f": 0.5}
    assert span_of(one(metrics={"u": 2**64 - 1, "i": -1})).metrics == {"u": 2.0**64, "i": -1.0}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"start": "now"}, '"str" with method for "int" at 0/0/Start'),
        ({"start": 2**63}, '"int" with method for "int" at 0/0/Start'),
        ({"error": True}, '"bool" with method for "int" at 0/0/Error'),
        ({"error": 2**31}, '"int" with method for "int" at 0/0/Error'),
        ({"meta": {"a": 1}}, '"int" with method for "str" at 0/0/Meta'),
        ({"metrics": {"a": "1"}}, '"str" with method for "float64" at 0/0/Metrics'),
        ({"service": ["a"]}, '"array" with method for "str" at 0/0/Service'),
        ({"trace_id": 1.0}, '"float64" with method for "uint" at 0/0/TraceID'),
    ],
)
def test_a_field_of_another_type_is_refused_by_name(fields, words):
    assert refusal(decode_v04, one(**fields)) == f"attempted to decode type {words}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "too few bytes left to read object"),
        (b"\x91\x91\x81\xa4name\xa5shor", "too few bytes left to read object"),
        (b"\xff\xff", 'attempted to decode type "int" with method for "array"'),
        (b"\xc1", "unknown type byte 0xc1 at byte 0"),
        (b"\xdd\xff\xff\xff\xff", "4294967295 entries in one array or map; 500000 are allowed"),
        (b"\xdd\x00\x07\xa1\x20" + b"\x90", "too few bytes left to read object"),
        (b"\x91" * 200, "too deeply nested"),
    ],
)
def test_a_broken_body_is_refused_with_a_reason(body, words):
    assert refusal(decode_v04, body) == words


def test_a_request_has_a_limited_number_of_spans():
    span = b"\x82\xa8trace_id\x01\xa7span_id\x01"
    traces = [b"\xdd" + struct.pack(">I", 250_001) + span * 250_001] * 2
    body = b"\x92" + b"".join(traces)
    assert refusal(decode_v04, body) == "more than 500000 spans in one request"


def test_a_request_of_empty_spans_is_refused_before_there_is_memory_for_them():
    body = b"\x91\xdd" + struct.pack(">I", 26_000) + b"\x80" * 26_000
    assert refusal(decode_v04, body) == "more than 2001 spans in one request"


def test_a_json_request_has_a_limited_number_of_objects():
    objects = b"[[" + b"{}," * 2_000_001 + b"{}]]"
    assert refusal(decode_v04_json, objects) == "more than 500000 spans in one request"


def test_json_is_read_like_messagepack():
    without_bytes = {key: value for key, value in WIRE.items() if key != "meta_struct"}
    (chunk,) = decode_v04_json(json.dumps([[without_bytes]]).encode())
    (span,) = chunk.spans
    span.meta_struct = SPAN.meta_struct
    assert span == SPAN
    assert decode_v04_json(b'[[{"name": null, "meta": {"a": null}, "trace_id": -1}]]') == [
        TraceChunk([Span(trace_id=2**64 - 1, meta={"a": ""})])
    ]
    assert decode_v04_json(b'[[{"name": "\xff"}]]')[0].spans[0].name == "\ufffd"
    assert refusal(decode_v04_json, b"[[{]]").startswith("no JSON: ")
    assert refusal(decode_v04_json, b'[[{"name": 1}]]').endswith(" at 0/0/Name")


def test_version_01_groups_spans_into_traces():
    spans = [{"trace_id": 1, "span_id": 1}, {"trace_id": 2}, {"trace_id": 1, "span_id": 2}]
    assert decode_v01(json.dumps(spans).encode()) == [
        TraceChunk([Span(trace_id=1, span_id=1), Span(trace_id=1, span_id=2)]),
        TraceChunk([Span(trace_id=2)]),
    ]


STRINGS = ["", "shop", "op", "GET /", "env", "prod", "m", "web"]
ROW = [1, 2, 3, 7, 8, 0, 10, 20, 1, {4: 5}, {6: 0.5}, 7]
ROW_SPAN = Span(
    "shop", "op", "GET /", 7, 8, 0, 10, 20, 1, {"env": "prod"}, {"m": 0.5}, "web"
)  # fmt: skip


def test_a_span_of_version_05_takes_its_text_from_the_dictionary():
    assert decode_v05(msgpack.packb([STRINGS, [[ROW]]])) == [TraceChunk([ROW_SPAN])]


def test_version_05_ignores_what_follows():
    body = msgpack.packb([STRINGS, [[ROW]]])
    assert decode_v05(body + b"\x00") == [TraceChunk([ROW_SPAN])]
    assert decode_v05(msgpack.packb([STRINGS, [[ROW]], []])) == [TraceChunk([ROW_SPAN])]
    assert decode_v05(msgpack.packb([[], [], []])) == []


def test_version_05_refuses_indices_outside_and_rows_of_another_length():
    for rest in (b"\x00" * 12, b"\x00" * 9 + b"\x80\x80\x00"):
        body = b"\x92\x90\x91\x91\x9c" + rest
        assert refusal(decode_v05, body) == "dictionary index 0 out of range"
    outside = [*ROW[:9], {4: 99}, {}, 7]
    assert refusal(decode_v05, msgpack.packb([STRINGS, [[outside]]])) == (
        "dictionary index 99 out of range"
    )
    assert refusal(decode_v05, msgpack.packb([STRINGS, [[ROW[:11]]]])) == (
        "11 fields instead of 12 at 0/0"
    )
    negative = [-1, *ROW[1:]]
    assert refusal(decode_v05, msgpack.packb([STRINGS, [[negative]]])).endswith(" at 0/0")
    assert refusal(decode_v05, b"\x90" + b" " * 25_000_000) == "too long payload"


def test_version_07_carries_what_the_tracer_says_of_itself():
    wire = {
        "container_id": "c",
        "language_name": "python",
        "language_version": "3.12",
        "tracer_version": "3.0",
        "runtime_id": "r",
        "env": "prod",
        "hostname": "h",
        "app_version": "1",
        "tags": {"a": "b"},
        "chunks": [
            {
                "priority": 2,
                "origin": "rum",
                "spans": [WIRE],
                "tags": {"_dd.p.dm": "-1"},
                "dropped_trace": True,
            },
            {},
        ],
    }
    expected = TracerPayload(
        container_id="c",
        language_name="python",
        language_version="3.12",
        tracer_version="3.0",
        runtime_id="r",
        env="prod",
        hostname="h",
        app_version="1",
        tags={"a": "b"},
        chunks=[TraceChunk([SPAN], 2, "rum", {"_dd.p.dm": "-1"}, True), TraceChunk([])],
    )
    assert decode_v07(msgpack.packb(wire)) == expected
    assert decode_v07(msgpack.packb({**wire, "env": b"prod", "more": None})) == expected


def test_version_10_sends_each_string_once():
    attributes = ["http.url", 1, "http://a", "ok", 2, True, "ratio", 3, 0.5, "rows", 4, 3]
    body = {
        2: "box",  # 1
        3: "go",  # 2
        7: "prod",  # 3
        10: ["team", 1, "x"],  # 4, 5
        11: [
            {
                1: 1,
                2: "rum",  # 6
                4: [
                    {
                        1: "shop",  # 7
                        2: "op",  # 8
                        3: 8,
                        4: 2,
                        5: 0,
                        6: 10,
                        7: 20,
                        8: True,
                        9: [*attributes, "raw", 5, b"\x80", "list", 6, [4, 1, 1, 3]],
                        10: "web",
                        11: [{1: b"\x00" * 7 + b"\x01" + b"\x00" * 7 + b"\x02", 2: 3, 5: 1}],
                        12: [{1: 9, 2: "exception", 3: ["line", 4, 7]}],
                        13: 3,
                        14: "1.2",
                        15: "net/http",
                        16: 2,
                    },
                    {1: 7, 4: 3, 5: 2},
                ],
                6: b"\x00" * 7 + b"\x05" + b"\x00" * 7 + b"\x06",
                7: 4,
            }
        ],
    }
    root = Span(
        "shop", "op", "op", 6, 2, 0, 10, 20, 1,
        {
            "http.url": "http://a", "ok": "true", "list": '[1,"prod"]', "env": "prod",
            "version": "1.2", "component": "net/http", "span.kind": "server",
            "_dd.p.tid": "0000000000000005", "_dd.p.dm": "-4",
        },
        {"ratio": 0.5, "rows": 3.0},
        "web",
        {"raw": b"\x80"},
        [SpanLink(2, 1, 3, flags=0x8000_0001)],
        [SpanEvent(9, "exception", {"line": 7})],
    )  # fmt: skip
    expected = TracerPayload(
        container_id="box",
        language_name="go",
        env="prod",
        tags={"team": "x"},
        chunks=[TraceChunk([root, Span("shop", trace_id=6, span_id=3, parent_id=2)], 1, "rum")],
    )
    assert decode_v10(msgpack.packb(body)) == expected
    broken_text = msgpack.packb(body).replace(b"http://a", b"http:/\xff\xfe")
    assert decode_v10(broken_text).chunks[0].spans[0].meta["http.url"] == "http:/\ufffd\ufffd"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({7: 1}, "string index 1 out of range"),
        ({10: ["a", 1]}, "2 entries of attributes are not key, type and value"),
        ({10: ["a", 9, 1]}, "an attribute has the unknown type 9"),
        ({10: ["a", 6, [1]]}, "an array attribute is not pairs of type and value"),
    ],
)
def test_version_10_refuses_what_it_cannot_know(body, words):
    assert refusal(decode_v10, msgpack.packb(body)) == words


def test_version_10_refuses_bottomless_attributes():
    value = [1, "x"]
    for _ in range(40):
        value = [6, value]
    assert refusal(decode_v10, msgpack.packb({10: ["a", *value]})) == (
        "an attribute is too deeply nested"
    )


def test_statistics_of_a_client_are_read_with_what_it_left_out():
    group = {"Service": "S", "Hits": 3, "HTTPStatusCode": 700, "PeerTags": None, "srv_src": "m"}
    wire = {"Env": "E 1", "RuntimeID": "r", "Stats": [{"Start": 5, "Stats": [group]}], "New": 1}
    payload = decode_client_stats(msgpack.packb(wire))
    assert (payload.env, payload.runtime_id, payload.stats[0].start) == ("E 1", "r", 5)
    (read,) = payload.stats[0].stats
    assert (read.service, read.hits, read.http_status_code) == ("S", 3, 700)
    assert (read.peer_tags, read.service_source) == (None, "m")
    assert decode_client_stats(msgpack.packb({**wire, "Version": None})).env == "E 1"
    assert refusal(decode_client_stats, b"zz") == (
        'attempted to decode type "int" with method for "map"'
    )
    assert refusal(decode_client_stats, msgpack.packb({"Env": 1})).startswith("no statistics: ")
