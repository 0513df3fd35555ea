"""The fate of a transaction after an attempt.

The rules are the Agent's: what the intake refuses for good (400, 403, 413) is dropped; every other
answer from 400 up, also 401 and 404, and every failure to get an answer is retried without a limit
of attempts, because a proxy or a key may be repaired while the payload waits. There are two
differences. An answer below 200 or from 300 to 399 is no success: the Agent's client follows any
redirect, a POST turning into a GET on the way, and takes the login page at its end for a delivery.
And ``Retry-After`` of an answer that is retried is honoured.
"""

import math
from dataclasses import dataclass, field

from serverless_init.config import StorageSettings

REFUSED = frozenset((400, 403, 413))

# An intake that asks for more is asked again all the same: it may have meant something else.
RETRY_AFTER_S_MAX = 600.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The intake has it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It is sent again later; the target has failed, and asks for a pause of `after_s` seconds."""

    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """The intake answered that it will never take it: dropped, and the target works."""

    reason: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """It can never be sent: dropped."""

    reason: str


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """We stop waiting for its answer: stored where there is a disk, else dropped."""

    reason: str


Fate = Delivered | Retry | Refused | Abandoned | OutOfTime


@dataclass(frozen=True, slots=True)
class Discipline:
    """How a signal wants to be delivered.

    `ordered`: the payloads of one endpoint in their order, one at a time. `refused` are the
    statuses with which its intake says that it will never take a payload. `storage` is where that
    waits for which there is no room or no time; usually nowhere.
    """

    ordered: bool = False
    refused: frozenset[int] = REFUSED
    storage: StorageSettings = field(default_factory=StorageSettings)


def fate_of_answer(status: int, refused: frozenset[int] = REFUSED, *, after_s: float = 0.0) -> Fate:
    """What an HTTP status means, with a ``Retry-After`` of `after_s`.

    `refused` are those with which the intake says that it will never take it.
    """
    if 200 <= status < 300:
        return Delivered()
    return Refused(f"refused_{status}") if status in refused else Retry(after_s)


def retry_after_s(header: str, now: float) -> float:
    """The seconds that ``Retry-After`` asks for at `now` (unix s): a number or a date, RFC 9110.

    0 without the header and for what is neither; at most `RETRY_AFTER_S_MAX`.
    """
    text = header.strip()
    seconds = 0.0
    if text.isascii() and text.isdigit():
        # Longer numbers are beyond the limit, and too long for `int`.
        seconds = float(int(text[:9])) if len(text) <= 9 else math.inf
    elif text:
        seconds = _date(text) - now
    return min(max(seconds, 0.0), RETRY_AFTER_S_MAX)


def fate_of_failure(phase: str) -> Fate:
    """What it means that no answer came; `phase` is that of `IntakeUnreachable`."""
    # A request that cannot be formed now never can be.
    return Abandoned("invalid_request") if phase == "invalid_request" else Retry()


def _date(text: str) -> float:
    """The unix time of an HTTP date; 0 when it is none."""
    # Costs more to import than all of this package; almost nobody sends a date.
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        # The oldest of the three forms names no zone, and the container's own is not meant.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
