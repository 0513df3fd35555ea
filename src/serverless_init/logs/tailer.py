"""Which files are followed, from where: the policy of tailing, no IO.

Theory of operation. A file is its device and inode, never its name: one that is renamed is still
followed, under whatever name, and what takes its name is a new one. A new file is read from its
beginning, or from where the registry says that an earlier run has come to with it.

Truncation in place is seen when a file is shorter than what was read, or begins differently: a
file that was truncated and has grown again beyond the old position would else lose its beginning.

A file that no path leads to any more is still read, for a while: who writes it may not know yet
that it was rotated.

What the registry says is what was *delivered*. So a position becomes a checkpoint first, then the
lane says which of its lines came from before it (a look later, when whatever waited for its next
line has gone on), and when that many have been delivered the position is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HEAD_BYTES = 256
Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it is now: its name, device and inode, size, and its first bytes."""

    path: str
    identity: Identity
    size: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """How far an earlier run has come with a file: all before `offset` is delivered."""

    identity: Identity
    offset: int
    head: bytes


@dataclass(slots=True)
class Tail:
    """One followed file. Bytes before `offset` are read, lines before `line_start` are whole.

    `head` is how it began when it was looked at last; `gone_at` when no path led to it any more.
    """

    path: str
    identity: Identity
    offset: int = 0
    line_start: int = 0
    head: bytes = b""
    gone_at: float | None = None
    delivered: int = 0
    _checkpoint: int = 0
    _target: int | None = None

    def read(self, data: bytes) -> None:
        """`data` has been read at `offset`."""
        end = data.rfind(b"\n") + 1
        if end:
            self.line_start = self.offset + end
        self.offset += len(data)

    def restart(self) -> None:
        """It has been truncated."""
        self.offset = self.line_start = self.delivered = self._checkpoint = 0
        self._target = None
        self.head = b""

    def is_truncated(self, seen: Seen) -> bool:
        """Whether what was read of it is there no more."""
        return seen.size < self.offset or not seen.head.startswith(self.head)

    def advance(self, *, taken: int, settled: int) -> bool:
        """Move on; whether `delivered` has moved. Lines the lane has taken, and those settled."""
        if self._target is None:
            self._target = taken
            return False
        if settled < self._target:
            return False
        moved = self._checkpoint > self.delivered
        self.delivered = max(self.delivered, self._checkpoint)
        self._checkpoint, self._target = self.line_start, None
        return moved


@dataclass(slots=True)
class Look:
    """What one look found: files to open, tails that were truncated, tails to give up."""

    opened: list[Tail] = field(default_factory=list)
    restarted: list[Tail] = field(default_factory=list)
    closed: list[Tail] = field(default_factory=list)
    refused: int = 0


class Tailer:
    """The followed files, at most `files_max`. Times are monotonic seconds."""

    def __init__(
        self, *, files_max: int, known: Iterable[Known] = (), forget_after_s: float = 60.0
    ) -> None:
        self.tails: dict[Identity, Tail] = {}
        self._files_max = files_max
        self._known = {entry.identity: entry for entry in known}
        self._forget_after_s = forget_after_s

    def look(self, matching: Sequence[Seen], followed: Mapping[Identity, Seen], now: float) -> Look:
        """`matching` is what the paths lead to now, `followed` how the followed files are now."""
        found = Look()
        there = {seen.identity for seen in matching}
        for tail in list(self.tails.values()):
            seen = followed[tail.identity]
            if tail.is_truncated(seen):
                tail.restart()
                found.restarted.append(tail)
            tail.head = seen.head
            if tail.identity in there:
                tail.gone_at = None
            elif tail.gone_at is None:
                tail.gone_at = now
            elif now - tail.gone_at >= self._forget_after_s and tail.offset >= seen.size:
                found.closed.append(self.tails.pop(tail.identity))
        for seen in matching:
            if seen.identity in self.tails:
                continue
            if len(self.tails) >= self._files_max:
                found.refused += 1
                continue
            found.opened.append(self._open(seen))
        return found

    def forget(self, tail: Tail) -> None:
        """It could not be opened."""
        self.tails.pop(tail.identity, None)

    def known(self) -> list[Known]:
        """What the registry is to say."""
        return [Known(tail.identity, tail.delivered, tail.head) for tail in self.tails.values()]

    def _open(self, seen: Seen) -> Tail:
        tail = Tail(seen.path, seen.identity, head=seen.head)
        known = self._known.pop(seen.identity, None)
        # An inode is used again: the same file begins as it began.
        if known and seen.size >= known.offset and seen.head.startswith(known.head):
            tail.offset = tail.line_start = tail.delivered = tail._checkpoint = known.offset
        self.tails[seen.identity] = tail
        return tail
