"""A packet that comes while a sidecar still starts is received like any other."""

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from serverless_init.testing import IntakeThread, wait_until

Start = Callable[..., "subprocess.Popen[bytes]"]


def test_a_packet_during_the_imports_does_not_end_the_sidecar(start: Start, tmp_path: Path) -> None:
    """SIGIO, by which the kernel announces the packet, had its default action: code 157."""
    path = tmp_path / "dsd.socket"
    with IntakeThread() as intake:
        env = {
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_DD_URL": intake.url,
            "DD_DOGSTATSD_SOCKET": str(path),
            "DD_AGGREGATOR_FLUSH_INTERVAL": "0.05",
            "DD_SERVERLESS_RECEIPT": "json",
        }
        with start(env=env) as sidecar, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            wait_until(path.is_socket)
            wait_until(lambda: client.connect_ex(str(path)) == 0)
            client.send(b"orders:3|c\n_e{4,4}:open|text")
            intake.wait_until(lambda store: bool(store.events()))
            sidecar.send_signal(signal.SIGTERM)
            _, err = sidecar.communicate(timeout=10)
    assert sidecar.returncode == 0
    receipt = json.loads(err.splitlines()[-1])
    assert (receipt["accepted"], receipt["delivered"]) == (2, 2)
