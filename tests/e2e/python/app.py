"""A program that makes every call of the `datadog` client and prints what it did, as JSON.

It knows the server only from the standard variables. The argument is the client's way of sending:
unbuffered, buffered, background or aggregated.
"""

import json
import random
import sys
import time

from datadog.dogstatsd import DogStatsd

WAYS = {
    "unbuffered": {},
    "buffered": {"disable_buffering": False},
    "background": {"disable_background_sender": False},
    "aggregated": {"disable_aggregation": False, "disable_buffering": False},
}
# A histogram becomes one point for each window of ten seconds: all its values go into one.
WINDOW_S, ENOUGH_S = 10, 1.0

left_s = WINDOW_S - time.time() % WINDOW_S
if left_s < ENOUGH_S:
    time.sleep(left_s)

statsd = DogStatsd(
    constant_tags=["shop:berlin"],
    # The kernel queues ten datagrams on a Unix socket; the default gives up at the eleventh.
    socket_timeout=10,
    telemetry_min_flush_interval=0,
    **WAYS[sys.argv[1]],
)
for value in (30, 10, 20, 40):
    statsd.histogram("cart.items", value)
    statsd.timing("checkout.ms", value / 2)
for value in (1.5, 2.5, 4):
    statsd.distribution("order.value", value, tags=["currency:eur", "paid"])
for customer in ("anna", "ben", "anna", "caesar"):
    statsd.set("customers", customer)

for _ in range(50):
    statsd.increment("orders")
statsd.increment("orders", 7, tags=["payment:card"])
statsd.decrement("stock", 3)
statsd.gauge("temperature", 18.5)
statsd.gauge("temperature", 21.25)

# With aggregation of its own, the client samples the sum instead of the calls.
visits = 0 if sys.argv[1] == "aggregated" else 200
random.seed(7)
kept = sum(random.random() <= 0.25 for _ in range(visits))
random.seed(7)
for _ in range(visits):
    statsd.increment("visits", sample_rate=0.25)

timed = statsd.timed("search.duration", use_ms=False)
distributed = statsd.distributed("search.spread", use_ms=False)


@timed
@distributed
def search() -> int:
    return sum(range(1000))


search()

minute_ago = int(time.time()) - 60
statsd.gauge_with_timestamp("pressure", 1013.25, minute_ago)
statsd.count_with_timestamp("deliveries", 12, minute_ago)

statsd.event(
    "Shop open",
    "First line\nsecond | line",
    alert_type="success",
    aggregation_key="opening",
    source_type_name="shop",
    date_happened=minute_ago,
    priority="low",
    tags=["door:front"],
    hostname="till-1",
)
statsd.service_check(
    "shop.door",
    statsd.CRITICAL,
    tags=["door:back"],
    timestamp=minute_ago,
    hostname="till-2",
    message="jammed",
)
assert statsd.stop(timeout=10)
print(
    json.dumps(
        {
            "visits": kept,
            "search": timed.elapsed,
            "spread": distributed.elapsed,
            "minute_ago": minute_ago,
        }
    )
)
