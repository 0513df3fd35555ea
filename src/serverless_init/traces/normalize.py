"""Spans as the intake takes them: what is missing is filled in, what is wrong is put right.

A chunk is dropped only when its spans cannot belong to a trace: an id is zero, or the ids of two
traces are mixed. Everything else is repaired and counted by what was wrong.
"""

from serverless_init.model import Span
from serverless_init.traces import text
from serverless_init.traces.memo import ShortMemo
from serverless_init.traces.stats import (
    FOREIGN_SPAN,
    SPAN_ID_ZERO,
    TRACE_ID_ZERO,
    ProcessingStats,
)
from serverless_init.traces.tags import HTTP_STATUS, PEER_SERVICE, SERVICE_BASE, TRACE_ID_UPPER

ENV = "env"
UNNAMED_OPERATION = "unnamed_operation"

_TYPE_BYTES_MAX = 100
TYPE_BYTES_SAFE = _TYPE_BYTES_MAX // 4
INT64_MAX = 2**63 - 1
YEAR_2000_NS = 946_684_800_000_000_000
_LINK_NAME = "link.name"


class Normalizer:
    """Normalises chunks; remembers what it made of names, which repeat."""

    def __init__(self, stats: ProcessingStats, *, component_is_name: bool = False) -> None:
        self._stats = stats
        self._component_is_name = component_is_name
        self._names = ShortMemo(text.name, len)
        self._tag_values = ShortMemo(text.tag_value, len)
        self._services = ShortMemo(_service, len)

    def defect(self, spans: list[Span]) -> str | None:
        """Why `spans` are no chunk of one trace, as a reason to drop; None when they are."""
        trace_id = spans[0].trace_id
        upper = ""
        for span in spans:
            if not span.trace_id:
                return TRACE_ID_ZERO
            if not span.span_id:
                return SPAN_ID_ZERO
            if span.trace_id != trace_id:
                return FOREIGN_SPAN
            own = span.meta.get(TRACE_ID_UPPER)
            if own:
                if upper and own != upper:
                    return FOREIGN_SPAN
                upper = own
        if len({span.span_id for span in spans}) < len(spans):
            self._repair("duplicate_span_id")
        return None

    def normalize(self, spans: list[Span], language: str, now_ns: int) -> None:
        """Put right every span of a chunk without a defect."""
        self.trim()
        for span in spans:
            self.normalize_span(span, language, now_ns)

    def trim(self) -> None:
        """Bound what is remembered."""
        for memo in (self._names, self._services, self._tag_values):
            memo.trim()

    def normalize_span(self, span: Span, language: str, now_ns: int) -> None:
        """Put `span` right. What is right already costs little."""
        raw = span.service
        if not raw or self._services[raw] != raw:
            span.service = self.service(raw, language)
        raw = span.name
        if self._component_is_name or not raw or self._names[raw] != raw:
            self._normalize_name(span)
        if not span.resource:
            self._repair("resource_empty")
            span.resource = span.name
        if span.parent_id == span.span_id == span.trace_id:
            span.parent_id = 0
        if len(span.type) > TYPE_BYTES_SAFE:
            self._normalize_type(span)
        start_ns, duration_ns = span.start_ns, span.duration_ns
        if start_ns < YEAR_2000_NS or duration_ns < 0 or start_ns + duration_ns > INT64_MAX:
            self._normalize_times(span, now_ns)
        if span.meta:
            self.normalize_meta(span.meta)
        if span.links:
            self._normalize_links(span)

    def normalize_meta(self, meta: dict[str, str]) -> None:
        """Put the tags right for which there are rules."""
        raw = meta.get(ENV)
        if raw:
            meta[ENV] = self._tag_values[raw]
        raw = meta.get(PEER_SERVICE)
        if raw:
            meta[PEER_SERVICE] = self._services[raw]
        raw = meta.get(SERVICE_BASE)
        if raw:
            meta[SERVICE_BASE] = self._services[raw]
        raw = meta.get(HTTP_STATUS)
        if raw is not None and not is_http_status(raw):
            self._repair("invalid_http_status_code")
            del meta[HTTP_STATUS]

    def tag_value(self, raw: str) -> str:
        """`raw` as the value of a tag."""
        return self._tag_values[raw]

    def name(self, raw: str) -> str:
        """`raw` as the name of an operation; nothing when none is left of it."""
        return self._names[raw]

    def service(self, raw: str, language: str) -> str:
        """`raw` as the name of a service."""
        if len(raw.encode()) > text.SERVICE_BYTES_MAX:
            self._repair("service_truncate")
        normal = self._services[raw]
        if normal:
            return normal
        self._repair("service_invalid" if raw else "service_empty")
        return text.unnamed_service(language)

    def _normalize_name(self, span: Span) -> None:
        if self._component_is_name:
            span.name = span.meta.get("component") or span.name
        raw = span.name
        normal = self._names[raw]
        if normal != raw or not raw:
            span.name = normal or UNNAMED_OPERATION
            self._count_name(raw, normal)

    def _normalize_type(self, span: Span) -> None:
        kind = text.cut(span.type, _TYPE_BYTES_MAX)
        if kind != span.type:
            self._repair("type_truncate")
            span.type = kind

    def _normalize_times(self, span: Span, now_ns: int) -> None:
        if span.duration_ns < 0 or span.start_ns + span.duration_ns > INT64_MAX:
            self._repair("invalid_duration")
            span.duration_ns = 0
        if span.start_ns < YEAR_2000_NS:
            self._repair("invalid_start_date")
            start_ns = now_ns - span.duration_ns
            span.start_ns = start_ns if start_ns >= 0 else now_ns

    def _normalize_links(self, span: Span) -> None:
        for link in span.links or ():
            raw = link.attributes.get(_LINK_NAME)
            if raw is not None:
                link.attributes[_LINK_NAME] = self._names[raw] or UNNAMED_OPERATION

    def _count_name(self, raw: str, normal: str) -> None:
        if len(raw.encode()) > text.NAME_BYTES_MAX:
            self._repair("span_name_truncate")
        elif not raw:
            self._repair("span_name_empty")
        elif not normal:
            self._repair("span_name_invalid")

    def _repair(self, what: str) -> None:
        self._stats.repair(what)


def _service(raw: str) -> str:
    return text.service(raw, "")


def is_http_status(raw: str) -> bool:
    """Whether `raw` is a number of three digits that HTTP knows."""
    return len(raw) == 3 and raw.isascii() and raw.isdecimal() and "100" <= raw <= "599"
