"""What of one span decides in which group of the statistics it is counted."""

from collections.abc import Iterable
from typing import NamedTuple

from serverless_init.model import Span
from serverless_init.serializer import Memo
from serverless_init.traces.addresses import mask
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

_COUNTED_KINDS = frozenset(("server", "client", "producer", "consumer"))
_TALKING_KINDS = frozenset(("client", "producer", "consumer"))
_GRPC_KEYS = (
    "rpc.grpc.status_code",
    "grpc.code",
    "rpc.grpc.status.code",
    "grpc.status.code",
    "rpc.response.status_code",
)
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


class KeyReader:
    """Reads keys off spans. `peer_tags` is None when nobody's peers are told apart."""

    def __init__(self, peer_tags: Iterable[str] | None, span_tags: Iterable[str]) -> None:
        self._peer_tags = frozenset(peer_tags or ())
        self._has_peers = peer_tags is not None
        self._span_tags = frozenset(span_tags)
        self._masked: Memo[tuple[str, str], str] = Memo(_masked_tag)

    def key(self, span: Span, *, is_synthetic: bool) -> GroupKey:
        """The group of `span`."""
        meta = span.meta
        kind = meta.get(SPAN_KIND, "")
        return GroupKey(
            span.service,
            span.name,
            span.resource,
            span.type,
            kind,
            http_status(span),
            is_synthetic,
            self._peers(meta, kind),
            _tags_of(meta, self._span_tags) if self._span_tags else (),
            meta.get(SERVICE_SOURCE, ""),
            not span.parent_id,
            grpc_status(span),
        )

    def _peers(self, meta: dict[str, str], kind: str) -> tuple[str, ...]:
        if not self._has_peers:
            return ()
        kind = kind.lower()
        if kind in _TALKING_KINDS:
            self._masked.trim()
            keys = sorted(self._peer_tags & meta.keys())
            return tuple(self._masked[key, meta[key]] for key in keys if meta[key])
        base = meta.get(SERVICE_BASE)
        if base and kind in ("", "internal"):
            return (f"{SERVICE_BASE}:{base}",)
        return ()


def is_counted(span: Span, *, by_kind: bool) -> bool:
    """Whether `span` is in the statistics at all; a snapshot of an unfinished one never is."""
    metrics = span.metrics
    if metrics.get(PARTIAL_VERSION, -1) >= 0:
        return False
    if metrics.get(TOP_LEVEL) == 1 or metrics.get(MEASURED) == 1:
        return True
    return by_kind and span.meta.get(SPAN_KIND, "").lower() in _COUNTED_KINDS


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
    for key in _GRPC_KEYS:
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


def _tags_of(meta: dict[str, str], keys: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"{key}:{meta[key]}" for key in sorted(keys & meta.keys()))


def _masked_tag(tag: tuple[str, str]) -> str:
    key, value = tag
    return f"{key}:{mask(value)}"
