"""Makes traces until it is told a rate, and more of them then; the rate is that of the agent."""

import time

from ddtrace import tracer


def make(name, count):
    for _ in range(count):
        with tracer.trace(name, service="shop", resource="GET /"):
            pass
    tracer.flush()


make("before", 50)
# Rates are computed when traffic crosses into the next window of five seconds.
time.sleep(5.5)
make("crossing", 1)
time.sleep(1.0)
make("after", 60)
