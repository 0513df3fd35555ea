"""Floor 1: our own log and its rate limits."""

from serverless_init.telemetry.log import LineHandler, LogStats, conceal, open_log
from serverless_init.telemetry.rate_limit import RateLimit
from serverless_init.telemetry.say import say

__all__ = ["LineHandler", "LogStats", "RateLimit", "conceal", "open_log", "say"]
