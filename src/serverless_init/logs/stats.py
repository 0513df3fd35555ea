"""What the logs package counts: ``accepted = passed on + sum(dropped) + held``, in lines."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class LogsStats:
    """Counters of all sources together.

    A line is what ends with a line end, or a piece of one that is longer than the limit. Lines of
    white space only are counted in `lines_blank` and nowhere else. `dropped` is by reason.
    `bytes_lost` found no room before they could be read, and are no lines yet.
    """

    lines_accepted: int = 0
    lines_blank: int = 0
    lines_cut: int = 0
    messages: int = 0
    messages_joined: int = 0
    bytes_lost: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, lines: int) -> None:
        """Count lines that were accepted before."""
        self.dropped[reason] = self.dropped.get(reason, 0) + lines
