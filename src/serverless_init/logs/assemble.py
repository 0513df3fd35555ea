"""One stream's bytes to its messages: framed, joined, with their severity, by the user's rules.

A message of several lines stays open until the next line shows that it is over, or until it has
waited long enough. Two streams stay apart because each has an assembler of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from serverless_init.logs.framer import MARK, Framer, Piece
from serverless_init.logs.multiline import (
    ALONE,
    BELONGS,
    AutoJoiner,
    Joiner,
    NoJoiner,
    PatternJoiner,
)
from serverless_init.logs.rules import NO_RULES, Rules
from serverless_init.logs.severity import status_of_json
from serverless_init.logs.stats import LogsStats
from serverless_init.model import LogMessage, LogSource

# A message that grows without a pause ends after so many times the time it may wait for a line.
_AGE_FACTOR = 5
_LINES_MAX = 5000
_BLANKS_MAX = 50

# Faster than the constructor's keywords and defaults, for one message a line.
_new_message: Callable[[type[LogMessage], tuple[object, ...]], LogMessage] = tuple.__new__


@dataclass(frozen=True, slots=True)
class AssemblerOptions:
    """How lines become messages.

    `message_bytes_max` is the limit of a line and of a message; `timeout_s` is how long an open
    message waits for its next line. A multi_line rule takes the place of `auto_multi_line`.
    """

    message_bytes_max: int = 900_000
    timeout_s: float = 1.0
    auto_multi_line: bool = True
    datetime_detection: bool = True
    detect_status: bool = True
    tag_multi_line: bool = True
    tag_truncated: bool = True


class Assembler:
    """The messages of one source. Times are unix seconds; a clock set back makes all due.

    `rules` and `stats` may be shared between assemblers; `held` is this one's own. Feed what has
    been read before asking for what is due: a program that was frozen goes on where it was.
    """

    def __init__(
        self,
        source: LogSource,
        options: AssemblerOptions,
        *,
        rules: Rules = NO_RULES,
        stats: LogsStats | None = None,
    ) -> None:
        self.stats = stats or LogsStats()
        self._source = source
        self._options = options
        self._rules = rules
        self._framer = Framer(options.message_bytes_max)
        self._joiner = _joiner(options, rules)
        self._is_usual = options.detect_status and rules is NO_RULES
        # The open message: its lines with the blank ones between them, and blank ones behind it.
        self._open: list[bytes] = []
        self._blanks: list[bytes] = []
        self._blanks_inside = self._open_bytes = self._opened_ms = 0
        self._touched_at = 0.0
        self._is_cut = False

    @property
    def held(self) -> int:
        """Lines that wait for those that may belong to them."""
        return len(self._open) - self._blanks_inside

    def feed(self, data: bytes, now: float) -> list[LogMessage]:
        """The messages that `data` completes, in order."""
        return self._assemble(self._framer.feed(data), now)

    def end(self, now: float) -> list[LogMessage]:
        """Everything that is held, and a last line without its end. The assembler can go on."""
        return self._assemble(self._framer.end(), now) + self._closed()

    def due(self, now: float) -> list[LogMessage]:
        """The open message, when it has waited long enough."""
        due_at = self.due_at()
        is_due = due_at is not None and (now >= due_at or now < self._opened_ms / 1000)
        return self._closed() if is_due else []

    def due_at(self) -> float | None:
        """When `due` has something, if nothing more comes before."""
        if not self._open:
            return None
        timeout_s, opened_at = self._options.timeout_s, self._opened_ms / 1000
        touched_at = max(opened_at, self._touched_at)
        return min(touched_at + timeout_s, opened_at + timeout_s * _AGE_FACTOR)

    def _assemble(self, lines: list[bytes], now: float) -> list[LogMessage]:
        """What `lines` complete. One line after the other, each a message, is the usual case."""
        out: list[LogMessage] = []
        joiner, opened, blanks = self._joiner, self._open, self._blanks
        take, source, otherwise = joiner.take, self._source, self._source.status
        now_ms, blank = int(now * 1000), 0
        for line in lines:
            if not line or line.isspace():
                blank += 1
                self._blank(line, out)
                continue
            if type(line) is Piece:
                self._piece(line, now_ms, out)
                continue
            status = joiner.status
            step = take(line, blanks)
            if step == BELONGS:
                self._append(line, now, out)
                continue
            if len(opened) == 1 and self._is_usual and not self._is_cut:
                values = (opened.pop(), status or otherwise, self._opened_ms, source, (), 1, ())
                out.append(_new_message(LogMessage, values))
            elif opened:
                self._emit_open(status, out)
            if blanks:
                blanks.clear()
            if step == ALONE:
                self._emit(line, joiner.status, now_ms, out)
            else:
                opened.append(line)
                self._opened_ms = now_ms
        stats = self.stats
        stats.lines_blank += blank
        stats.lines_accepted += len(lines) - blank
        stats.messages += len(out)
        return out

    def _blank(self, line: bytes, out: list[LogMessage]) -> None:
        """A blank line is part of a message when something comes behind it."""
        if self._open:
            self._blanks.append(line)
            if len(self._blanks) > _BLANKS_MAX:
                self._close(out)

    def _append(self, line: bytes, now: float, out: list[LogMessage]) -> None:
        """Add `line` to the open message; one that becomes too large is cut before it."""
        opened, added = self._open, [*self._blanks, line]
        if len(opened) == 1:
            self._open_bytes = len(opened[0])
        size = sum(map(len, added)) + len(added)
        is_full = self._open_bytes + size > self._options.message_bytes_max
        if is_full or len(opened) >= _LINES_MAX:
            self._emit_open(self._joiner.status, out, goes_on=True)
            opened.append(line)
            self._opened_ms, self._is_cut = int(now * 1000), True
        else:
            opened += added
            self._open_bytes += size
            self._blanks_inside += len(self._blanks)
        self._blanks.clear()
        self._touched_at = now

    def _piece(self, piece: Piece, now_ms: int, out: list[LogMessage]) -> None:
        """A part of an overlong line: never joined, and as severe as the line's first part."""
        self.stats.lines_cut += 1
        if not piece.goes_on:
            self._close(out)
            self._joiner.take(piece, self._blanks)
            self._joiner.close()
        self._emit(bytes(piece), self._joiner.status, now_ms, out, truncated="single_line")

    def _closed(self) -> list[LogMessage]:
        out: list[LogMessage] = []
        self._close(out)
        self.stats.messages += len(out)
        return out

    def _close(self, out: list[LogMessage]) -> None:
        """End the open message, if there is one."""
        if self._open:
            self._emit_open(self._joiner.status, out)
        self._blanks.clear()
        self._joiner.close()

    def _emit_open(
        self, status: str | None, out: list[LogMessage], *, goes_on: bool = False
    ) -> None:
        """Pass on the open message, cut in front or behind or not."""
        lines, was_cut = self.held, self._is_cut
        text = b"".join((MARK * was_cut, b"\n".join(self._open), MARK * goes_on))
        if status is None and text.startswith(b"{"):
            status = status_of_json(text)
        truncated = self._joiner.label if was_cut or goes_on else ""
        self._open.clear()
        self._blanks_inside, self._is_cut = 0, False
        self.stats.messages_joined += lines > 1
        self._emit(text, status, self._opened_ms, out, lines=lines, truncated=truncated)

    def _emit(
        self,
        text: bytes,
        status: str | None,
        timestamp_ms: int,
        out: list[LogMessage],
        *,
        lines: int = 1,
        truncated: str = "",
    ) -> None:
        """Pass on a message, unless a rule keeps it back."""
        if not self._is_usual:
            kept = self._rules.apply(text, is_cut=bool(truncated))
            if kept is None:
                self.stats.drop("excluded", lines)
                return
            text = kept
            status = status if self._options.detect_status else None
        tags = self._tags(lines, truncated) if lines > 1 or truncated else ()
        values = (text, status or self._source.status, timestamp_ms, self._source, tags, lines, ())
        out.append(_new_message(LogMessage, values))

    def _tags(self, lines: int, truncated: str) -> tuple[str, ...]:
        tags = []
        if lines > 1 and self._options.tag_multi_line:
            tags.append(f"multiline:{self._joiner.label}")
        if truncated and self._options.tag_truncated:
            tags.append(f"truncated:{truncated}")
        return tuple(tags)


def _joiner(options: AssemblerOptions, rules: Rules) -> Joiner:
    if rules.begins_message is not None:
        return PatternJoiner(rules.begins_message)
    if options.auto_multi_line:
        return AutoJoiner(datetime_detection=options.datetime_detection)
    return NoJoiner()
