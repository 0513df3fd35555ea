"""What of one span decides in which group of the statistics it is counted."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from serverless_init.model import Span
from serverless_init.traces.addresses import mask
from serverless_init.traces.memo import ShortMemo
from serverless_init.traces.tags import (
    HTTP_STATUS,
    HTTP_STATUS_STABLE,
    MEASURED,
    PARTIAL_VERSION,
    SERVICE_BASE,
    SERVICE_SOURCE,
    SPAN_KIND,
    TOP_LEVEL,
)

_PEER_TAGS = (
    "_dd.base_service active_record.db.vendor amqp.destination amqp.exchange amqp.queue "
    "aws.queue.name aws.s3.bucket bucketname cassandra.keyspace db.cassandra.contact.points "
    "db.couchbase.seed.nodes db.hostname db.instance db.name db.namespace db.system db.type "
    "dns.hostname grpc.host hostname http.host http.server_name messaging.destination "
    "messaging.destination.name messaging.kafka.bootstrap.servers messaging.rabbitmq.exchange "
    "messaging.system mongodb.db msmq.queue.path net.peer.name network.destination.ip "
    "network.destination.name out.host peer.hostname peer.service queuename rpc.service "
    "rpc.system sequel.db.vendor server.address streamname tablename topicname"
)
PEER_TAGS = tuple(_PEER_TAGS.split())
"""The tags that say whom a span talks to. Source: the Agent's list."""

COUNTED_KINDS = frozenset(("server", "client", "producer", "consumer"))
TALKING_KINDS = frozenset(("client", "producer", "consumer"))
_GRPC_KEY_ORDER = (
    "rpc.grpc.status_code",
    "grpc.code",
    "rpc.grpc.status.code",
    "grpc.status.code",
    "rpc.response.status_code",
)
GRPC_KEYS = frozenset(_GRPC_KEY_ORDER)
_GRPC_NAMES = (
    "OK CANCELLED UNKNOWN INVALIDARGUMENT DEADLINEEXCEEDED NOTFOUND ALREADYEXISTS "
    "PERMISSIONDENIED RESOURCEEXHAUSTED FAILEDPRECONDITION ABORTED OUTOFRANGE UNIMPLEMENTED "
    "INTERNAL UNAVAILABLE DATALOSS UNAUTHENTICATED"
)
_GRPC_CODES = {name: str(code) for code, name in enumerate(_GRPC_NAMES.split())} | {"CANCELED": "1"}
_STATUS_MAX = 2**31 - 1


class GroupKey(NamedTuple):
    """Spans that agree in all of it are counted together."""

    service: str
    name: str
    resource: str
    type: str
    kind: str
    http_status: int
    is_synthetic: bool
    peer_tags: tuple[str, ...]
    primary_tags: tuple[str, ...]
    service_source: str
    is_trace_root: bool
    grpc_status: str


class Shape(NamedTuple):
    """Which of the tags that matter a span has, found once for all with the same keys."""

    peers: tuple[str, ...]
    read_peers: Callable[[Mapping[str, str]], str | tuple[str, ...]] | None
    primary: tuple[str, ...]
    has_http_status: bool
    has_grpc_status: bool


class KeyReader:
    """Reads keys off spans. `peer_tags` is None when nobody's peers are told apart.

    A key is returned as a plain tuple in the order of `GroupKey`, which is quicker to make. By its
    tags, `shapes` has the shape of a span; by the names and values of peer tags, `peer_sets` has
    those of its key.
    """

    def __init__(self, peer_tags: Iterable[str] | None, span_tags: Iterable[str]) -> None:
        self._peer_tags = frozenset(peer_tags or ())
        self._span_tags = frozenset(span_tags)
        self.peer_sets = ShortMemo(_masked_tags, _length_of_values)
        self.shapes = ShortMemo(self._shape, _length_of_keys)

    def trim(self) -> None:
        """Bound what is remembered."""
        self.peer_sets.trim()
        self.shapes.trim()

    def key(self, span: Span, is_synthetic: bool) -> tuple[object, ...]:
        """The group of `span`."""
        meta = span.meta
        shape = self.shapes[tuple(meta)]
        kind = meta.get(SPAN_KIND, "")
        metrics = span.metrics
        return (
            span.service,
            span.name,
            span.resource,
            span.type,
            kind,
            http_status(span) if shape.has_http_status or HTTP_STATUS in metrics else 0,
            is_synthetic,
            self.peers(meta, kind, shape) if shape.read_peers else (),
            self.primary(meta, shape) if shape.primary else (),
            meta.get(SERVICE_SOURCE, ""),
            not span.parent_id,
            grpc_status(span) if shape.has_grpc_status or not GRPC_KEYS.isdisjoint(metrics) else "",
        )

    def _shape(self, keys: tuple[str, ...]) -> Shape:
        peers = tuple(sorted(self._peer_tags.intersection(keys)))
        return Shape(
            peers,
            itemgetter(*peers) if peers else None,
            tuple(sorted(self._span_tags.intersection(keys))),
            HTTP_STATUS in keys or HTTP_STATUS_STABLE in keys,
            not GRPC_KEYS.isdisjoint(keys),
        )

    def primary(self, meta: dict[str, str], shape: Shape) -> tuple[str, ...]:
        """The tags by which the operator tells spans apart."""
        return tuple(f"{key}:{meta[key]}" for key in shape.primary)

    def peers(self, meta: dict[str, str], kind: str, shape: Shape) -> tuple[str, ...]:
        """The peer tags that count for a span of this `kind` with some."""
        if kind in TALKING_KINDS or kind.lower() in TALKING_KINDS:
            assert shape.read_peers is not None
            return self.peer_sets[shape.peers, shape.read_peers(meta)]
        base = meta.get(SERVICE_BASE)
        if base and (not kind or kind.lower() == "internal"):
            return (f"{SERVICE_BASE}:{base}",)
        return ()


def is_counted(span: Span, by_kind: bool) -> bool:
    """Whether `span` is in the statistics at all; a snapshot of an unfinished one never is."""
    metrics = span.metrics
    if PARTIAL_VERSION in metrics and metrics[PARTIAL_VERSION] >= 0:
        return False
    if metrics.get(TOP_LEVEL) == 1 or metrics.get(MEASURED) == 1:
        return True
    return by_kind and span.meta.get(SPAN_KIND, "").lower() in COUNTED_KINDS


def http_status(span: Span) -> int:
    """The HTTP status, from whichever tag has it; 0 without."""
    number = span.metrics.get(HTTP_STATUS)
    if number is not None and 0 <= number <= _STATUS_MAX:
        return int(number)
    for key in (HTTP_STATUS, HTTP_STATUS_STABLE):
        text = span.meta.get(key)
        if text and text.isascii() and text.isdecimal() and len(text) < 10:
            return int(text)
    return 0


def grpc_status(span: Span) -> str:
    """The gRPC status as its number in text; nothing without, or for an unknown name."""
    for key in _GRPC_KEY_ORDER:
        text = span.meta.get(key)
        if text:
            return _grpc_code(text)
        number = span.metrics.get(key)
        if number is not None and 0 <= number <= _STATUS_MAX:
            return str(int(number))
    return ""


def _grpc_code(text: str) -> str:
    if text.isascii() and text.isdecimal():
        return text
    name = text.removeprefix("StatusCode.").upper().replace("_", "")
    return name if name.isdecimal() else _GRPC_CODES.get(name, "")


def _masked_tags(tags: tuple[tuple[str, ...], str | tuple[str, ...]]) -> tuple[str, ...]:
    """Keys and their values (one alone stands for itself) as tags."""
    keys, values = tags
    pairs = zip(keys, (values,) if isinstance(values, str) else values, strict=True)
    return tuple(f"{key}:{mask(value)}" for key, value in pairs if value)


def _length_of_values(tags: tuple[tuple[str, ...], str | tuple[str, ...]]) -> int:
    values = tags[1]
    return len(values) if isinstance(values, str) else sum(map(len, values))


def _length_of_keys(keys: tuple[str, ...]) -> int:
    """Most spans have at most thirty tags; what has very many is not remembered."""
    return 2 * len(keys) + (sum(map(len, keys)) >> 4)
