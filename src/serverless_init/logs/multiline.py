"""Which lines belong together: stack traces, indented lines, what follows a logger's line.

Theory of operation. A joiner sees the lines of one stream in order and says of each whether it
begins a message, belongs to the open one, or stands alone. It cannot look ahead, so a line stays
open until the next one has been seen or its time is over. What a line's own beginning says
(`headline`) comes first: a timestamp begins a message and a JSON object is one. Of the other lines
these belong to the open message:

- a line indented deeper than the message's first, which catches most of every stack trace;
- what the grammar of a trace expects: the exception at the end of Python's, the function names and
  blank lines of Go's, the source excerpt before Node's, ``Caused by:``, ``--- End of``;
- the head of a trace behind a logger's line, unless that line says that all is well: then the
  program has died after it, and the trace is an error of its own;
- closing brackets;
- anything without a beginning of its own, behind a line that began with a timestamp.

A message with a trace in it is an error unless its first line says otherwise.
"""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from serverless_init.logs.headline import LEVELED, PLAIN, TIMED, WHOLE, HeadlineReader

BEGINS, BELONGS, ALONE = range(3)

# States: what the grammar of the trace in the open message expects next.
_NO_TRACE, _PYTHON_LINK, _PYTHON_FRAMES, _PYTHON_END, _PYTHON_FIELDS = range(5)
_GO, _NODE_SOURCE, _NODE, _RUBY = range(5, 9)
# An excerpt of the source stands before Node's exception and behind Ruby's: so many lines at most.
_EXCERPT_LINES_MAX = 6

_PYTHON_HEAD = b"Traceback (most recent call last):"
_PYTHON_GROUP = b"+ Exception Group Traceback (most recent call last):"
_PYTHON_LINKS = (b"The above exception was the direct", b"During handling of the above exception")
# What Python says before a traceback of a thread, a task or a finalizer, and between.
_PYTHON_ANNOUNCED = (
    *(b"Exception in thread ", b"Exception ignored in", b"ERROR:asyncio:"),
    *(b"Task exception was never retrieved", b"Future exception was never retrieved"),
)
_PYTHON_CONTEXT = re.compile(rb"[a-z_]+: <")
# Messages of several lines: those of SQLAlchemy, and the names of fields of pydantic's.
_PYTHON_MORE = (b"[SQL: ", b"[parameters: ", b"(Background on this error at: ")
_PYTHON_FIELDS_FOLLOW = re.compile(rb"[\w.]*ValidationError: \d+ validation error")
# The last words of a program: they belong to nothing before them.
_LAST_WORDS = (
    *(b"panic: ", b"fatal error: ", b"Exception in thread "),
    *(b"Unhandled exception", b"Unhandled Exception"),
)
_GOROUTINE = b"goroutine "
_GO_HEADS = (b"panic: ", b"fatal error: ", _GOROUTINE)
_LEVELED_HEADS = (*_GO_HEADS, b"ERROR:asyncio:")
_GO_LINES = (*_GO_HEADS, b"created by ", b"[signal ", b"[originating from ", b"exit status ")
# ``main.(*T).Run(0xc0, {0x1})``, and a register. One way to match each, as lines may be long.
_GO_CALL = re.compile(rb"[^\s(.]+(?:\.[^\s(.]*)+\(|panic\(|[a-z]\w{1,5} +0x[0-9a-f]+$")
_NODE_HEAD = re.compile(
    rb"(?:(?:file://)?/\S+\.[cm]?[jt]sx?|node:\S+|[\w.]*<anonymous\w*>|undefined):\d+$"
)
_RUBY_HEAD = re.compile(rb"\S+:\d+:in [`'][^']*': ")
_RUBY_FRAME = re.compile(rb"\S+:\d+:in [`'][^']*'$")
_CONTINUATIONS = (b"Caused by: ", b"Suppressed: ", b"--- End of ", b"---> ")
_EXCEPTION = re.compile(rb"[A-Za-z_$][\w.$]*(?:Exception|Error|Throwable)(?::|$)")
_FRAMES = (b"at ", b"from ", b"File ", b"...", b"Caused by: ", b"| ", b"+-")
# ``May 15, 2024 2:04:02 PM com.example.Main run``: java.util.logging says how severe it is in the
# next line.
_JAVA_UTIL = re.compile(rb"[A-Z][a-z]{2} \d\d?, \d{4} \d\d?:\d\d:\d\d [AP]M \S+ \S+$")
_BLANK, _BRACKETS = b" \t", b"}])>,;"
_MILD = frozenset(("info", "debug", "notice"))


class Joiner(Protocol):
    """Sees every line that is not blank, in order.

    `status` is the severity of the open message, or of the last line when it stood alone, as far
    as they say; `label` is what a message of several lines is tagged with.
    """

    status: str | None
    label: str

    def take(self, line: bytes, blanks: Sequence[bytes]) -> int:
        """`BEGINS`, `BELONGS` or `ALONE`; `blanks` are the blank lines right before `line`."""

    def close(self) -> None:
        """The open message is over."""


class NoJoiner:
    """Every line is a message."""

    label = ""

    def __init__(self) -> None:
        self.status: str | None = None
        self._read = HeadlineReader().read

    def take(self, line: bytes, blanks: Sequence[bytes]) -> int:  # noqa: ARG002
        """See `Joiner.take`."""
        self.status = self._read(line)[1]
        return ALONE

    def close(self) -> None:
        """See `Joiner.close`."""


class PatternJoiner:
    """A message begins where the user's pattern matches."""

    label = "multiline_regex"

    def __init__(self, begins: Callable[[bytes], bool]) -> None:
        self.status: str | None = None
        self._begins = begins
        self._is_open = False
        self._read = HeadlineReader().read

    def take(self, line: bytes, blanks: Sequence[bytes]) -> int:  # noqa: ARG002
        """See `Joiner.take`."""
        if self._is_open and not self._begins(line):
            return BELONGS
        self._is_open = True
        self.status = self._read(line)[1]
        return BEGINS

    def close(self) -> None:
        """See `Joiner.close`."""
        self._is_open = False


class AutoJoiner:
    """Messages by what lines look like. See the module."""

    label = "auto_multiline"

    __slots__ = (
        *("_by_time", "_excerpt", "_indent", "_is_traced", "_kind", "_open_first", "_read"),
        *("_state", "status"),
    )

    def __init__(self, *, datetime_detection: bool = True) -> None:
        self.status: str | None = None
        self._by_time = datetime_detection
        self._read = HeadlineReader().read
        self._kind = WHOLE  # of the first line of the open message; WHOLE: none is open
        self._open_first = b""
        self._indent = self._excerpt = 0
        self._state = _NO_TRACE
        self._is_traced = False

    def take(self, line: bytes, blanks: Sequence[bytes]) -> int:
        """See `Joiner.take`."""
        kind, status = self._read(line)
        if self._kind != WHOLE and self._belongs(line, kind, bool(blanks)):
            return BELONGS
        self._state = _NO_TRACE
        self._is_traced = False
        self._kind = kind
        self.status = status
        if kind == WHOLE:
            return ALONE
        self._open_first = line
        self._indent = _indent(line) if line[0] in _BLANK else 0
        if kind == PLAIN or (kind == LEVELED and line.startswith(_LEVELED_HEADS)):
            self._look_for_head(line)
        return BEGINS

    def close(self) -> None:
        """See `Joiner.close`."""
        self._kind = WHOLE

    def _belongs(self, line: bytes, kind: int, is_behind_blank: bool) -> bool:
        """Whether `line` belongs to the open message; what it says of a trace is noted."""
        if line[0] in _BLANK:
            return self._belongs_indented(line, kind)
        if kind >= TIMED:
            return False
        if self._state and self._continues_trace(line, is_behind_blank):
            return True
        is_behind_time = self._kind == TIMED
        if kind == LEVELED:
            return is_behind_time and self._belongs_leveled(line)
        if kind == PLAIN:
            if line.startswith(_CONTINUATIONS):
                return self._note_trace()
            if line.startswith((_PYTHON_HEAD, _GOROUTINE)) or _EXCEPTION.match(line):
                return self._belongs_head(line)
            if line.startswith(_LAST_WORDS):
                return False
            if self._kind > PLAIN and _RUBY_FRAME.match(line):
                return self._note_trace()
            if not line.strip(_BRACKETS):
                return True
        return is_behind_time and self._by_time

    def _belongs_indented(self, line: bytes, kind: int) -> bool:
        """Deeper than the first line. What has a beginning of its own may be somebody's layout."""
        is_structure = self._open_first[:1] in (b"{", b"[")
        if kind >= TIMED and not is_structure:
            return False
        inner = line.lstrip()
        is_frame = inner.startswith(_FRAMES)
        if self._indent and not is_frame and _indent(line) <= self._indent:
            return False
        if is_frame and not is_structure:
            self._note_trace()
            if self._state == _NODE_SOURCE:
                self._state = _NODE
        return True

    def _belongs_head(self, line: bytes) -> bool:
        """The head of a trace belongs to a logger's line that does not say that all is well.

        A logger writes one trace behind its line. The next one is somebody else's.
        """
        is_expected = self._kind > PLAIN and self.status not in _MILD and not self._is_traced
        if not is_expected and not line.startswith(_GOROUTINE):
            return False
        self._look_for_head(line)
        return self._note_trace()

    def _belongs_leveled(self, line: bytes) -> bool:
        """Node's ``Error: `` is the head of a trace; java.util.logging needs two lines."""
        if self.status is None and _JAVA_UTIL.match(self._open_first):
            self.status = self._read(line)[1]
            return True
        return self.status not in _MILD and line.startswith(b"Error: ")

    def _look_for_head(self, line: bytes) -> None:
        """Note the trace that `line` begins, if it does."""
        if line.startswith(_PYTHON_HEAD):
            self._state = _PYTHON_FRAMES
        elif line.startswith(_PYTHON_ANNOUNCED):
            self._state = _PYTHON_LINK
        elif line.startswith(_GO_HEADS):
            self._state = _GO
        elif _RUBY_HEAD.match(line):
            self._state, self._excerpt = _RUBY, _EXCERPT_LINES_MAX
        elif 0x30 <= line[-1] <= 0x39 and _NODE_HEAD.match(line):
            self._state, self._excerpt = _NODE_SOURCE, _EXCERPT_LINES_MAX
        is_head = line.startswith(_LAST_WORDS) or line.lstrip().startswith(_PYTHON_GROUP)
        if is_head or self._state not in (_NO_TRACE, _NODE_SOURCE):
            self._note_trace()

    def _continues_trace(self, line: bytes, is_behind_blank: bool) -> bool:
        """Whether the trace's grammar has a place for `line`, which is not indented."""
        state = self._state
        if state <= _PYTHON_FIELDS:
            return self._continues_python(line)
        if state == _GO:
            return line.startswith(_GO_LINES) or bool(_GO_CALL.match(line))
        if state == _NODE:
            return line.startswith(b"Node.js v")
        if state == _RUBY and (_RUBY_FRAME.match(line) or line.startswith(b"Did you mean?")):
            return True
        self._excerpt -= 1
        is_excerpt = state == _NODE_SOURCE or (state == _RUBY and is_behind_blank)
        return is_excerpt and self._excerpt >= 0

    def _continues_python(self, line: bytes) -> bool:
        state = self._state
        if state == _PYTHON_FRAMES:
            self._state = _PYTHON_FIELDS if _PYTHON_FIELDS_FOLLOW.match(line) else _PYTHON_END
            return True
        if state == _PYTHON_LINK:
            if not line.startswith(_PYTHON_HEAD):
                return bool(_PYTHON_CONTEXT.match(line))
            self._state = _PYTHON_FRAMES
            return True
        if line.startswith(_PYTHON_LINKS):
            self._state = _PYTHON_LINK
            return True
        is_field = state == _PYTHON_FIELDS and 0x20 not in line
        return is_field or line.startswith(_PYTHON_MORE)

    def _note_trace(self) -> bool:
        self.status = self.status or "error"
        self._is_traced = True
        return True


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())
