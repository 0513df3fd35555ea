"""The fate of a transaction after an attempt.

The rules are the Agent's: what the intake refuses for good (400, 403, 413) is dropped; every other
answer from 400 up, also 401 and 404, and every failure to get an answer is retried without a limit
of attempts, because a proxy or a key may be repaired while the payload waits. There is one
difference: an answer below 200 or from 300 to 399 is no success. The Agent's client follows any
redirect, a POST turning into a GET on the way, and takes the login page at its end for a delivery.
"""

from dataclasses import dataclass

REFUSED = frozenset((400, 403, 413))


@dataclass(frozen=True, slots=True)
class Delivered:
    """The intake has it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It is sent again later; the target has failed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The intake answered that it will never take it: dropped, and the target works."""

    reason: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """We gave it up without an answer: dropped."""

    reason: str


Fate = Delivered | Retry | Refused | Abandoned


def fate_of_answer(status: int, refused: frozenset[int] = REFUSED) -> Fate:
    """What an HTTP status means, `refused` being those with which an intake says never."""
    if 200 <= status < 300:
        return Delivered()
    return Refused(f"refused_{status}") if status in refused else Retry()


def fate_of_failure(phase: str) -> Fate:
    """What it means that no answer came; `phase` is that of `IntakeUnreachable`."""
    # A request that cannot be formed now never can be.
    return Abandoned("invalid_request") if phase == "invalid_request" else Retry()
