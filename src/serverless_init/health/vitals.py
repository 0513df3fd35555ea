"""What is known of our own state, and what a probe is told of it.

*Live* is whoever answers: the answer comes from the loop that does all the work. Nothing else makes
us less alive, for a platform restarts a container that is not, and the app with it. *Started up* is
who has tried to start every component: telemetry that cannot work must not keep a platform from
starting the app. *Ready* is who runs every component, is not draining, and has an API key that
Datadog takes.
"""

from collections.abc import Callable, Iterable
from enum import Enum

from serverless_init.lifecycle import (
    Closed,
    DrainEnded,
    DrainFailed,
    LifecycleEvent,
    Started,
    StartFailed,
)


class State(Enum):
    """How far a component is; only a running one is healthy."""

    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"
    ENDED = "ended"


class Vitals:
    """The state of `components` by name, and of `checks`: each says whether something is well."""

    def __init__(
        self, components: Iterable[str], *, checks: dict[str, Callable[[], bool]] | None = None
    ) -> None:
        self._states = dict.fromkeys(components, State.STARTING)
        self._checks = dict(checks or {})

    def observe(self, event: LifecycleEvent) -> None:
        """Take note of what happened to a component; those that nobody asked about are ignored."""
        state = _after(event)
        if event.name in self._states:
            self._states[event.name] = state

    def started(self) -> tuple[list[str], list[str]]:
        """The names of what has been started, were it in vain, and of what has not, in order."""
        return _parted({n: state is not State.STARTING for n, state in self._states.items()})

    def ready(self) -> tuple[list[str], list[str]]:
        """The names of what is well and of what is not, in order."""
        well = {name: state is State.RUNNING for name, state in self._states.items()}
        well |= {name: check() for name, check in self._checks.items()}
        return _parted(well)


def _parted(well: dict[str, bool]) -> tuple[list[str], list[str]]:
    return [n for n, fine in well.items() if fine], [n for n, fine in well.items() if not fine]


def _after(event: LifecycleEvent) -> State:
    match event:
        case Started():
            return State.RUNNING
        case StartFailed():
            return State.FAILED
        case DrainEnded() | DrainFailed() | Closed():
            return State.ENDED
