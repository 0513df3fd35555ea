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
        self._take = self._joiner.take
        # The open message: its lines and the blank ones between them; blank lines behind it.
        self._open: list[bytes] = []
        self._blanks: list[bytes] = []
        self._open_lines = self._open_bytes = self._opened_ms = 0
        self._opened_at = self._touched_at = 0.0
        self._status: str | None = None
        self._is_cut = False

    @property
    def held(self) -> int:
        """Lines that wait for those that may belong to them."""
        return self._open_lines

    def feed(self, data: bytes, now: float) -> list[LogMessage]:
        """The messages that `data` completes, in order."""
        return self._assemble(self._framer.feed(data), now)

    def end(self, now: float) -> list[LogMessage]:
        """Everything that is held, and a last line without its end. The assembler can go on."""
        out = self._assemble(self._framer.end(), now)
        self._close(out)
        return out

    def due(self, now: float) -> list[LogMessage]:
        """The open message, when it has waited long enough."""
        due_at = self.due_at()
        out: list[LogMessage] = []
        if due_at is not None and (now >= due_at or now < self._touched_at):
            self._close(out)
        return out

    def due_at(self) -> float | None:
        """When `due` has something, if nothing more comes before."""
        if not self._open:
            return None
        timeout_s = self._options.timeout_s
        return min(self._touched_at + timeout_s, self._opened_at + timeout_s * _AGE_FACTOR)

    def _assemble(self, lines: list[bytes], now: float) -> list[LogMessage]:
        out: list[LogMessage] = []
        take, joiner, now_ms = self._take, self._joiner, int(now * 1000)
        accepted = 0
        for line in lines:
            if not line or line.isspace():
                self._blank(line, out)
                continue
            accepted += 1
            if type(line) is Piece:
                self._piece(line, now_ms, out)
                continue
            step = take(line, bool(self._blanks))
            if step == BELONGS:
                self._append(line, now, out)
                continue
            if self._open:
                self._emit_open(out)
            if step == ALONE:
                self._emit(line, joiner.status, now_ms, out=out)
                continue
            self._open = [line]
            self._open_lines, self._open_bytes = 1, len(line)
            self._status = joiner.status
            self._opened_at = self._touched_at = now
            self._opened_ms = now_ms
        self.stats.lines_accepted += accepted
        return out

    def _blank(self, line: bytes, out: list[LogMessage]) -> None:
        """A blank line is part of a message when something comes behind it."""
        self.stats.lines_blank += 1
        if self._open:
            self._blanks.append(line)
            if len(self._blanks) > _BLANKS_MAX:
                self._close(out)

    def _append(self, line: bytes, now: float, out: list[LogMessage]) -> None:
        """Add `line` to the open message; one that becomes too large is cut before it."""
        added = [*self._blanks, line]
        size = sum(map(len, added)) + len(added)
        is_full = self._open_bytes + size > self._options.message_bytes_max
        if is_full or self._open_lines >= _LINES_MAX:
            self._emit_open(out, goes_on=True)
            self._open = [line]
            self._open_lines, self._open_bytes = 1, len(line)
            self._opened_at = now
            self._is_cut = True
        else:
            self._open += added
            self._open_lines += 1
            self._open_bytes += size
        self._blanks.clear()
        self._touched_at = now
        self._status = self._joiner.status

    def _piece(self, piece: Piece, now_ms: int, out: list[LogMessage]) -> None:
        """A part of an overlong line: never joined, and as severe as the line's first part."""
        self.stats.lines_cut += 1
        if not piece.goes_on:
            self._close(out)
            self._take(piece, False)
            self._joiner.close()
            self._status = self._joiner.status
        self._emit(bytes(piece), self._status, now_ms, out=out, truncated="single_line")

    def _close(self, out: list[LogMessage]) -> None:
        """End the open message, if there is one."""
        if self._open:
            self._emit_open(out)
        self._joiner.close()

    def _emit_open(self, out: list[LogMessage], *, goes_on: bool = False) -> None:
        lines, was_cut = self._open_lines, self._is_cut
        text = self._open[0] if len(self._open) == 1 else b"\n".join(self._open)
        if was_cut or goes_on:
            text = b"".join((MARK * was_cut, text, MARK * goes_on))
        self._open = []
        self._blanks.clear()
        self._open_lines, self._is_cut = 0, False
        truncated = self._joiner.label if was_cut or goes_on else ""
        self._emit(text, self._status, self._opened_ms, out=out, lines=lines, truncated=truncated)

    def _emit(
        self,
        text: bytes,
        status: str | None,
        timestamp_ms: int,
        *,
        out: list[LogMessage],
        lines: int = 1,
        truncated: str = "",
    ) -> None:
        if self._rules is not NO_RULES:
            kept = self._rules.apply(text, is_cut=bool(truncated))
            if kept is None:
                self.stats.drop("excluded", lines)
                return
            text = kept
        if status is None or not self._options.detect_status:
            status = self._source.status
        tags = self._tags(lines, truncated) if lines > 1 or truncated else ()
        self.stats.messages += 1
        self.stats.messages_joined += lines > 1
        out.append(
            _new_message(LogMessage, (text, status, timestamp_ms, self._source, tags, lines, ()))
        )

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
