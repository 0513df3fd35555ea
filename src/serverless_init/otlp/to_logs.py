"""Log records to log messages, as the Agent maps them: what it has in the JSON of its message, the
attributes of ours have, as keys of the object that is sent.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from serverless_init.model import LogMessage, LogSource
from serverless_init.otlp.attributes import (
    host_of,
    json_text,
    plain,
    resource_tags,
    text_of,
)
from serverless_init.otlp.to_metrics import further_tags
from serverless_init.otlp.values import AnyValue, Attributes, LogRecord, LogsRequest, Resource

_MESSAGES = ("msg", "message", "log")
_STATUSES = ("status", "severity", "level", "syslog.severity")
_TRACE_IDS = frozenset(("trace_id", "traceid", "contextmap.traceid", "oteltraceid"))
_SPAN_IDS = frozenset(("span_id", "spanid", "contextmap.spanid", "otelspanid"))
_TAGS, _SOURCE, _HOST, _SERVICE = "ddtags", "datadog.log.source", "hostname", "service"
_DEFAULT_SOURCE = "otlp_log_ingestion"
_OTEL_SOURCE = "otel_source:datadog_agent"
# By the lower bounds of OpenTelemetry's numbers, from the highest.
_SEVERITIES = ((21, "fatal"), (17, "error"), (13, "warn"), (9, "info"), (5, "debug"), (1, "trace"))
_DEFAULT_STATUS = "info"
# Of the object that is sent: the message's own.
_RESERVED = frozenset(
    ("message", "status", "timestamp", "hostname", "service", "ddsource", "ddtags")
)
_DEPTH_MAX = 10
_CUT = "...TRUNCATED..."
_NS, _NS_PER_MS = 1_000_000_000, 1_000_000
# The last instant that a date can name, in seconds.
_SECONDS_MAX = 253_402_300_799


@dataclass(frozen=True, slots=True)
class LogsOptions:
    """`tags` are for what does not say otherwise; a longer text is cut at `message_bytes_max`."""

    tags: tuple[str, ...] = ()
    service: str = ""
    message_bytes_max: int = 900_000


class LogsMapper:
    """Maps requests, one after the other."""

    def __init__(self, options: LogsOptions) -> None:
        self._options = options

    def messages(self, request: LogsRequest, now: float) -> Generator[LogMessage, None, None]:
        """The message of each record, in order. `now`, in unix seconds, is for those without."""
        for group in request.groups:
            tags = resource_tags(group.resource.attributes)
            sources: dict[tuple[str, str], LogSource] = {}
            for scoped in group.scopes:
                for record in scoped.items:
                    yield self._message(
                        record, group.resource, scoped.scope.attributes, tags, sources, now
                    )

    def _message(
        self,
        record: LogRecord,
        resource: Resource,
        of_scope: Attributes,
        tags: tuple[str, ...],
        sources: dict[tuple[str, str], LogSource],
        now: float,
    ) -> LogMessage:
        own = dict(record.attributes)
        text, is_attribute = _text(record, own)
        status = _status(record, own)
        ddtags = text_of(own.pop(_TAGS, None))
        source_name = text_of(own.pop(_SOURCE, None)) or _DEFAULT_SOURCE
        service = text_of(own.pop(_SERVICE, None)) or text_of(own.get("service.name"))
        service = service or text_of(resource.attributes.get("service.name"))
        host = text_of(own.pop(_HOST, None)) or host_of(resource.attributes)
        time_ns = record.time_ns or record.observed_ns or int(now * _NS)
        keys: dict[str, object] = {}
        if host:
            keys[_HOST] = host
        keys["@timestamp"] = _timestamp(time_ns)
        keys["otel.timestamp"] = str(time_ns)
        keys.update(_severity(record))
        keys.update(_ids(record, own))
        for attributes in (own, of_scope, resource.attributes):
            for name, value in _flat(attributes):
                if name not in _RESERVED:
                    keys.setdefault(name, value)
        if isinstance(record.body, dict) and is_attribute:
            keys.setdefault("otel.body", json_text(record.body))
        all_tags = (*tags, *filter(None, ddtags.split(",")), _OTEL_SOURCE)
        return LogMessage(
            text=self._cut(text.encode()),
            status=status or _DEFAULT_STATUS,
            timestamp_ms=time_ns // _NS_PER_MS,
            source=self._source(service, source_name, sources),
            tags=(*all_tags, *further_tags(all_tags, self._options.tags)),
            attributes=tuple(keys.items()),
        )

    def _source(
        self, service: str, name: str, sources: dict[tuple[str, str], LogSource]
    ) -> LogSource:
        """One for all messages of a request that have the same."""
        source = sources.get((service, name))
        if source is None:
            source = LogSource("otlp", service or self._options.service, name)
            sources[service, name] = source
        return source

    def _cut(self, text: bytes) -> bytes:
        if len(text) <= self._options.message_bytes_max:
            return text
        kept = text[: self._options.message_bytes_max].decode("utf-8", "ignore")
        return f"{kept}{_CUT}".encode()


def _text(record: LogRecord, own: Attributes) -> tuple[str, bool]:
    """The message, and whether an attribute has it, which is then taken out of `own`."""
    for name in _MESSAGES:
        value = own.get(name)
        if isinstance(value, str) and value:
            del own[name]
            return value, True
    return text_of(record.body), False


def _status(record: LogRecord, own: Attributes) -> str:
    for name in _STATUSES:
        value = own.get(name)
        if isinstance(value, str) and value:
            del own[name]
            return value
    return record.severity_text or _of_number(record.severity_number)


def _of_number(number: int) -> str:
    if number > 24:
        return "error"
    return next((name for bound, name in _SEVERITIES if number >= bound), "")


def _severity(record: LogRecord) -> Iterator[tuple[str, object]]:
    if record.severity_text:
        yield "otel.severity_text", record.severity_text
    if record.severity_number:
        yield "otel.severity_number", str(record.severity_number)
    if record.event_name:
        yield "otel.event_name", record.event_name


def _ids(record: LogRecord, own: Attributes) -> Iterator[tuple[str, object]]:
    """The ids of trace and span, in hexadecimal and as Datadog has them."""
    trace, span = record.trace_id.hex(), record.span_id.hex()
    for name in list(own):
        if name.lower() in _TRACE_IDS:
            trace = trace or _hexadecimal(own.pop(name), 16)
        elif name.lower() in _SPAN_IDS:
            span = span or _hexadecimal(own.pop(name), 8)
    if trace.strip("0"):
        yield "otel.trace_id", trace
        yield "dd.trace_id", str(int(trace[-16:], 16))
    if span.strip("0"):
        yield "otel.span_id", span
        yield "dd.span_id", str(int(span[-16:], 16))


def _hexadecimal(value: AnyValue, length: int) -> str:
    try:
        number = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return ""
    return number.hex() if len(number) == length else ""


def _flat(attributes: Attributes) -> Iterator[tuple[str, object]]:
    """Attributes with values that are no mapping: those inside one have the path as their name."""
    waiting = [(name, value, 1) for name, value in reversed(attributes.items())]
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, dict) and depth < _DEPTH_MAX:
            inner = reversed(value.items())
            waiting += [(f"{name}.{key}", item, depth + 1) for key, item in inner]
        else:
            yield name, plain(value)


def _timestamp(time_ns: int) -> str:
    seconds = min(time_ns // _NS, _SECONDS_MAX)
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{day}.{time_ns // _NS_PER_MS % 1000:03d}Z"
