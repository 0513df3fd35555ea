"""Our own log: one line per event on stderr, ``serverless-init LEVEL component: message``.

Theory of operation. stderr is not ours: the app writes to the same pipe, and whoever reads it may
stop reading. A full pipe would then block the writer, and a PID 1 that hangs in a log line passes
on no signal and delivers nothing. ``O_NONBLOCK`` on the descriptor is no way out, because it
belongs to the open file, which the app has too: its own writes would fail. So a pipe or a terminal
is opened a second time, through ``/proc``, without blocking. Where that is refused (a pipe of
another user, a socket), the descriptor is asked whether it can be written to before each line:
Linux then has room for a page, and a line is cut to what a pipe takes as a whole (``PIPE_BUF``). A
line that finds no room is dropped, counted, and spoken of in the next one that does.

A secret is replaced in the finished line, so it cannot come in through an argument or a traceback.
"""

import logging
import os
import select
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

ROOT = "serverless_init"
# Its errors ("exception was never retrieved") are ours, and the default handler would block.
_ROOTS = (ROOT, "asyncio")
_LEVELS = {
    "trace": 5,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "off": logging.CRITICAL + 50,
}
_NAMES = {number: name.upper() for name, number in _LEVELS.items()}
# PIPE_BUF on Linux: longer writes are neither atomic nor sure not to block.
_LINE_BYTES_MAX = 4096
# Shorter ones are words: replacing them would hide more of the line than of the secret.
_SECRET_LENGTH_MIN = 4
# A key that is renewed every hour leaves more behind than anybody can still see.
_SECRETS_MAX = 200
_ESCAPES = {c: f"\\x{c:02x}" for c in (*range(32), 127)} | {9: "\t", 10: "\\n", 13: "\\r"}


@dataclass(slots=True)
class LogStats:
    """What became of the lines: written, cut short, or dropped by reason."""

    lines_written: int = 0
    lines_cut: int = 0
    lines_dropped: dict[str, int] = field(default_factory=dict)


class LineFormatter(logging.Formatter):
    """Formats a record as one line: control characters escaped, secrets replaced."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        super().__init__()
        self._secrets: list[tuple[str, str]] = []
        for secret, shown in secrets.items():
            self.conceal(secret, shown)

    def conceal(self, secret: str, shown: str) -> None:
        """Replace `secret` by `shown` too; of many, the first ones are forgotten."""
        if len(secret) >= _SECRET_LENGTH_MIN and (secret, shown) not in self._secrets:
            self._secrets.append((secret, shown))
            del self._secrets[:-_SECRETS_MAX]

    def format(self, record: logging.LogRecord) -> str:
        """See the class."""
        line = f"serverless-init {_level(record)} {_component(record)}: {_message(record)}"
        if record.exc_info and record.exc_info[0]:
            line += "\n" + self.formatException(record.exc_info)
        for secret, mask in self._secrets:
            line = line.replace(secret, mask)
        return line.translate(_ESCAPES)


class LineHandler(logging.Handler):
    """Writes lines to a descriptor without ever blocking or raising; see the module's text."""

    def __init__(self, fd: int, secrets: Mapping[str, str]) -> None:
        super().__init__()
        self.stats = LogStats()
        self._lines = LineFormatter(secrets)
        self.setFormatter(self._lines)
        self._own_fd = _open_again(fd)
        self._fd = fd if self._own_fd is None else self._own_fd
        self._dropped_since = 0
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line, or drop it and count why."""
        line = self.format(record)
        if self._dropped_since:
            line += f" (lines dropped before this one: {self._dropped_since})"
        reason = self._write(line.encode("utf-8", "backslashreplace"))
        if reason:
            self.stats.lines_dropped[reason] = self.stats.lines_dropped.get(reason, 0) + 1
            self._dropped_since += 1
            return
        self._dropped_since = 0
        self.stats.lines_written += 1

    def conceal(self, secret: str, shown: str) -> None:
        """See `LineFormatter.conceal`."""
        self._lines.conceal(secret, shown)

    def close(self) -> None:
        """Release the second opening of the descriptor; the descriptor itself is not ours."""
        super().close()
        if self._own_fd is not None:
            os.close(self._own_fd)
        self._own_fd = None
        self._fd = -1

    def _write(self, line: bytes) -> str:
        """Why the line could not be written; empty when it was."""
        if self._fd < 0:
            return "closed"
        try:
            if self._own_fd is None and not self._poll.poll(0):
                return "full"
            self.stats.lines_cut += os.write(self._fd, _cut(line)) <= len(line)
        except BlockingIOError:
            return "full"
        except OSError:
            return "broken"
        return ""


def open_log(level: str, *, secrets: Mapping[str, str] | None = None, fd: int = 2) -> LineHandler:
    """Send what is logged under `ROOT` to `fd`, from `level` on; the caller closes the handler.

    `level` is one of the words of the ``log_level`` setting. `secrets` gives for each text that
    must not be seen what is seen instead. A log opened before is closed.
    """
    handler = LineHandler(fd, secrets or {})
    for name in _ROOTS:
        logger = logging.getLogger(name)
        for former in logger.handlers[:]:
            logger.removeHandler(former)
            former.close()
        logger.addHandler(handler)
        logger.setLevel(_LEVELS[level])
        logger.propagate = False
    return handler


def conceal(secret: str, shown: str) -> None:
    """Show `shown` instead of `secret` in every line from now on, if a log is open."""
    for handler in logging.getLogger(ROOT).handlers:
        if isinstance(handler, LineHandler):
            handler.conceal(secret, shown)


def _open_again(fd: int) -> int | None:
    """A non-blocking opening of our own of the pipe or terminal behind `fd`, where there may be.

    Not of a regular file: it would have a position of its own and overwrite what the app writes.
    """
    try:
        mode = os.fstat(fd).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            return None
        return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None


def _level(record: logging.LogRecord) -> str:
    return _NAMES.get(record.levelno, record.levelname)


def _component(record: logging.LogRecord) -> str:
    """The package under ours that speaks; ``main`` when it is ours itself."""
    if record.name == ROOT:
        return "main"
    return record.name.removeprefix(f"{ROOT}.").partition(".")[0]


def _message(record: logging.LogRecord) -> str:
    """The message; unformatted when its arguments do not fit: our mistake must not end the run."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args!r}"


def _cut(line: bytes) -> bytes:
    """The line with its end, cut between two characters when it is longer than a pipe takes."""
    if len(line) < _LINE_BYTES_MAX:
        return line + b"\n"
    return line[: _LINE_BYTES_MAX - 4].decode("utf-8", "ignore").encode() + b"...\n"
