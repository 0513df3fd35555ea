"""Spans to the spans of tracers, as the Agent maps them.

What is left to do afterwards, normalisation, obfuscation, top-level spans, statistics and sampling,
is done with them as with every tracer's.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from serverless_init.model import PRIORITY_NONE, Span, TraceChunk, TracerPayload
from serverless_init.otlp.attributes import container_tags, host_of, plain, text_of
from serverless_init.otlp.span_names import NamingOptions, SpanNames, kind_text
from serverless_init.otlp.values import (
    AnyValue,
    Attributes,
    OtlpEvent,
    OtlpLink,
    OtlpSpan,
    ResourceGroup,
    Scope,
    TracesRequest,
)

_NO_SERVICE = "otlpresourcenoservicename"
_NOT_COPIED = frozenset(("service.name", "operation.name", "resource.name", "span.type"))
_HTTP_NAMES = {
    "client.address": "http.client_ip",
    "http.response.body.size": "http.response.content_length",
    "http.response.status_code": "http.status_code",
    "http.request.body.size": "http.request.content_length",
    "http.request.header.referrer": "http.referrer",
    "http.request.method": "http.method",
    "network.protocol.version": "http.version",
    "server.address": "http.server_name",
    "url.full": "http.url",
    "user_agent.original": "http.useragent",
}
_HEADER, _HEADERS = "http.request.header.", "http.request.headers."
_STATUSES = ("Unset", "Ok", "Error")
_ERROR = 2
_STATUS_CODE, _GRPC_CODE = "http.status_code", "rpc.grpc.status_code"
_DECISION_MAKER, _BY_USER, _BY_OTLP = "_dd.p.dm", "-4", "-9"
_PRIORITY = "_sampling_priority_v1"
_EXCEPTION = "exception"
_INT64_MAX = (1 << 63) - 1
_ID_MASK = (1 << 64) - 1
_HASH = 1_111_111_111_111_111_111


@dataclass(frozen=True, slots=True)
class SpansOptions:
    """`rate` is the share of traces that are kept, by their ids.

    It is None where another sampler decides, later. With `marks_by_kind` the kind of a span says
    whether it enters a service, and whether it is measured.
    """

    naming: NamingOptions = field(default_factory=NamingOptions)
    rate: float | None = 1.0
    host: str = ""
    marks_by_kind: bool = False


class Mapped(NamedTuple):
    """The spans of one resource, and whether they are counted and marked; see `SpanSink`."""

    payload: TracerPayload
    is_counted: bool
    is_marked: bool


class SpansMapper:
    """Maps requests, one after the other."""

    def __init__(self, options: SpansOptions) -> None:
        self._options = options

    def payloads(self, request: TracesRequest) -> Generator[Mapped | None, None, None]:
        """What comes from each resource of `request`, in order; None after each step before."""
        for group in request.groups:
            resource = group.resource.attributes
            chunks: dict[int, TraceChunk] = {}
            for scoped in group.scopes:
                for span in scoped.items:
                    mapped = self._span(span, resource, scoped.scope)
                    chunk = chunks.setdefault(mapped.trace_id, TraceChunk([]))
                    chunk.spans.append(mapped)
                    yield None
            for chunk in chunks.values():
                self._decide(chunk)
            yield Mapped(
                self._payload(group, list(chunks.values())),
                bool(text_of(resource.get("_dd.stats_computed"))),
                self._options.marks_by_kind,
            )

    def _payload(self, group: ResourceGroup[OtlpSpan], chunks: list[TraceChunk]) -> TracerPayload:
        attributes = group.resource.attributes

        def text(*keys: str) -> str:
            return next(filter(None, (text_of(attributes.get(key)) for key in keys)), "")

        host, tags = host_of(attributes), container_tags(attributes)
        return TracerPayload(
            container_id=text("container.id", "k8s.pod.uid"),
            language_name=text("telemetry.sdk.language"),
            tracer_version=f"otlp-{text('telemetry.sdk.version')}",
            chunks=chunks,
            tags={"_dd.tags.container": tags} if tags else {},
            env=text("deployment.environment.name", "deployment.environment"),
            hostname=self._options.host if host is None else host,
            app_version=text("service.version"),
        )

    def _span(self, span: OtlpSpan, resource: Attributes, scope: Scope) -> Span:
        names, naming = SpanNames(span, resource, scope.name), self._options.naming
        service = text_of(span.attributes.get("service.name")) or text_of(
            resource.get("service.name")
        )
        mapped = Span(
            service=service or _NO_SERVICE,
            name=names.operation(naming),
            resource=names.resource(naming),
            trace_id=int.from_bytes(span.trace_id[-8:]),
            span_id=int.from_bytes(span.span_id[-8:]),
            parent_id=int.from_bytes(span.parent_span_id[-8:]),
            start_ns=min(span.start_ns, _INT64_MAX),
            duration_ns=min(max(0, span.end_ns - span.start_ns), _INT64_MAX),
            error=int(span.status.code == _ERROR),
            type=names.type(),
        )
        self._tag(mapped, span, resource, scope)
        if self._options.marks_by_kind:
            _mark(mapped, kind_text(span.kind))
        return mapped

    def _tag(self, mapped: Span, span: OtlpSpan, resource: Attributes, scope: Scope) -> None:
        meta, metrics = mapped.meta, mapped.metrics
        for key, value in span.attributes.items():
            _put(mapped, _renamed(key), value)
        for key, value in resource.items():
            if key not in meta and key not in metrics:
                _put(mapped, key, value)
        for key, value in scope.attributes.items():
            _put(mapped, key, value)
        status = span.status.message
        told = {
            "otel.trace_id": span.trace_id.hex(),
            "otel.library.name": scope.name,
            "otel.library.version": scope.version,
            "otel.status_description": status,
            "w3c.tracestate": span.trace_state,
            "events": _events(span.events),
            "_dd.span_links": _links(span.links),
        }
        meta.update((key, text) for key, text in told.items() if text)
        code = span.status.code
        meta["otel.status_code"] = _STATUSES[code] if code < len(_STATUSES) else _STATUSES[0]
        meta["span.kind"] = kind_text(span.kind)
        if any(event.name == _EXCEPTION for event in span.events):
            meta["_dd.span_events.has_exception"] = "true"
        env = text_of(resource.get("deployment.environment.name")) or text_of(
            resource.get("deployment.environment")
        )
        for key, text in (
            ("env", env),
            ("version", text_of(resource.get("service.version"))),
            ("db.name", meta.get("db.namespace", "")),
            ("error.msg", status if mapped.error else ""),
        ):
            if text:
                meta.setdefault(key, text)

    def _decide(self, chunk: TraceChunk) -> None:
        """Keep or drop the trace: as its spans ask for, or by its id."""
        first = chunk.spans[0]
        rate = self._options.rate
        if rate is not None:
            chunk.tags["_dd.otlp_sr"] = f"{rate:.2f}"
        asked = next((s.metrics[_PRIORITY] for s in chunk.spans if _PRIORITY in s.metrics), None)
        if asked is not None and -128 <= asked <= 127:
            chunk.priority = int(asked)
            first.meta[_DECISION_MAKER] = _BY_USER
        elif rate is None:
            chunk.priority = PRIORITY_NONE
        elif is_kept(first.trace_id, rate):
            chunk.priority = 1
            first.meta[_DECISION_MAKER] = _BY_OTLP
        else:
            chunk.priority = 0


def is_kept(trace_id: int, rate: float) -> bool:
    """Whether the trace belongs to the share `rate` of all, as every Agent decides it."""
    return rate >= 1 or (trace_id * _HASH & _ID_MASK) < rate * (_ID_MASK + 1)


def _mark(span: Span, kind: str) -> None:
    if not span.parent_id or kind in ("server", "consumer"):
        span.metrics["_dd.top_level"] = 1.0
    if kind in ("client", "producer"):
        span.metrics["_dd.measured"] = 1.0


def _renamed(key: str) -> str:
    known = _HTTP_NAMES.get(key)
    if known is None and key.startswith(_HEADER):
        return _HEADERS + key.removeprefix(_HEADER)
    return known or key


def _put(span: Span, key: str, value: AnyValue) -> None:
    """Make an attribute a tag: with a number value or a text."""
    if key in _NOT_COPIED:
        return
    if key == "analytics.event":
        is_on = text_of(value).lower() in ("true", "1", "t")
        span.metrics["_dd1.sr.eausr"] = float(is_on)
        return
    number = _number(value)
    if key == "sampling.priority" and number is not None:
        key = _PRIORITY
    elif key == _STATUS_CODE and isinstance(value, str) and value.isascii() and value.isdigit():
        number = float(value)
    if key == _GRPC_CODE:
        span.meta[key] = text_of(value)
    if number is None:
        span.meta[key] = text_of(value)
    else:
        span.metrics[key] = number


def _number(value: AnyValue) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _events(events: list[OtlpEvent]) -> str:
    def told(event: OtlpEvent) -> Mapping[str, object]:
        return {
            "time_unix_nano": event.time_ns,
            "name": event.name,
            **({"attributes": plain(event.attributes)} if event.attributes else {}),
            **_dropped(event.dropped_attributes),
        }

    return _json([told(event) for event in events])


def _links(links: list[OtlpLink]) -> str:
    def told(link: OtlpLink) -> Mapping[str, object]:
        attributes = {key: text_of(value) for key, value in link.attributes.items()}
        return {
            "trace_id": link.trace_id.hex(),
            "span_id": link.span_id.hex(),
            **({"tracestate": link.trace_state} if link.trace_state else {}),
            **({"attributes": attributes} if attributes else {}),
            **_dropped(link.dropped_attributes),
        }

    return _json([told(link) for link in links])


def _dropped(count: int) -> dict[str, object]:
    return {"dropped_attributes_count": count} if count else {}


def _json(listed: list[Mapping[str, object]]) -> str:
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")) if listed else ""
