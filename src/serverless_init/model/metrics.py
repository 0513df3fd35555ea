"""Metric values: one parsed sample, and the series and sketch series that a bucket becomes.

Names, tags and hosts are ``bytes`` from the socket to the serializer: a client may send anything,
and only the serializer decides how invalid UTF-8 is replaced.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class MetricKind(IntEnum):
    """The six DogStatsD types (``g c h ms d s``)."""

    GAUGE = 0
    COUNTER = 1
    HISTOGRAM = 2
    TIMING = 3
    DISTRIBUTION = 4
    SET = 5


class SerieKind(IntEnum):
    """The intake's series types, with their numbers in ``MetricPayload.MetricType``."""

    UNSPECIFIED = 0
    COUNT = 1
    RATE = 2
    GAUGE = 3


@dataclass(frozen=True, slots=True)
class MetricSample:
    """One DogStatsD metric message, parsed: every value of a packed message shares the rest.

    ``values`` are the numbers in order (empty for a set, whose member is ``member``);
    ``timestamp`` is unix seconds, 0 when the client sent none. The three origin fields are the
    raw text of ``c:``, ``e:`` and ``card:``, empty when absent or not honoured.
    """

    name: bytes
    kind: MetricKind
    values: tuple[float, ...]
    member: bytes = b""
    rate: float = 1.0
    tags: tuple[bytes, ...] = ()
    timestamp: int = 0
    local_data: bytes = b""
    external_data: bytes = b""
    cardinality: bytes = b""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a metric comes from, in the intake's registry numbers (product, category, service)."""

    product: int
    category: int
    service: int


class Serie(NamedTuple):
    """Points of one series, ascending in time.

    ``points`` are ``(unix seconds, value)``; ``interval_s`` is the bucket width (10).
    ``samples`` is how many accepted samples these points stand for: the unit in which every
    component accounts for what it passed on or dropped. Several series may come from one
    context (a histogram's outputs); then the first carries the count and the others carry 0.
    A tuple and not a dataclass, because a flush makes one of each context.
    """

    name: bytes
    tags: tuple[bytes, ...]
    host: bytes
    kind: SerieKind
    points: tuple[tuple[int, float], ...]
    interval_s: int
    unit: bytes = b""
    samples: int = 0


@dataclass(frozen=True, slots=True)
class SketchPoint:
    """One bucket's distribution: a summary and its sketch bins, keys ascending (may repeat)."""

    timestamp: int
    count: int
    minimum: float
    maximum: float
    average: float
    total: float
    keys: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SketchSerie:
    """Sketch points of one distribution context, ascending in time; ``samples`` as in `Serie`."""

    name: bytes
    tags: tuple[bytes, ...]
    host: bytes
    points: tuple[SketchPoint, ...]
    interval_s: int
    samples: int = 0
