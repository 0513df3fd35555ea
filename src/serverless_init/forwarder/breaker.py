"""When a target that failed may be tried again: backoff windows and the circuit breaker.

Theory of operation. A target (one route of one intake) is *unblocked* until a request fails; then
it is *blocked* for a random time within a window that doubles with each failure. When the time is
over the next request is a probe, the only one allowed meanwhile (*half blocked*). If it fails the
target is blocked for longer; if it succeeds some errors are forgiven, and the target is unblocked
when none are left, else blocked for the shorter time of the remaining errors. Answers to requests
that were already in flight when the target was blocked change nothing.

Windows and rules are the Agent's: base 2 s, factor 2, at most 64 s give 2-4, 4-8, 8-16, 16-32,
32-64 and then exactly 64 s.

At the end of a run there is no time for such windows. `Pace` is what takes the breaker's place
then: at most 1 s, no probes, all slots tried again at once.

An intake may ask for a pause (``Retry-After``): then the wait is at least that long, and under
`Pace` at least the part of it that is within the second. Waking forgets it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from math import floor, log2

from serverless_init.config import ForwarderSettings

Uniform = Callable[[float, float], float]
"""A random number between two bounds: the jitter's source."""

_PACE_FIRST_S = 0.1
_PACE_MAX_S = 1.0


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """The shape of the windows and of recovery."""

    factor: float = 2.0
    base_s: float = 2.0
    max_s: float = 64.0
    recovery_interval: int = 2
    recovery_reset: bool = False

    @property
    def errors_max(self) -> int:
        """Where counting errors ends: the first count whose delay is the longest."""
        return max(1, floor(log2(self.max_s / self.base_s)) + 1)

    def delay_s(self, errors: int, uniform: Uniform) -> float:
        """How long to wait after `errors` failures."""
        if errors <= 0:
            return 0.0
        window = self.base_s * 2.0**errors
        return self.max_s if window > self.max_s else uniform(window / self.factor, window)

    def forgiven(self, errors: int) -> int:
        """The errors that are left after a success."""
        return 0 if self.recovery_reset else max(0, errors - self.recovery_interval)


def backoff_policy(settings: ForwarderSettings) -> tuple[BackoffPolicy, tuple[str, ...]]:
    """The policy that `settings` ask for, impossible values replaced, and a line for each."""
    complaints: list[str] = []

    def usable(name: str, right: bool) -> float:
        declared = ForwarderSettings.fields[name]
        given, default = float(getattr(settings, name)), float(str(declared.default))
        if not right:
            complaints.append(f"{declared.env}={given:g} cannot be; {default:g} is used")
        return given if right else default

    policy = BackoffPolicy(
        factor=usable("backoff_factor", settings.backoff_factor >= 2),
        base_s=usable("backoff_base_s", settings.backoff_base_s > 0),
        max_s=usable("backoff_max_s", settings.backoff_max_s > 0),
        recovery_interval=int(usable("recovery_interval", settings.recovery_interval > 0)),
        recovery_reset=settings.recovery_reset,
    )
    return policy, tuple(complaints)


class BreakerState(Enum):
    """See the module's text."""

    UNBLOCKED = auto()
    BLOCKED = auto()
    HALF_BLOCKED = auto()


class Breaker:
    """The circuit breaker of one target. Times are monotonic seconds."""

    __slots__ = ("_policy", "_uniform", "errors", "state", "until")

    def __init__(self, policy: BackoffPolicy, uniform: Uniform) -> None:
        self._policy = policy
        self._uniform = uniform
        self.errors = 0
        self.state = BreakerState.UNBLOCKED
        self.until = 0.0

    def permits(self, now: float) -> bool:
        """Whether a request may be sent now. Changes nothing; see `begin`."""
        if self.state is BreakerState.BLOCKED:
            return now >= self.until
        return self.state is BreakerState.UNBLOCKED

    def begin(self) -> None:
        """A permitted request is being sent: behind a block that has run out, it is the probe."""
        if self.state is BreakerState.BLOCKED:
            self.state = BreakerState.HALF_BLOCKED

    def failed(self, now: float, after_s: float = 0.0) -> None:
        """A request failed; the intake asks not to be asked again before `after_s` have passed."""
        if self.state is not BreakerState.BLOCKED:
            self.errors = min(self.errors + 1, self._policy.errors_max)
            self._block(now)
        if after_s:
            # Also when blocked: several requests in flight may each bring such an answer.
            self.until = max(self.until, now + after_s)

    def succeeded(self, now: float) -> None:
        """The intake answered, were it with a refusal."""
        if self.state is not BreakerState.HALF_BLOCKED:
            return
        self.errors = self._policy.forgiven(self.errors)
        if self.errors == 0:
            self.state = BreakerState.UNBLOCKED
        else:
            self._block(now)

    def wake(self) -> None:
        """Forget the past: the process is ending, or the intake has shown that it works."""
        self.errors = 0
        self.state = BreakerState.UNBLOCKED

    def ready_at(self, now: float) -> float | None:
        """When the next request will be permitted; None while a probe's answer is awaited."""
        if self.state is BreakerState.HALF_BLOCKED:
            return None
        return self.until if self.state is BreakerState.BLOCKED else now

    def _block(self, now: float) -> None:
        self.state = BreakerState.BLOCKED
        self.until = now + self._policy.delay_s(self.errors, self._uniform)


class Pace:
    """The short backoff of the drain: 100 ms doubling to 1 s, the upper half of it random."""

    __slots__ = ("_errors", "_uniform", "until")

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self._errors = 0
        self.until = 0.0

    def failed(self, now: float, after_s: float = 0.0) -> None:
        """A request failed; those that fail before the wait is over do not make it longer.

        A pause that the intake asks for is granted up to the longest wait: afterwards nobody will
        be there to ask.
        """
        if now >= self.until:
            window = min(_PACE_FIRST_S * 2.0**self._errors, _PACE_MAX_S)
            self._errors = min(self._errors + 1, 10)
            self.until = now + self._uniform(window / 2, window)
        self.until = max(self.until, now + min(after_s, _PACE_MAX_S))

    def reset(self) -> None:
        """The intake answered, or the drain begins: no wait."""
        self._errors = 0
        self.until = 0.0
