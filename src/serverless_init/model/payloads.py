"""Payloads: encoded, compressed, split; what the forwarder delivers without looking inside."""

from dataclasses import dataclass
from enum import Enum, IntEnum


class PayloadKind(Enum):
    """What a payload carries."""

    SERIES = "series"
    SKETCHES = "sketches"
    EVENTS = "events"
    SERVICE_CHECKS = "service_checks"
    LOGS = "logs"
    TRACES = "traces"
    TRACE_STATS = "trace_stats"
    METADATA = "metadata"


class Priority(IntEnum):
    """High goes first and is dropped last."""

    NORMAL = 0
    HIGH = 1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of the intake. ``name`` appears in counters, ``route`` is the URL's path."""

    name: str
    route: str


SERIES_V2 = Endpoint("series_v2", "/api/v2/series")
SKETCHES_V2 = Endpoint("sketches_v2", "/api/beta/sketches")
CHECK_RUN_V1 = Endpoint("check_run_v1", "/api/v1/check_run")
METADATA_V1 = Endpoint("metadata_v1", "/api/v1/metadata")
INTAKE = Endpoint("intake", "/intake/")
LOGS_V2 = Endpoint("logs_v2", "/api/v2/logs")
TRACES_V02 = Endpoint("traces_v02", "/api/v0.2/traces")
TRACE_STATS_V02 = Endpoint("trace_stats_v02", "/api/v0.2/stats")


@dataclass(frozen=True, slots=True)
class Payload:
    """One request's body and what it stands for.

    ``content_encoding`` is the header's value (``zstd``, ``deflate``, ``identity``, ...).
    ``points`` counts metric points; ``samples`` counts the accepted samples, events and checks
    inside, so that a payload that is lost is accounted for in the unit in which it came.
    ``destinations`` are the intakes that it is for, by the URLs of their settings; None is all.
    ``headers`` are further request headers.
    """

    kind: PayloadKind
    endpoint: Endpoint
    body: bytes
    content_type: str
    content_encoding: str
    points: int
    samples: int
    priority: Priority = Priority.NORMAL
    destinations: frozenset[str] | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def is_for(self, url: str) -> bool:
        """Whether the intake that the settings call `url` is to get this."""
        return self.destinations is None or url in self.destinations
