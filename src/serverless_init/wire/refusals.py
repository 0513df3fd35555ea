"""Why a request was refused, by the status of HTTP that it was answered with."""

from collections import Counter
from collections.abc import Mapping

MEDIA_TYPE_UNSUPPORTED = "media_type_unsupported"
OVERLOADED = "overloaded"
REQUEST_MALFORMED = "request_malformed"
REQUEST_TIMED_OUT = "request_timed_out"
REQUEST_TOO_LARGE = "request_too_large"

_REASONS = {
    408: REQUEST_TIMED_OUT,
    413: REQUEST_TOO_LARGE,
    415: MEDIA_TYPE_UNSUPPORTED,
    429: OVERLOADED,
    503: OVERLOADED,
}


def refusal_reason(status: int) -> str:
    """The reason behind `status`; a request that is none of HTTP is malformed."""
    return _REASONS.get(status, REQUEST_MALFORMED)


def refusals_by_reason(statuses: Mapping[int, int]) -> Counter[str]:
    """What a server refused before its handler saw it, by reason; `statuses` counts requests."""
    refused: Counter[str] = Counter()
    for status, requests in statuses.items():
        refused[refusal_reason(status)] += requests
    return refused
