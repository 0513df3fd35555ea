"""Events and service checks: one line to one value. They are rare, so this is written for reading.

    _e{<title bytes>,<text bytes>}:<title>|<text>{|field}
    _sc|<name>|<status>{|field}

A wrong attribute (timestamp, priority, alert type) does not cost the message: it keeps its previous
value, and a warning says so. Of repeated fields the last valid one counts, unknown ones are
ignored. As in the Agent, the closing brace, the separator after the title and the fourth byte of a
check are not looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from serverless_init.model import AlertType, CheckStatus, Event, EventPriority, ServiceCheck
from serverless_init.sampler import Stripped, parse_int, split_tags, strip_special


class Malformed(StrEnum):
    """Why a line is neither an event nor a service check."""

    BAD_HEADER = "bad_header"
    BAD_LENGTH = "bad_length"
    EMPTY_TITLE = "empty_title"
    TOO_SHORT = "too_short"
    EMPTY_NAME = "empty_name"
    BAD_STATUS = "bad_status"


_Kept = TypeVar("_Kept")

_HEADER_BYTES_MIN = 7
_EVENT_PREFIXES = (b"#", b"d:", b"h:", b"k:", b"p:", b"s:", b"t:")
_CHECK_PREFIXES = (b"#", b"d:", b"h:", b"m:")
_ORIGIN_PREFIXES = (b"c:", b"e:", b"card:")
_PRIORITIES = {priority.value.encode(): priority for priority in EventPriority}
_ALERT_TYPES = {alert_type.value.encode(): alert_type for alert_type in AlertType}
_STATUSES = {b"%d" % status: status for status in CheckStatus}


def parse_event(
    line: bytes,
    *,
    host: bytes = b"",
    extra_tags: tuple[bytes, ...] = (),
    client_origin: bool = False,
    now: int = 0,
    warnings: list[str] | None = None,
) -> Event | Malformed:
    """The event that `line` (without its line end) spells, or why there is none.

    What was wrong and ignored is appended to `warnings`. The fields ``c:``, ``e:`` and ``card:``
    are read only with `client_origin`. Tags are in order of arrival, then `extra_tags`. `host` and
    `now` (unix seconds) are for an event that names none.
    """
    header, _, body = line.partition(b":")
    lengths = _parse_lengths(header)
    if isinstance(lengths, Malformed):
        return lengths
    title_bytes, text_bytes = lengths
    text_start = title_bytes + 1
    text_end = text_start + text_bytes
    if len(body) < text_end:
        return Malformed.TOO_SHORT
    fields = _read(body[text_end:].split(b"|"), _EVENT_PREFIXES, client_origin)
    priority, alert_type = EventPriority.NORMAL, AlertType.INFO
    for text in fields.texts(b"p:"):
        priority = _PRIORITIES.get(text) or _warn(warnings, "priority", text, priority)
    for text in fields.texts(b"t:"):
        alert_type = _ALERT_TYPES.get(text) or _warn(warnings, "alert type", text, alert_type)
    said = fields.of_tags()
    return Event(
        title=_unescape(body[:title_bytes]),
        text=_unescape(body[text_start:text_end]),
        timestamp=_timestamp(fields, now, warnings),
        priority=priority,
        alert_type=alert_type,
        host=fields.host(said, host),
        aggregation_key=fields.last(b"k:"),
        source_type=fields.last(b"s:"),
        tags=said.tags + extra_tags,
        local_data=fields.last(b"c:"),
        external_data=fields.last(b"e:"),
        entity_id=said.entity_id,
        cardinality=said.cardinality,
    )


def parse_service_check(
    line: bytes,
    *,
    host: bytes = b"",
    extra_tags: tuple[bytes, ...] = (),
    client_origin: bool = False,
    now: int = 0,
    warnings: list[str] | None = None,
) -> ServiceCheck | Malformed:
    """The service check that `line` spells, or why there is none. Otherwise as `parse_event`."""
    if line.count(b"|") < 2:
        return Malformed.TOO_SHORT
    name, _, rest = line[4:].partition(b"|")
    if not name:
        return Malformed.EMPTY_NAME
    text, *optional = rest.split(b"|")
    status = _STATUSES.get(text)
    if status is None:
        return Malformed.BAD_STATUS
    fields = _read(optional, _CHECK_PREFIXES, client_origin)
    said = fields.of_tags()
    return ServiceCheck(
        name=name,
        status=status,
        timestamp=_timestamp(fields, now, warnings),
        host=fields.host(said, host),
        message=fields.last(b"m:"),
        tags=said.tags + extra_tags,
        local_data=fields.last(b"c:"),
        external_data=fields.last(b"e:"),
        entity_id=said.entity_id,
        cardinality=said.cardinality,
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    """The optional fields by their prefix, each with its texts in order of arrival."""

    by_prefix: Mapping[bytes, list[bytes]]

    def texts(self, prefix: bytes) -> list[bytes]:
        return self.by_prefix.get(prefix, [])

    def last(self, prefix: bytes) -> bytes:
        texts = self.texts(prefix)
        return texts[-1] if texts else b""

    def of_tags(self) -> Stripped:
        """What the tags say; the ``card:`` field beats the special tag."""
        return strip_special(split_tags(self.last(b"#")), cardinality=self.last(b"card:"))

    def host(self, said: Stripped, own: bytes) -> bytes:
        """The ``h:`` field, or what the tags `said`, or `own`."""
        return self.last(b"h:") or (own if said.host is None else said.host)


def _read(fields: list[bytes], prefixes: tuple[bytes, ...], client_origin: bool) -> _Fields:
    """Sort `fields` by those of `prefixes` that they begin with."""
    known = prefixes + _ORIGIN_PREFIXES if client_origin else prefixes
    by_prefix: dict[bytes, list[bytes]] = {}
    for field in fields:
        for prefix in known:
            if field.startswith(prefix):
                by_prefix.setdefault(prefix, []).append(field[len(prefix) :])
    return _Fields(by_prefix)


def _parse_lengths(header: bytes) -> tuple[int, int] | Malformed:
    """The lengths of title and text, in bytes before unescaping."""
    if len(header) < _HEADER_BYTES_MIN:
        return Malformed.BAD_HEADER
    title_text, comma, text_text = header[3:-1].partition(b",")
    if not comma:
        return Malformed.BAD_HEADER
    title_bytes, text_bytes = parse_int(title_text), parse_int(text_text)
    if title_bytes is None or text_bytes is None or title_bytes < 0 or text_bytes < 0:
        return Malformed.BAD_LENGTH
    return (title_bytes, text_bytes) if title_bytes else Malformed.EMPTY_TITLE


def _timestamp(fields: _Fields, now: int, warnings: list[str] | None) -> int:
    timestamp = now
    for text in fields.texts(b"d:"):
        seconds = parse_int(text)
        timestamp = _warn(warnings, "timestamp", text, timestamp) if seconds is None else seconds
    return timestamp


def _warn(warnings: list[str] | None, what: str, text: bytes, kept: _Kept) -> _Kept:
    """Note that `text` is no `what`; returns what is kept instead."""
    if warnings is not None:
        warnings.append(f"ignored {what} {text[:40]!r}")
    return kept


def _unescape(text: bytes) -> bytes:
    """Backslash and n become a line feed; nothing else is an escape."""
    return text.replace(b"\\n", b"\n")
