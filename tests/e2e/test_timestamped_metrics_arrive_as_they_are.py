"""Gauges and counters with a time of their own reach the intake at that time, unaggregated."""

import json
import sys
from collections.abc import Callable

import pytest

from serverless_init.testing import IntakeThread

APP = """
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
for second in range(3000):
    client.send(b"orders:%d|c|#shop:1|T%d" % (second, 1_700_000_000 + second))
client.send(b"stock:5|g|T1700000007\\norders:1|c")
"""
KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("batch_size", ["2048", "100"])
def test_each_message_is_one_point_at_its_own_second(
    run: Callable[..., object], batch_size: str
) -> None:
    with IntakeThread() as intake:
        env = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": intake.url,
            "DD_SERVERLESS_RECEIPT": "json",
            "DD_DOGSTATSD_NO_AGGREGATION_PIPELINE_BATCH_SIZE": batch_size,
        }
        ended = run(sys.executable, "-S", "-c", APP, env=env)
        points = intake.points("orders", ("shop:1",))
        stock = intake.points("stock")
    receipt = json.loads(ended.stderr)  # type: ignore[attr-defined]
    assert (receipt["accepted"], receipt["delivered"]) == (3002, 3002)
    # One payload for the window that was open; the others each had one sample more than the size.
    assert receipt["payloads"] == 1 + -(-3001 // (int(batch_size) + 1))
    assert points == tuple((1_700_000_000 + n, n / 10) for n in range(3000))
    assert stock == ((1_700_000_007, 5.0),)


def test_when_the_pipeline_is_off_they_are_aggregated_where_they_arrive(
    run: Callable[..., object],
) -> None:
    with IntakeThread() as intake:
        env = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": intake.url,
            "DD_DOGSTATSD_NO_AGGREGATION_PIPELINE": "false",
        }
        run(sys.executable, "-S", "-c", APP, env=env)
        points = intake.points("orders", ("shop:1",))
    assert all(second > 1_750_000_000 for second, _ in points)
    assert round(sum(value * 10 for _, value in points)) == sum(range(3000))
