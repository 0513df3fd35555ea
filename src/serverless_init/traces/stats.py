"""What processing counts, and every reason for which it drops a span."""

from collections import Counter
from dataclasses import dataclass, field

from serverless_init.wire import refusal_reason

FOREIGN_SPAN = "foreign_span"
INTERRUPTED = "interrupted"
NOT_SAMPLED = "not_sampled"
OWN_TRAFFIC = "own_traffic"
RESOURCE_IGNORED = "resource_ignored"
SPAN_ID_ZERO = "span_id_zero"
TAG_REJECTED = "tag_rejected"
TAG_REQUIRED = "tag_required"
TRACE_ID_ZERO = "trace_id_zero"


@dataclass(slots=True)
class ProcessingStats:
    """Counters, in spans where nothing else is said.

    `dropped` is by reason; `repaired` counts, by what was wrong, what was put right and went on.
    `client_dropped_spans` and `client_dropped_traces` are what tracers said they had dropped
    themselves; those were never ours, so no account includes them.
    """

    spans_accepted: int = 0
    spans_kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    repaired: dict[str, int] = field(default_factory=dict)
    client_dropped_spans: int = 0
    client_dropped_traces: int = 0

    def drop(self, reason: str, spans: int) -> None:
        """Count spans that were accepted before."""
        if spans:
            self.dropped[reason] = self.dropped.get(reason, 0) + spans

    def repair(self, what: str) -> None:
        """Count one thing that was put right."""
        self.repaired[what] = self.repaired.get(what, 0) + 1


@dataclass(slots=True)
class ReceiverStats:
    """Counters of the receiver.

    `refused` is by reason, in requests: what is in a body that cannot be read nobody knows. Passed
    on is what tracers send for other products; `passing_failed` of it had no answer.
    """

    requests: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    stats_payloads: int = 0
    passed_on: int = 0
    passing_failed: int = 0
    telemetry_dropped: int = 0

    def refuse(self, status: int) -> None:
        """Count a request that is answered with `status`."""
        self.refused[refusal_reason(status)] += 1
