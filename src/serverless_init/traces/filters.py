"""Which chunks and spans are dropped before anything is made of them, because settings say so or
because they are about our own traffic.
"""

import re
from collections.abc import Iterable

from serverless_init.config import TraceSettings
from serverless_init.model import Span
from serverless_init.traces.stats import RESOURCE_IGNORED, TAG_REJECTED, TAG_REQUIRED
from serverless_init.traces.tags import HTTP_URL

REMOTE_HOST, ADDRESS_ASKED = "tcp.remote.host", "dns.address"

_OWN_PORTS = ("8124", "8125")
_OWN_URLS = tuple(f"http://127.0.0.1:{port}" for port in _OWN_PORTS)
_LOCAL_NAMES = ("0.0.0.0", "127.0.0.1")


class ChunkFilter:
    """Judges a chunk by its root. `problems` names the patterns that are none."""

    def __init__(self, settings: TraceSettings) -> None:
        self.problems: list[str] = []
        self._resources = self._compiled("ignore_resources", settings.ignore_resources)
        self._rejected = list(map(_key_value, settings.tags_rejected))
        self._required = list(map(_key_value, settings.tags_required))
        self._rejected_patterns = self._patterns(
            "filter_tags_regex.reject", settings.tag_patterns_rejected
        )
        self._required_patterns = self._patterns(
            "filter_tags_regex.require", settings.tag_patterns_required
        )
        tags = self._rejected or self._required
        patterns = self._rejected_patterns or self._required_patterns
        self._is_filtering = bool(self._resources or tags or patterns)

    def refusal(self, root: Span) -> str | None:
        """Why the chunk of `root` is dropped, as a reason; None when it is not."""
        if not self._is_filtering:
            return None
        if any(each.search(root.resource) for each in self._resources):
            return RESOURCE_IGNORED
        meta = root.meta
        if any(_has(meta, *tag) for tag in self._rejected):
            return TAG_REJECTED
        if any(_matches(meta, *tag) for tag in self._rejected_patterns):
            return TAG_REJECTED
        if not all(_has(meta, *tag) for tag in self._required):
            return TAG_REQUIRED
        if not all(_matches(meta, *tag) for tag in self._required_patterns):
            return TAG_REQUIRED
        return None

    def _patterns(
        self, setting: str, tags: Iterable[str]
    ) -> list[tuple[str, re.Pattern[str] | None]]:
        found: list[tuple[str, re.Pattern[str] | None]] = []
        for key, value in map(_key_value, tags):
            compiled = self._compiled(setting, (value,)) if value else [None]
            found.extend((key, pattern) for pattern in compiled)
        return found

    def _compiled(self, setting: str, patterns: Iterable[str]) -> list[re.Pattern[str]]:
        found = []
        for pattern in patterns:
            try:
                found.append(re.compile(pattern))
            except (re.error, RecursionError, OverflowError):
                self.problems.append(f"apm_config.{setting}: {pattern!r} is no regular expression")
        return found


def has_own_traffic(spans: list[Span]) -> bool:
    """Whether any of `spans` is own traffic."""
    return any(map(is_own_traffic, spans))


def is_own_traffic(span: Span) -> bool:
    """Whether `span` is a request to our own ports, or the lookup of a local name.

    A tracer that follows every connection follows those by which it reports.
    """
    meta = span.meta
    url = meta.get(HTTP_URL)
    if url is not None and url.startswith(_OWN_URLS):
        return True
    if meta.get(REMOTE_HOST) == "127.0.0.1":
        port = meta.get("tcp.remote.port") or _whole(span.metrics.get("tcp.remote.port"))
        if port in _OWN_PORTS:
            return True
    return meta.get(ADDRESS_ASKED, "").startswith(_LOCAL_NAMES)


def _whole(number: float | None) -> str:
    return f"{number:.0f}" if number is not None else ""


def _key_value(tag: str) -> tuple[str, str]:
    key, _, value = tag.partition(":")
    return key.strip(), value.strip()


def _has(meta: dict[str, str], key: str, value: str) -> bool:
    """The tag, with this value when there is one."""
    found = meta.get(key)
    return found is not None and (not value or found == value)


def _matches(meta: dict[str, str], key: str, pattern: re.Pattern[str] | None) -> bool:
    found = meta.get(key)
    return found is not None and (pattern is None or bool(pattern.search(found)))
