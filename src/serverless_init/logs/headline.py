"""What a line's beginning says: a timestamp, a severity, a JSON object, or nothing.

Loggers begin a message with a few words of their own: when, how severe, who. A line that begins so
begins a message; a line that does not may belong to the one before.

A word is a severity when it is written as loggers write them: ``ERROR``, or in any case between
brackets, before a colon or behind ``level=``. So ``error while reading`` says nothing, but
``error: cannot read`` does.

Every line of the program comes by here, so the frequent forms are told first: the first byte, one
expression for ISO timestamps, and a memory of beginnings, since programs repeat theirs.
"""

import re

from serverless_init.logs.severity import STATUS_OF_WORD, status_of_json, status_of_priority

# What a line is. Whole numbers, because they are compared for every line.
PLAIN = 0  # nothing is known
LEVELED = 1  # it begins with a severity
TIMED = 2  # it begins with a timestamp, perhaps behind a severity
WHOLE = 3  # it is a message by itself: a JSON object, a line of an access log

Headline = tuple[int, str | None]

# As much as a logger's own words may take, before and behind the timestamp.
_HEAD_BYTES = 96
_WORDS_MAX = 5
_KEY_BYTES = 16
_MEMORY_MAX = 2048

_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?"
_DATE = rb"(?:%s)" % b"|".join(
    (
        rb"\d{4}[-/.]\d\d?[-/.]\d\d?",  # 2024-05-15
        rb"\d\d?[-/. ](?:\d\d?|%s)[-/., ]+\d{2,4}" % _MONTH,  # 15/May/2024, 05-15-24
        rb"(?:%s )?%s +\d\d?(?:,? \d{4})?" % (_DAY, _MONTH),  # May 15, Wed May 15, May 15, 2024
        rb"%s \d\d? %s \d{4}" % (_DAY, _MONTH),  # Wed, 15 May 2024
        rb"\d{8}",  # 20240515
    )
)
_TIMESTAMP = re.compile(
    rb"(?:(?:time|ts|t|timestamp)=)?(?:[DIWEFA], )?(?:\[GIN\] )?[\[(\"]?"
    rb"(?:%s(?:T|[ ,_:]+| - | at )\d\d?:\d\d(?::\d\d)?(?!\d)(?:[.,]\d+)?|"
    rb"(?P<glog>[IWEF])(?:\d{4}|\d{8}) \d\d:\d\d:\d\d\.\d+|"
    rb"(?P<bare>\d\d:\d\d:\d\d(?!\d)(?P<fraction>[.,]\d+)?))" % _DATE
)
_GLOG = {b"I": "info", b"W": "warn", b"E": "error", b"F": "critical"}
_ACCESS = re.compile(
    rb"(?:\S+ \S+ \S+ )?\[\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d[^\]]*\] \"[A-Z]+ "
)
_PRIORITY = re.compile(rb"<(\d{1,3})>(?:\d )?")
_LOGFMT = re.compile(rb"(?:^|\s)(?:level|lvl|severity|loglevel)=\"?([A-Za-z]+)(?![\w.])")
_COLOUR = re.compile(rb"\x1b\[[\d;]*m")
# An ISO timestamp and, where one follows at once, a word in capitals.
_ISO = re.compile(
    rb"[\[(]?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?[\])]?"
    rb"(?:[\s|-]*\[?([A-Z]{3,11})\b)?"
)
# An object that is one by its first bytes: a key, or nothing in it.
_OBJECT = re.compile(rb"\{\s*[\"}]")

_TIME_BEGINS = frozenset(b'0123456789[("')
# First letters of what may stand before digits of a timestamp: see `_TIMESTAMP`.
_TIME_WORDS = re.compile(
    rb"(?:time|ts|t|timestamp)=|[DIWEFA], \[|[IWEF]\d|%s |%s " % (_MONTH, _DAY)
)
_BETWEEN_WORDS = bytes.maketrans(b"[](){}|:,/\t\"'<>", b" " * 15)
_CLOSES_A_LEVEL = frozenset(b"]:|>")
_STATUS_OF_CAPITALS = {word.upper(): status for word, status in STATUS_OF_WORD.items()}
_NOTHING: Headline = (PLAIN, None)


class HeadlineReader:
    """Reads the beginnings of one stream's lines."""

    __slots__ = ("_memory",)

    def __init__(self) -> None:
        self._memory: dict[bytes, Headline] = {}

    def read(self, line: bytes) -> Headline:
        """What `line`, which is not blank, is, and the severity it has by itself, if any."""
        first = line[0]
        if first == 0x7B:  # {
            return _of_object(line)
        if first in _TIME_BEGINS:
            usual = _ISO.match(line)
            if not usual:
                return headline(line)
            end = usual.end()
            return TIMED, _STATUS_OF_CAPITALS.get(usual[1]) or _level_behind(line, end)
        key = line[:_KEY_BYTES]
        known = self._memory.get(key)
        if known is None:
            known = headline(line)
            if known[0] < TIMED and _is_decided_by(key):
                if len(self._memory) >= _MEMORY_MAX:
                    self._memory.clear()
                self._memory[key] = known
        return known


def headline(line: bytes) -> Headline:
    """See `HeadlineReader.read`; this one takes the time it needs."""
    head = line[:_HEAD_BYTES]
    if 0x1B in head:
        head = _COLOUR.sub(b"", head)
    inner = head.lstrip()
    if not inner:
        return _NOTHING
    first = inner[0]
    if first == 0x7B:  # {
        return _of_object(line)
    if (first in _TIME_BEGINS or _TIME_WORDS.match(inner)) and (timed := _of_timestamp(inner)):
        return timed
    if first == 0x3C and (priority := _PRIORITY.match(inner)):  # <
        return LEVELED, status_of_priority(int(priority[1]))
    if b" - - [" in inner and _ACCESS.match(inner):
        return WHOLE, "info"
    status = _leading_level(inner)
    if status is None:
        return _NOTHING
    begin = inner.find(b" ") + 1
    is_timed = begin and _TIMESTAMP.match(inner, begin)
    return (TIMED if is_timed else LEVELED), status


def _is_decided_by(key: bytes) -> bool:
    """Whether no line that begins with `key` can be anything else.

    That is so when its first word is a plain one, or a severity that no timestamp follows.
    """
    word, _, rest = key.lstrip().partition(b" ")
    rest = rest.lstrip()
    return bool(rest) and not rest[:1].isdigit() and word.rstrip(b":").isalpha()


def _of_object(line: bytes) -> Headline:
    """A whole object, or the first line of one that is written on several."""
    inner = line if line[-1] == 0x7D else line.strip()  # }
    if inner[-1] == 0x7D and _OBJECT.match(inner):
        return WHOLE, status_of_json(inner)
    return _NOTHING


def _of_timestamp(head: bytes) -> Headline | None:
    found = _TIMESTAMP.match(head)
    if not found:
        return None
    if found["glog"]:
        return TIMED, _GLOG[found["glog"]]
    if head.startswith(b"[") and _ACCESS.match(head):
        return WHOLE, "info"
    status = _level_behind(head, found.end())
    if found["bare"] and not (found["fraction"] or status):
        return None
    return TIMED, status


def _level_behind(line: bytes, end: int) -> str | None:
    """The severity behind a timestamp that ends at `end`."""
    rest = line[end : end + _HEAD_BYTES]
    if 0x1B in rest:
        rest = _COLOUR.sub(b"", rest)
    status = _level(rest, _WORDS_MAX)
    if status is None and 0x3D in rest and (level := _LOGFMT.search(rest)):  # =
        return STATUS_OF_WORD.get(level[1].lower())
    return status


def _leading_level(head: bytes) -> str | None:
    """The severity with which `head` begins; behind words in brackets, and in logfmt, too."""
    status = _level(head, 3 if head.startswith(b"[") else 1)
    if status is None and 0x3D in head and (level := _LOGFMT.match(head)):  # =
        return STATUS_OF_WORD.get(level[1].lower())
    return status


def _level(head: bytes, words_max: int) -> str | None:
    """The first of the first words that is a severity by the way it is written."""
    for word in head.translate(_BETWEEN_WORDS).split(None, words_max)[:words_max]:
        if status := _STATUS_OF_CAPITALS.get(word):
            return status
        if status := STATUS_OF_WORD.get(word.lower()):
            end = head.find(word) + len(word)
            if end < len(head) and head[end] in _CLOSES_A_LEVEL:
                return status
        elif 0x2E in word and (status := _STATUS_OF_CAPITALS.get(word[word.rfind(b".") + 1 :])):
            return status
    return None
