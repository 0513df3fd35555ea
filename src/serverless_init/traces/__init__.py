"""Floor 3: what tracers send, from their bytes to payloads and statistics for the intake.

What is public here listens; the rest is imported with the first request.
"""

from serverless_init.traces.component import Traces
from serverless_init.traces.options import TracesOptions
from serverless_init.traces.stats import ReceiverStats

__all__ = ["ReceiverStats", "Traces", "TracesOptions"]
