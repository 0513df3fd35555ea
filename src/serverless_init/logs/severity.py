"""Severities: from the words and numbers of logging libraries to the intake's list.

The intake knows emergency, alert, critical, error, warn, notice, info and debug. What is finer than
debug is debug, what ends the program (fatal, panic) is critical.

A JSON line is parsed only where a scan cannot tell: a key before which as many inner objects were
closed as opened belongs to the outermost one, and that is where nearly all libraries put theirs.
(A brace without its pair in a text could mislead the scan to a key of an inner object, no further.)
The scan and the parser look for the same: the first of `_KEYS` with a value that is a severity;
then the inner objects in which some libraries keep it; last of all ``status``, which often is
something else.
"""

import json
import re

_WORDS = {
    "emergency": "emerg emergency",
    "alert": "alert",
    "critical": "critical crit fatal ftl panic dpanic",
    "error": "error err eror fail failure severe",
    "warn": "warn warning wrn",
    "notice": "notice",
    "info": "info inf information informational config log",
    "debug": "debug dbg dbug trace trc trce verbose vrb fine finer finest silly",
}
# By the word in lower case.
STATUS_OF_WORD = {
    word.encode(): status for status, words in _WORDS.items() for word in words.split()
}
SYSLOG = ("emergency", "alert", "critical", "error", "warn", "notice", "info", "debug")

_Bounds = tuple[tuple[int, str], ...]
# The numbers of several families of libraries, by their lower bounds, ascending.
_PINO: _Bounds = ((10, "debug"), (30, "info"), (40, "warn"), (50, "error"), (60, "critical"))
_MONOLOG: _Bounds = (
    *((100, "debug"), (200, "info"), (250, "notice"), (300, "warn"), (400, "error")),
    *((500, "critical"), (550, "alert"), (600, "emergency")),
)
_GOOGLE: _Bounds = (
    *((100, "debug"), (200, "info"), (300, "notice"), (400, "warn"), (500, "error")),
    *((600, "critical"), (700, "alert"), (800, "emergency")),
)
_OPENTELEMETRY: _Bounds = (
    *((1, "debug"), (9, "info"), (13, "warn"), (17, "error"), (21, "critical")),
)

_NAMES = """
    severity severitytext severity_text priority syslog.severity
    level @level @l lvl levelname level_name loglevel log_level log.level
"""
_KEYS = frozenset(_NAMES.split())
_OPENTELEMETRY_KEYS = frozenset(("severitynumber", "severity_number"))
# Keys whose numbers 0 to 7 are syslog's.
_SYSLOG_KEYS = frozenset(("severity", "priority", "syslog.severity"))
# Where it may stand inside the outermost object (ECS, loguru), and then ``status``.
_PATHS = (("log", "level"), ("record", "level", "name"), ("level", "name"), ("status",))

_LEVEL = re.compile(
    rb'"(?:[Ss]everity|@?[Ll]evel|[Ll]og[_.]?[Ll]evel)"\s*:\s*"([A-Za-z]+)[+\-\d]*"'
)
# What else may lead to a severity: enough to have the line parsed.
_PERHAPS = (
    *(b'"log":', b'"record":', b'"status":"', b'"status": "', b'@l"', b'lvl"', b'PRIORITY"'),
    *(b'evelname"', b'evel_name"', b"everityText", b"everity_text", b"everityNumber"),
    *(b"everity_number", b"yslog.severity"),
)
# ``WARN``, ``warn``, ``WARN+2``; not the beginning of a sentence.
_WORD = re.compile(r"([A-Za-z]+)[+\-\d]*")


def status_of_json(line: bytes) -> str | None:
    """The severity that a JSON object says it has, if it does. `line` begins with ``{``."""
    end = line.find(b'evel"')
    before = line.find(b'everity"')
    if end < 0 or 0 <= before < end:
        end = before
    if end >= 0:
        begin = line.rfind(b'"', 0, end)
        found = _LEVEL.match(line, begin)
        if found and line.count(b"{", 0, begin) - line.count(b"}", 0, begin) == 1:
            status = STATUS_OF_WORD.get(found[1].lower())
            if status:
                return status
    if end >= 0 or any(line.find(mark) >= 0 for mark in _PERHAPS):
        return _status_of_parsed(line)
    # Serilog's compact form leaves out the level that is most frequent.
    return "info" if line.startswith(b'{"@t":') else None


def status_of_priority(number: int) -> str:
    """The severity in a syslog priority, which is facility * 8 + severity."""
    return SYSLOG[number & 7]


def _status_of_parsed(line: bytes) -> str | None:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    found = (_of_word(_at(parsed, path)) for path in _PATHS)
    return _status_in(parsed) or next(filter(None, found), None)


def _status_in(mapping: dict[str, object]) -> str | None:
    """The first severity among the keys of `mapping`; OpenTelemetry's number counts last."""
    second = None
    for key, value in mapping.items():
        name = key.lower()
        if name in _OPENTELEMETRY_KEYS:
            second = _by_bound(_OPENTELEMETRY, _whole(value))
        elif name in _KEYS and (status := _of_word(value) or _of_number(name, value, mapping)):
            return status
    return second


def _at(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _of_word(value: object) -> str | None:
    found = _WORD.fullmatch(value) if isinstance(value, str) else None
    return STATUS_OF_WORD.get(found[1].lower().encode()) if found else None


def _of_number(name: str, value: object, mapping: dict[str, object]) -> str | None:
    """Numbers mean what the libraries that write such a key mean by them.

    Those of one digit are syslog's where the key or GELF says so, else nobody's.
    """
    number = _whole(value)
    if number is None or number < 0:
        return None
    if number <= 7:
        is_syslog = name in _SYSLOG_KEYS or "short_message" in mapping
        return SYSLOG[number] if is_syslog else None
    if number < 100:
        return _by_bound(_PINO, number)
    return _by_bound(_GOOGLE if name == "severity" else _MONOLOG, number)


def _by_bound(bounds: _Bounds, number: int | None) -> str | None:
    """The name of the highest bound that `number` reaches."""
    reached = [name for bound, name in bounds if number is not None and number >= bound]
    return reached[-1] if reached else None


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
