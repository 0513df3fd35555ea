"""What the package counts: every request, every point, and every reason to drop one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

BASELINE = "baseline"
CONTEXTS_MAX = "contexts_max"
CUMULATIVE_EXPONENTIAL = "cumulative_exponential"
MEDIA_TYPE_UNSUPPORTED = "media_type_unsupported"
NON_FINITE = "non_finite"
NO_OUTPUT = "no_output"
OUT_OF_ORDER = "out_of_order"
OVERLOADED = "overloaded"
POINT_MALFORMED = "point_malformed"
REQUEST_MALFORMED = "request_malformed"
REQUEST_TIMED_OUT = "request_timed_out"
REQUEST_TOO_LARGE = "request_too_large"
SIGNAL_OFF = "signal_off"


@dataclass(slots=True)
class OtlpStats:
    """Counters. The dropped ones are by reason.

    A request is taken or refused as a whole; one that asks for what is none of OTLP is counted in
    `requests_foreign` only. Points that say of themselves that they have no value, or stand for no
    samples, are counted in `points_empty` and nowhere else. Log records and spans are counted
    where they go.
    """

    requests_taken: int = 0
    requests_foreign: int = 0
    requests_dropped: Counter[str] = field(default_factory=Counter)
    points_accepted: int = 0
    points_empty: int = 0
    points_dropped: Counter[str] = field(default_factory=Counter)


def reason_of(status: int) -> str:
    """Why a request is refused that is answered with this status of HTTP."""
    return _REASONS.get(status, REQUEST_MALFORMED)


def refused_by_server(statuses: Mapping[int, int]) -> Counter[str]:
    """What a server refused before anything else saw it, by reason."""
    refused: Counter[str] = Counter()
    for status, count in statuses.items():
        refused[reason_of(status)] += count
    return refused


_REASONS = {
    404: SIGNAL_OFF,
    408: REQUEST_TIMED_OUT,
    413: REQUEST_TOO_LARGE,
    415: MEDIA_TYPE_UNSUPPORTED,
    503: OVERLOADED,
}
