"""Log values: where lines come from, and the messages that they become."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class LogSource:
    """One stream of lines, and what all of its messages have in common.

    `stream` is ``stdout``, ``stderr`` or the path of a file. `service` and `source` (``ddsource``)
    are as they are sent; `tags` are ``key:value``.
    """

    stream: str
    service: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The severity of what says nothing about its own."""
        return "error" if self.stream == "stderr" else "info"


class LogMessage(NamedTuple):
    """One message: a line, a part of an overlong one, or several that belong together.

    `text` is what the program wrote, without the last line end; it may be invalid UTF-8. `status`
    is a severity of the intake's list. `timestamp_ms` is when its first line was read. `tags` and
    `attributes`, further keys of the sent object with values for JSON, are this message's own.
    `lines` is how many lines it stands for: the unit of the account.

    A tuple rather than a data class, because one is made for every line.
    """

    text: bytes
    status: str
    timestamp_ms: int
    source: LogSource
    tags: tuple[str, ...] = ()
    lines: int = 1
    attributes: tuple[tuple[str, object], ...] = ()
