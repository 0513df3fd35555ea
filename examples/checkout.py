"""A shop's checkout, for a few seconds: what `make demo` wraps.

It uses the official ``datadog`` client as any program would and knows nothing of serverless-init.
"""

import random
import sys
import time

from datadog.dogstatsd import DogStatsd

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
statsd = DogStatsd(namespace="shop")
chance = random.Random(7)

print(f"checkout: open for {SECONDS:g} s")
statsd.event("Shop open", "The checkout takes orders.", alert_type="success", tags=["shop:berlin"])

orders, closing_time = 0, time.monotonic() + SECONDS
while time.monotonic() < closing_time:
    began = time.monotonic()
    payment = chance.choice(["card", "card", "invoice", "wallet"])
    time.sleep(chance.uniform(0.002, 0.02))
    orders += 1
    statsd.increment("orders", tags=[f"payment:{payment}"])
    statsd.distribution("order.value", chance.lognormvariate(3.5, 0.6), tags=["currency:eur"])
    statsd.timing("checkout.duration", 1000 * (time.monotonic() - began))
    statsd.gauge("cart.items", chance.randint(1, 9))
    statsd.set("customers", f"customer-{chance.randint(1, 60)}")
    if chance.random() < 0.03:
        statsd.increment("payment.failures", tags=[f"payment:{payment}"])

statsd.service_check("shop.checkout", statsd.OK, tags=["shop:berlin"], message="all orders taken")
statsd.close_socket()
print(f"checkout: closed after {orders} orders")
