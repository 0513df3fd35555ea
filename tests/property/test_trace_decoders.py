"""Laws about what a tracer, or anything else, may send to the trace API."""

import json

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.errors import Undecodable
from serverless_init.traces.decode import (
    decode_client_stats,
    decode_v01,
    decode_v04_json,
    decode_v05,
    decode_v07,
    decode_v10,
)
from serverless_init.traces.decode.unpack import unpack
from serverless_init.traces.twin import decode_v04

DECODERS = [decode_v04, decode_v05, decode_v07, decode_v10, decode_client_stats]
JSON_DECODERS = [decode_v01, decode_v04_json]
KEYS = st.sampled_from(
    """service name resource trace_id span_id start duration error meta metrics type meta_struct
    span_links span_events attributes values string_value chunks spans priority tags Stats Env
    Start Hits PeerTags""".split()  # noqa: SIM905
) | st.integers(0, 17)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=17)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)
SPANS = st.dictionaries(KEYS, TREES, max_size=4)
LIKELY = TREES | st.lists(st.lists(SPANS, max_size=3), max_size=3)


def outcome(decode, body):
    try:
        return decode(body)
    except Undecodable:
        return None


@pytest.mark.parametrize("decode", [*DECODERS, *JSON_DECODERS])
@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_values_or_undecodable(decode, body):
    """No body makes a decoder raise anything but `Undecodable`."""
    outcome(decode, body)


@pytest.mark.parametrize("decode", DECODERS)
@settings(max_examples=60, deadline=None)
@given(tree=LIKELY, cut=st.integers(0, 40))
def test_any_messagepack_is_values_or_undecodable(decode, tree, cut):
    """Well-formed MessagePack of the wrong shape, whole or cut, raises nothing else either."""
    body = msgpack.packb(tree)
    outcome(decode, body)
    outcome(decode, body[: len(body) - cut])


@pytest.mark.parametrize("decode", JSON_DECODERS)
@settings(max_examples=60, deadline=None)
@given(tree=LIKELY)
def test_any_json_is_values_or_undecodable(decode, tree):
    """Well-formed JSON of the wrong shape, lone surrogates included, raises nothing else either."""
    outcome(decode, json.dumps(tree, default=repr).encode())


@settings(max_examples=100, deadline=None)
@given(TREES.filter(lambda tree: "nan" not in repr(tree)))
def test_the_tolerant_reader_agrees_with_the_library(tree):
    """What an independent encoder wrote is read as it was."""
    assert unpack(msgpack.packb(tree)) == tree
