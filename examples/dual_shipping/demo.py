"""The same telemetry to two intakes, of which one is down at first: `make demo-dual`.

Two local intakes run beside each other. The second one answers its first requests with 503, as an
intake in trouble does. A shop's checkout runs under serverless-init, which ships to both. At the
end both have every order, and the receipt has an account for each.
"""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
CHECKOUT = Path(__file__).parents[1] / "checkout.py"
SECONDS = sys.argv[1] if len(sys.argv) > 1 else "2"
REFUSALS = 8


@contextmanager
def intake() -> Iterator[str]:
    """A local intake in a process of its own; its URL."""
    with subprocess.Popen([BIN / "sictl", "intake"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("listening on ").strip()
        process.terminate()
        process.stdout.read()  # its report, which is long


def ask(url: str, body: object = None) -> Any:
    """The answer to a GET, or to a POST of `body`."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
        return json.load(answer)


def orders(url: str) -> int:
    """How many orders an intake knows of."""
    series = ask(f"{url}/local/points?metric=shop.orders")["series"]
    return round(sum(view["count"] for view in series))


def refused(url: str) -> int:
    """How many requests it has answered with 503."""
    steps = ask(f"{url}/local/faults")["faults"].get("*", [])
    return REFUSALS - sum(step["times"] for step in steps)


def free_port() -> int:
    """A UDP port for the checkout, should an Agent have the usual one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


with ExitStack() as running:
    first, second = (running.enter_context(intake()) for _ in range(2))
    ask(f"{second}/local/faults", {"route": "*", "steps": [{"status": 503, "times": REFUSALS}]})
    settings = {
        "DD_API_KEY": "1" * 32,
        "DD_DD_URL": first,
        "DD_ADDITIONAL_ENDPOINTS": json.dumps({second: ["2" * 32]}),
        "DD_DOGSTATSD_PORT": str(free_port()),
        "DD_SERVERLESS_RECEIPT": "log",
    }
    command = [BIN / "serverless-init", sys.executable, CHECKOUT, SECONDS]
    code = subprocess.run(command, env={**os.environ, **settings}).returncode
    arrived = [orders(url) for url in (first, second)]
    print(f"{first} has {arrived[0]} orders")
    print(f"{second} has {arrived[1]} orders, after it had refused {refused(second)} requests")

sys.exit(code or (0 if arrived[0] == arrived[1] > 0 else 1))
