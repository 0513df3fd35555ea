"""What happens to components, as typed values for whoever wants to know."""

from dataclasses import dataclass

from serverless_init.lifecycle.component import Drained


@dataclass(frozen=True, slots=True)
class Started:
    """A component is running."""

    name: str
    took_s: float


@dataclass(frozen=True, slots=True)
class StartFailed:
    """A component could not start; everybody else goes on."""

    name: str
    error: Exception


@dataclass(frozen=True, slots=True)
class DrainEnded:
    """A component has drained, or was cut off at its deadline (``report.late``)."""

    name: str
    report: Drained
    took_s: float


@dataclass(frozen=True, slots=True)
class DrainFailed:
    """A component failed while draining: our mistake. What it held is lost and shows as held."""

    name: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Closed:
    """A component has released everything."""

    name: str


LifecycleEvent = Started | StartFailed | DrainEnded | DrainFailed | Closed
