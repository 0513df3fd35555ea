"""The contract of a component.

A component is a part with a life: it holds a socket, a queue, a connection or a task. It is
built with its downstream as a constructor argument, so the sink exists before its source and
stopping in reverse order of building *is* the drain order.

**start.** Acquires what it needs and schedules its work; returns quickly. It may raise: then the
component is *failed*, the failure is reported once, and everybody else, the app first of all,
goes on without it. Nothing in telemetry keeps the customer's program from running. A component
that failed to start is still closed.

**drain.** Called once, after everything upstream has drained, so nothing arrives any more. It
passes everything it holds to its downstream and returns when the downstream has taken it (a
completion barrier: having asked for a flush is not having flushed). The deadline is an instant on
the monotonic clock, the component's share of the platform's grace window; a component respects
it, and is cut off when it does not. What could not be passed on is counted as dropped, with a
reason. The report balances: ``accepted = passed_on + sum(dropped) + held``.

**close.** Releases sockets, tasks and connections. Synchronous, idempotent, cannot fail, always
runs: after a drain, after a failed start, after a drain that was cut off.

Ownership: a task has an owner that awaits or cancels it; a wait has a deadline; a collection that
grows has a bound and counts what it refuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of everything a component ever accepted, in samples.

    ``late`` says that the deadline cut the component off; what it then still held is in ``held``.
    """

    accepted: int = 0
    passed_on: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    late: bool = False

    @property
    def balanced(self) -> bool:
        """Whether the law holds: everything accepted is accounted for."""
        return self.accepted == self.passed_on + sum(self.dropped.values()) + self.held


class Component(Protocol):
    """A part with a life. See the module's text for the contract."""

    @property
    def name(self) -> str:
        """The package's name, as it appears in logs, counters and the receipt."""

    async def start(self) -> None:
        """Acquire and schedule; return quickly; raise if it cannot work."""

    async def drain(self, deadline: float) -> Drained:
        """Pass on everything held before `deadline` (monotonic seconds) and report."""

    def close(self) -> None:
        """Release everything. Idempotent; cannot fail."""
