"""Version 0.6 of the statistics API: what a tracer has counted itself."""

from collections.abc import Callable

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.traces.decode.lenient import Mismatch
from serverless_init.traces.decode.unpack import ENTRIES_MAX, Tree, unpack
from serverless_init.traces.decode.wire import REFUSED
from serverless_init.traces.stats_payload import ClientStatsPayload

_decode: Callable[[bytes], ClientStatsPayload] = msgspec.msgpack.Decoder(ClientStatsPayload).decode


def decode_client_stats(body: bytes) -> ClientStatsPayload:
    """The payload of a MessagePack body. nil stands for what a tracer left out."""
    try:
        payload = _decode(body)
    except REFUSED:
        tree = unpack(body)
        if not isinstance(tree, dict):
            raise Mismatch(tree, "map") from None
        payload = _convert(_without_nil(tree))
    groups = sum(len(bucket.stats or ()) for bucket in payload.stats or ())
    if groups > ENTRIES_MAX:
        raise Undecodable(f"more than {ENTRIES_MAX} groups of statistics")
    return payload


def _convert(tree: Tree) -> ClientStatsPayload:
    try:
        return msgspec.convert(tree, ClientStatsPayload)
    except msgspec.ValidationError as refused:
        raise Undecodable(f"no statistics: {refused}") from None


def _without_nil(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: _without_nil(value) for key, value in tree.items() if value is not None}
    if isinstance(tree, list):
        return [_without_nil(value) for value in tree if value is not None]
    return tree
