"""Events and service checks, as parsed from DogStatsD."""

from dataclasses import dataclass
from enum import Enum, IntEnum


class EventPriority(Enum):
    """How loud an event is."""

    NORMAL = "normal"
    LOW = "low"


class AlertType(Enum):
    """An event's colour."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    SUCCESS = "success"


class CheckStatus(IntEnum):
    """A service check's result, with its number on the wire."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``timestamp`` is unix seconds, 0 until the aggregator sets it to now."""

    title: bytes
    text: bytes
    timestamp: int = 0
    priority: EventPriority = EventPriority.NORMAL
    alert_type: AlertType = AlertType.INFO
    host: bytes = b""
    aggregation_key: bytes = b""
    source_type: bytes = b""
    tags: tuple[bytes, ...] = ()
    local_data: bytes = b""
    external_data: bytes = b""
    entity_id: bytes = b""
    cardinality: bytes = b""


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """One service check. ``timestamp`` as in `Event`."""

    name: bytes
    status: CheckStatus
    timestamp: int = 0
    host: bytes = b""
    message: bytes = b""
    tags: tuple[bytes, ...] = ()
    local_data: bytes = b""
    external_data: bytes = b""
    entity_id: bytes = b""
    cardinality: bytes = b""
