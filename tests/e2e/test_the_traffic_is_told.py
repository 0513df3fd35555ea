"""What the statistics print at the end, what is passed on, and what stays quiet."""

import json
import socket
import sys
from collections.abc import Callable

APP = """
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
client.send(b"orders:1:2|c|#shop:1\\nbroken")
client.send(b"took:5|ms")
"""
PROGRAM = ("--local", sys.executable, "-S", "-c", APP)


def test_the_table_of_metrics_is_printed_before_the_receipt(run: Callable[..., object]) -> None:
    """The receipt was not the last line of the run."""
    env = {"DD_DOGSTATSD_METRICS_STATS_ENABLE": "true", "DD_DOGSTATSD_STATS_ENABLE": "true"}
    lines = run(*PROGRAM, env=env).stderr.splitlines()  # type: ignore[attr-defined]
    _, header, _, first, second, rate, receipt = lines[-7:]
    assert receipt.startswith("serverless-init: accepted 4 = ")
    assert header.split() == ["Metric", "|", "Tags", "|", "Count", "|", "Last", "Seen"]
    assert first.split()[:5] == ["orders", "|", "shop:1", "|", "2"]
    assert second.split()[:4] == ["took", "|", "|", "1"]
    assert rate in ("At most 2 packets in one second.", "At most 1 packets in one second.")


def test_a_json_receipt_has_the_statistics_in_json(run: Callable[..., object]) -> None:
    env = {"DD_DOGSTATSD_METRICS_STATS_ENABLE": "1", "DD_SERVERLESS_RECEIPT": "json"}
    *_, told, receipt = run(*PROGRAM, env=env).stderr.splitlines()  # type: ignore[attr-defined]
    assert json.loads(receipt)["accepted"] == 4
    counts = [row["count"] for row in json.loads(told)["dogstatsd_stats"].values()]
    assert counts == [2, 1]


def test_without_the_switches_nothing_is_told(run: Callable[..., object]) -> None:
    *_, last = run(*PROGRAM).stderr.splitlines()  # type: ignore[attr-defined]
    assert last.startswith("serverless-init: accepted 4 = delivered 3 + dropped 1 ")


def test_parse_errors_can_be_quiet(run: Callable[..., object]) -> None:
    loud = run(*PROGRAM).stderr  # type: ignore[attr-defined]
    env = {"DD_DOGSTATSD_DISABLE_VERBOSE_LOGS": "true"}
    quiet = run(*PROGRAM, env=env).stderr  # type: ignore[attr-defined]
    line = "malformed metric: b'broken'"
    assert (line in loud, line in quiet) == (True, False)
    told = run(*PROGRAM, env={**env, "DD_LOG_LEVEL": "debug"}).stderr  # type: ignore[attr-defined]
    assert f"serverless-init DEBUG dogstatsd: {line}" in told


def test_every_packet_is_passed_on_as_well(run: Callable[..., object]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        port = str(receiver.getsockname()[1])
        env = {"DD_STATSD_FORWARD_HOST": "127.0.0.1", "DD_STATSD_FORWARD_PORT": port}
        ended = run(*PROGRAM, env=env)
        packets = [receiver.recv(1000), receiver.recv(1000)]
    assert packets == [b"orders:1:2|c|#shop:1\nbroken", b"took:5|ms"]
    assert "delivered 3" in ended.stderr  # type: ignore[attr-defined]
