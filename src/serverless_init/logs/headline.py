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
PROSE = 0  # it begins with an ordinary word
PLAIN = 1  # nothing is known
LEVELED = 2  # it begins with a severity
TIMED = 3  # it begins with a timestamp, perhaps behind a severity
WHOLE = 4  # it is a message by itself: a JSON object, a line of an access log

Headline = tuple[int, str | None]

# As much as a logger's own words may take, before and behind the timestamp.
_HEAD_BYTES = 96
_WORDS_MAX = 5
# So many words of text in a row, and the logger's own words are over.
_PROSE_MAX = 2
# As long as a first word may be to be remembered, and what is compared behind a timestamp.
_WORD_BYTES = 24
_FOLLOWS_BYTES = 24
_MEMORY_MAX = 2048

_MONTH = (
    rb"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    rb"Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
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
# The host is an address or ``-``: a name could be any word.
_ACCESS = re.compile(
    rb"(?:[A-Za-z]*[^A-Za-z\s]\S* \S+ \S+ )?"
    rb"\[\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d[^\]]*\] \"[A-Z]+ "
)
_PRIORITY = re.compile(rb"<(\d{1,3})>(?:\d )?")
_FIRST_WORD = re.compile(rb"\s*\S+\s+")
# A logger that writes key=value does so from the beginning.
_IS_LOGFMT = re.compile(rb"(?:Z|[+-]\d\d:?\d\d)?[\"\s\])]*\w+=")
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
_NAME_OF_TIME = re.compile(rb"(?:%s|%s)$" % (_MONTH, _DAY))
_BETWEEN_WORDS = bytes.maketrans(b"[](){}|:,/\t\"'<>", b" " * 15)
_CLOSES_A_LEVEL = frozenset(b"]:|>")
_STATUS_OF_CAPITALS = {word.upper(): status for word, status in STATUS_OF_WORD.items()}
# Ordinary words, but for what stack traces begin with.
_TRACE_WORDS = frozenset(
    b"Traceback Exception Unhandled Task Future goroutine fatal Caused".split()
)
_NOTHING: Headline = (PLAIN, None)
_ORDINARY: Headline = (PROSE, None)


class HeadlineReader:
    """Reads the beginnings of one stream's lines."""

    __slots__ = ("_begins", "_follows")

    def __init__(self) -> None:
        # What is known of beginnings, and of what stands behind a timestamp without a severity.
        self._begins: dict[bytes, Headline] = {}
        self._follows: dict[bytes, Headline] = {}

    def read(self, line: bytes) -> Headline:
        """What `line`, which is not blank, is, and the severity it has by itself, if any."""
        first = line[0]
        if first == 0x7B:  # {
            return _of_object(line)
        if first in _TIME_BEGINS:
            usual = _ISO.match(line)
            if usual:
                status = _STATUS_OF_CAPITALS.get(usual[1])
                return (TIMED, status) if status else self._behind_time(line, usual.end())
            if line.find(b" - - [", 0, _HEAD_BYTES) > 0 and _ACCESS.match(line):
                return WHOLE, "info"
            return headline(line)
        if first == 0x20 or first == 0x09:
            inner = line.lstrip()
            if inner[0] == 0x7B or inner[0] in _TIME_BEGINS:
                return headline(line)
            kind, status = self._by_word(inner)
            return max(kind, PLAIN), status
        return self._by_word(line)

    def _by_word(self, line: bytes) -> Headline:
        """By the first word, when that is enough."""
        end = line.find(b" ", 0, _WORD_BYTES)
        word = line[:end] if end > 0 else b""
        known = self._begins.get(word)
        if known is None:
            known = headline(line)
            bare = word.removesuffix(b":")
            if known[0] < TIMED and bare.isalpha() and not _NAME_OF_TIME.match(word):
                is_prose = known == _NOTHING and bare not in _TRACE_WORDS
                _remember(self._begins, word, _ORDINARY if is_prose else known)
        elif known[0] == LEVELED:
            return _leveled(line, known[1])
        return known

    def _behind_time(self, line: bytes, end: int) -> Headline:
        key = line[end : end + _FOLLOWS_BYTES]
        known = self._follows.get(key)
        if known is None:
            known = TIMED, _level_behind(line, end)
            words = key.translate(_BETWEEN_WORDS).split()
            is_text = len(words) > _PROSE_MAX and all(map(bytes.isalpha, words[:_PROSE_MAX]))
            if is_text and known[1] is None:
                _remember(self._follows, key, known)
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
    return _leveled(inner, status) if status else _NOTHING


def _remember(memory: dict[bytes, Headline], key: bytes, known: Headline) -> None:
    """Keep what is known of `key`; a program with too many beginnings is asked anew."""
    if len(memory) >= _MEMORY_MAX:
        memory.clear()
    memory[key] = known


def _leveled(line: bytes, status: str | None) -> Headline:
    """A line that begins with a severity; behind it may be a timestamp."""
    behind = _FIRST_WORD.match(line)
    is_timed = behind and _TIMESTAMP.match(line, behind.end())
    return (TIMED if is_timed else LEVELED), status


def _of_object(line: bytes) -> Headline:
    """A whole object, or the first line of one that is written on several."""
    inner = line if line[-1] == 0x7D and line[0] == 0x7B else line.strip()  # }, {
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
    if status is None and _IS_LOGFMT.match(rest):
        level = _LOGFMT.search(rest)
        return STATUS_OF_WORD.get(level[1].lower()) if level else None
    return status


def _leading_level(head: bytes) -> str | None:
    """The severity with which `head` begins; behind words in brackets, and in logfmt, too."""
    status = _level(head, 3 if head.startswith(b"[") else 1)
    if status is None and 0x3D in head and (level := _LOGFMT.match(head)):  # =
        return STATUS_OF_WORD.get(level[1].lower())
    return status


def _level(head: bytes, words_max: int) -> str | None:
    """The first of the first words that is a severity by the way it is written."""
    prose = 0
    for word in head.translate(_BETWEEN_WORDS).split(None, words_max)[:words_max]:
        if status := _STATUS_OF_CAPITALS.get(word):
            return status
        if status := STATUS_OF_WORD.get(word.lower()):
            end = head.find(word) + len(word)
            if end < len(head) and head[end] in _CLOSES_A_LEVEL:
                return status
        elif 0x2E in word and (status := _STATUS_OF_CAPITALS.get(word[word.rfind(b".") + 1 :])):
            return status
        prose = prose + 1 if word.isalpha() else 0
        if prose == _PROSE_MAX:
            break
    return None
