"""What the package counts: every point, record and span, and every reason to drop one."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class OtlpStats:
    """Counters. The dropped ones are by reason, in the unit of their signal.

    `points_empty` said of themselves that they have no value, or stand for no samples; they are
    counted nowhere else. A request that cannot be read counts as one of what its path takes.
    """

    requests: int = 0
    points_accepted: int = 0
    points_empty: int = 0
    points_dropped: dict[str, int] = field(default_factory=dict)
    records_accepted: int = 0
    records_dropped: dict[str, int] = field(default_factory=dict)
    spans_accepted: int = 0
    spans_dropped: dict[str, int] = field(default_factory=dict)

    def lose_point(self, reason: str, points: int = 1) -> None:
        """Count points that were accepted before."""
        self.points_dropped[reason] = self.points_dropped.get(reason, 0) + points

    def lose_record(self, reason: str, records: int = 1) -> None:
        """Count log records that were accepted before."""
        self.records_dropped[reason] = self.records_dropped.get(reason, 0) + records

    def lose_span(self, reason: str, spans: int = 1) -> None:
        """Count spans that were accepted before."""
        self.spans_dropped[reason] = self.spans_dropped.get(reason, 0) + spans
