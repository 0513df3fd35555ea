"""Floor 3: what programs instrumented with OpenTelemetry send, to the values of this house.

What is public here listens; the rest is imported with the first request.
"""

from serverless_init.otlp.component import Otlp
from serverless_init.otlp.options import OtlpOptions
from serverless_init.otlp.stats import OtlpStats

__all__ = ["Otlp", "OtlpOptions", "OtlpStats"]
