"""``--local``: no API key, no network, and at the end what Datadog would have received."""

import socket
import subprocess
import sys
from collections.abc import Callable

Run = Callable[..., "subprocess.CompletedProcess[str]"]

APP = """
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
client.send(b"orders:3|c|#payment:card\\nvalue:2.5|d\\nitems:7|g")
client.send(b"_e{4,4}:open|text|t:success")
client.send(b"_sc|shop|0|m:fine")
print("from the app")
"""


def test_it_prints_what_arrived_and_then_the_receipt(run: Run) -> None:
    result = run("--local", "--", sys.executable, "-c", APP)
    assert result.returncode == 0
    assert result.stdout == "from the app\n"
    lines = result.stderr.splitlines()
    report = [line.split() for line in lines]
    assert ["orders", "payment:card", "rate", "1", "0.3/s", "3"] in report
    assert any(words[:2] == ["items", "gauge"] and words[-1] == "7" for words in report)
    assert any(words[:2] == ["value", "1"] for words in report)
    assert any("open: text" in line for line in lines)
    assert any(words[:2] == ["shop", "OK"] for words in report)
    assert lines[-1].startswith(
        "serverless-init: accepted 5 = delivered 5 + dropped 0 + held 0; 4 payloads, "
    )
    assert lines[-1].endswith("; exit code 0")


def test_it_needs_no_api_key_and_uses_none(run: Run) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    result = run("--local", "--", sys.executable, "-c", APP, env={"DD_API_KEY": secret})
    assert "accepted 5 = delivered 5" in result.stderr
    assert secret not in result.stderr


def test_a_taken_port_is_replaced_and_the_app_is_told(run: Run, free_port: int) -> None:
    """A developer's machine often runs an Agent: the report then said that nothing arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", free_port))
        result = run("--local", "--", sys.executable, "-c", APP)
    assert f"UDP port {free_port} is taken; the app is given port" in result.stderr
    assert "accepted 5 = delivered 5" in result.stderr


def test_a_taken_port_for_traces_is_replaced_and_the_app_is_told(run: Run, free_port: int) -> None:
    asks = "import os; print(os.environ['DD_TRACE_AGENT_PORT'])"
    with socket.create_server(("127.0.0.1", free_port)):
        result = run("--local", "--", sys.executable, "-c", asks)
    given = result.stdout.strip()
    taken = f"TCP port {free_port} is taken; the app is given port {given} in DD_TRACE_AGENT_PORT"
    assert taken in result.stderr


def test_there_is_no_colour_where_there_is_no_terminal(run: Run) -> None:
    assert "\x1b" not in run("--local", "--", sys.executable, "-c", APP).stderr
