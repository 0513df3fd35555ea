"""``sictl intake``: it says where it listens, and at the end what it received."""

import json
import signal
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

PROGRAM = """
import asyncio
from serverless_init.intake import serve
asyncio.run(serve("127.0.0.1", 0))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_intake_that_is_interrupted_prints_its_report(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env={"PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        text=True,
    ) as intake:
        assert intake.stdout is not None
        line = intake.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        address = urlsplit(line.split()[-1])
        connection = HTTPConnection("127.0.0.1", address.port or 0, timeout=10)
        body = json.dumps({"check": "db.up", "status": 2, "message": "refused"})
        connection.request("POST", "/api/v1/check_run", body, {"DD-Api-Key": "k"})
        assert connection.getresponse().status == 202
        intake.send_signal(number)
        report, _ = intake.communicate(timeout=10)
        connection.close()
    assert intake.returncode == 0
    lines = report.splitlines()
    assert lines[:3] == ["What Datadog would have received", "", "SERVICE CHECKS"]
    assert lines[3].split() == ["db.up", "CRITICAL", "x1", "refused"]
