"""The operation name, the resource name and the type of a span, from its kind and attributes.

There are two sets of rules, as in the Agent: today's, which know what protocols the conventions of
OpenTelemetry describe, and the older ones, which name an operation for library and kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from serverless_init.otlp.attributes import text_of
from serverless_init.otlp.values import Attributes, OtlpSpan

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")

_SQL_SYSTEMS = """
    other_sql mssql mysql oracle db2 postgresql redshift cloudscape hsqldb maxdb ingres firstsql edb
    cache firebird derby informix mariadb sqlite sybase teradata vertica h2 coldfusion cockroachdb
    progress hanadb adabas filemaker instantdb interbase netezza pervasive pointbase clickhouse
"""
_OTHER_SYSTEMS = "cassandra redis memcached mongodb elasticsearch opensearch"
_DB_TYPES = {
    **dict.fromkeys(_SQL_SYSTEMS.split(), "sql"),
    **{name: name for name in _OTHER_SYSTEMS.split()},
}
_RESOURCE_BYTES_MAX = 5000


@dataclass(frozen=True, slots=True)
class NamingOptions:
    """`older` chooses the older rules; the others mean what their settings do."""

    older: bool = False
    span_name_is_operation: bool = False
    remappings: Mapping[str, str] = field(default_factory=dict)


class SpanNames:
    """Names one span; what it does not say itself its resource may say."""

    def __init__(self, span: OtlpSpan, resource: Attributes, scope_name: str) -> None:
        self._span = span
        self._resource = resource
        self._scope_name = scope_name

    def operation(self, options: NamingOptions) -> str:
        """The operation's name."""
        chosen = self._first("operation.name")
        if not options.older:
            return chosen or self._operation()
        if not chosen and options.span_name_is_operation:
            chosen = self._span.name
        name = chosen or f"{self._scope_name or 'opentelemetry'}.{kind_text(self._span.kind)}"
        return options.remappings.get(name, name)

    def resource(self, options: NamingOptions) -> str:
        """The resource's name."""
        name = self._resource_name(older=options.older)
        return name.encode()[:_RESOURCE_BYTES_MAX].decode("utf-8", "ignore")

    def type(self) -> str:
        """The span's type."""
        chosen = self._first("span.type")
        if chosen:
            return chosen
        if self._span.kind == SERVER:
            return "web"
        if self._span.kind != CLIENT:
            return "custom"
        system = self._first("db.system")
        return _DB_TYPES.get(system, "db") if system else "http"

    def _operation(self) -> str:
        kind, first = self._span.kind, self._lower
        if kind in (SERVER, CLIENT) and self._method():
            return f"http.{kind_text(kind)}.request"
        if kind == CLIENT and first("db.system"):
            return f"{first('db.system')}.query"
        system, operation = first("messaging.system"), first("messaging.operation")
        if system and operation and kind in (SERVER, CLIENT, PRODUCER, CONSUMER):
            return f"{system}.{operation}"
        return self._call() or self._function() or self._by_kind()

    def _call(self) -> str:
        """The name of a remote procedure call's span, if it is one."""
        kind, system = self._span.kind, self._lower("rpc.system")
        if not system or kind not in (SERVER, CLIENT):
            return ""
        if system == "aws-api" and kind == CLIENT:
            return f"aws.{self._lower('rpc.service') or 'client'}.request"
        return f"{system}.{kind_text(kind)}.request"

    def _function(self) -> str:
        """The name of a span about a function of a cloud, or about GraphQL, if it is one."""
        provider = self._lower("faas.invoked_provider")
        invoked, trigger = self._lower("faas.invoked_name"), self._lower("faas.trigger")
        if provider and invoked and self._span.kind == CLIENT:
            return f"{provider}.{invoked}.invoke"
        if trigger and self._span.kind == SERVER:
            return f"{trigger}.invoke"
        return "graphql.server.request" if self._first("graphql.operation.type") else ""

    def _by_kind(self) -> str:
        kind = kind_text(self._span.kind)
        if self._span.kind in (SERVER, CLIENT):
            protocol = self._lower("network.protocol.name")
            return f"{protocol}.{kind}.request" if protocol else f"{kind}.request"
        return "Internal" if kind == KINDS[0] else kind.capitalize()

    def _resource_name(self, *, older: bool) -> str:
        first = self._first
        chosen = first("resource.name")
        if chosen:
            return chosen
        method = self._method()
        if method:
            if not older and method == "_OTHER":
                method = "HTTP"
            is_routed = older or self._span.kind == SERVER
            return _joined(method, first("http.route") if is_routed else "")
        if first("messaging.operation"):
            destination = first("messaging.destination", "messaging.destination.name")
            return _joined(first("messaging.operation"), destination)
        if first("rpc.method"):
            return _joined(first("rpc.method"), first("rpc.service"))
        if first("graphql.operation.type"):
            return _joined(first("graphql.operation.type"), first("graphql.operation.name"))
        statement = first("db.statement", "db.query.text") if first("db.system") else ""
        return statement if statement and not older else self._span.name

    def _method(self) -> str:
        return self._first("http.request.method", "http.method")

    def _first(self, *keys: str) -> str:
        """The first of these attributes that has a value, of the span or else of its resource."""
        for key in keys:
            text = text_of(self._span.attributes.get(key)) or text_of(self._resource.get(key))
            if text:
                return text
        return ""

    def _lower(self, key: str) -> str:
        return self._first(key).lower()


def kind_text(kind: int) -> str:
    """The word for a span's kind."""
    return KINDS[kind] if kind < len(KINDS) else KINDS[0]


def _joined(first: str, second: str) -> str:
    return f"{first} {second}" if second else first
