"""The shares of a grace window: the only place where such numbers live.

A platform's window is the time between SIGTERM and SIGKILL; how long it is, each platform's own
file says. It starts at the *first* termination signal and is shared by the app and by us.
"""

from collections.abc import Sequence

# The kernel and the platform need a moment too: we mean to have ended this long before SIGKILL.
MARGIN_S = 0.5
# When the app ignores SIGTERM, the last full flush starts this share of the window before its end.
LAST_FLUSH_SHARE = 0.3
# When the window is over and we still run, the platform is more patient than we know.
OVERTIME_S = 2.0


def drain_deadline(
    now: float, terminated_at: float | None, window_s: float, flush_timeout_s: float
) -> float:
    """When the drain that starts at `now` must have ended (monotonic seconds).

    After a termination signal that is a margin before the end of the window, and what is left of
    it when the app took even that; when the window has passed, a short overtime. When the app ended
    by itself nobody is about to kill us: `flush_timeout_s` from now.
    """
    if terminated_at is None:
        return now + flush_timeout_s
    window_end = terminated_at + window_s
    if now >= window_end:
        return now + min(OVERTIME_S, window_s)
    return max(window_end - MARGIN_S, min(now + MARGIN_S, window_end))


def last_flush_at(terminated_at: float, window_s: float) -> float:
    """When the last full flush starts if the app is still running (monotonic seconds)."""
    return terminated_at + window_s - max(MARGIN_S, LAST_FLUSH_SHARE * window_s)


def stage_deadline(now: float, deadline: float, shares: Sequence[float]) -> float:
    """The deadline of the first of the stages still to come, whose relative `shares` are given.

    A stage that needs less leaves its time to the later ones, because they are asked afresh.
    """
    left = max(0.0, deadline - now)
    return now + left * shares[0] / sum(shares)
