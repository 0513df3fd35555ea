"""What processing counts, and every reason for which it drops a span."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FOREIGN_SPAN = "foreign_span"
INTERRUPTED = "interrupted"
MEDIA_TYPE_UNSUPPORTED = "media_type_unsupported"
NOT_SAMPLED = "not_sampled"
OVERLOADED = "overloaded"
OWN_TRAFFIC = "own_traffic"
REQUEST_MALFORMED = "request_malformed"
REQUEST_TIMED_OUT = "request_timed_out"
REQUEST_TOO_LARGE = "request_too_large"
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


def reason_of(status: int) -> str:
    """Why a request is refused that is answered with `status`."""
    return _REASONS.get(status, REQUEST_MALFORMED)


_REASONS = {
    408: REQUEST_TIMED_OUT,
    413: REQUEST_TOO_LARGE,
    415: MEDIA_TYPE_UNSUPPORTED,
    429: OVERLOADED,
    503: OVERLOADED,
}


@dataclass(slots=True)
class ReceiverStats:
    """Counters of the receiver.

    `refused` is by reason, in requests: what is in a body that cannot be read nobody knows. Passed
    on is what tracers send for other products; `passing_failed` of it had no answer.
    """

    requests: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    stats_payloads: int = 0
    passed_on: int = 0
    passing_failed: int = 0
    telemetry_dropped: int = 0

    def refuse(self, status: int) -> None:
        """Count a request that is answered with `status`."""
        reason = reason_of(status)
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def refused_with(self, by_server: Mapping[int, int]) -> dict[str, int]:
        """By reason what is refused, with what the server refused before, `by_server` by status."""
        refused = dict(self.refused)
        for status, requests in by_server.items():
            reason = reason_of(status)
            refused[reason] = refused.get(reason, 0) + requests
        return refused
