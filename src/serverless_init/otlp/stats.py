"""What the package counts: every request, every point, and every reason to drop one."""

from collections import Counter
from dataclasses import dataclass, field

from serverless_init.wire import refusal_reason

BASELINE = "baseline"
CONTEXTS_MAX = "contexts_max"
CUMULATIVE_EXPONENTIAL = "cumulative_exponential"
NON_FINITE = "non_finite"
NO_OUTPUT = "no_output"
OUT_OF_ORDER = "out_of_order"
POINT_MALFORMED = "point_malformed"
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
    return SIGNAL_OFF if status == 404 else refusal_reason(status)
