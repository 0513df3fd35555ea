"""Faults, of the forwarder alone and of the real program."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from serverless_init.clock import SystemClock
from serverless_init.config import ForwarderSettings
from serverless_init.forwarder import Forwarder, IntakeEndpoint, Outlet
from serverless_init.model import SERIES_V2, Payload, PayloadKind
from serverless_init.testing import IntakeThread, free_port
from serverless_init.wire import HttpClient

KEY = "0123456789abcdef0123456789abcdef"
BINARY = Path(sys.executable).with_name("serverless-init")
APP = Path(__file__).with_name("app.py")
UNPRIVILEGED = Path(__file__).with_name("unprivileged.py")


class Delivery:
    """A forwarder for one intake, and what it said."""

    def __init__(
        self, host: str, port: int, *, client: HttpClient | None = None, **settings: Any
    ) -> None:
        scheme = "https" if settings.get("skip_tls_validation") else "http"
        self.said: list[str] = []
        self.forwarder = Forwarder(
            ForwarderSettings(api_key=KEY, **settings),
            clock=SystemClock(),
            endpoints=(IntakeEndpoint(scheme, host, port, "", KEY),),
            report=self._say,
            outlet=Outlet(client, report=self._say) if client else None,
        )

    def _say(self, level: str, text: str) -> None:
        self.said.append(text)

    def submit(self, samples: int, body: bytes = b"") -> None:
        """Submit a payload whose body is its number of samples, unless given."""
        body = body or str(samples).encode()
        payload = Payload(PayloadKind.SERIES, SERIES_V2, body, "x/y", "", 1, samples)
        self.forwarder.submit(payload)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the app's code and streams, our own lines, the receipt."""

    code: int
    out: str
    err: list[str]
    log: list[str]
    receipt: dict[str, Any]
    took_s: float

    @property
    def account(self) -> tuple[int, int, dict[str, int]]:
        """Accepted, delivered, and dropped by reason."""
        receipt = self.receipt
        return receipt["accepted"], receipt["delivered"], receipt["dropped"]


class Program:
    """The real program in a folder and an environment of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._apps = 0
        self.datagram_socket = folder / "d.socket"
        self.stream_socket = folder / "s.socket"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DD_")}
        self.environ = {
            **kept,
            "DD_DOGSTATSD_PORT": str(port),
            "DD_APM_RECEIVER_PORT": str(port),
            "DD_DOGSTATSD_SOCKET": str(self.datagram_socket),
            "DD_DOGSTATSD_STREAM_SOCKET": str(self.stream_socket),
            "DD_SERVERLESS_RECEIPT": "json",
        }

    def deliver_to(self, url: str) -> None:
        """Have an API key and an intake."""
        self.environ.update(DD_API_KEY=KEY, DD_DD_URL=url)

    def app(self, transport: str, packets: Iterable[bytes]) -> list[str]:
        """The command of an app that sends `packets` over ``udp``, ``datagram`` or ``stream``."""
        self._apps += 1
        path = self.folder / f"packets-{self._apps}"
        path.write_bytes(b"".join(packet + b"\0" for packet in packets))
        return [sys.executable, "-S", str(APP), transport, str(path)]

    def line(self, command: Iterable[str]) -> list[str]:
        """The whole command line."""
        return [str(BINARY), *command]

    def run(
        self,
        command: Iterable[str],
        *,
        env: Mapping[str, str] | None = None,
        before: str = "",
        user: str = "",
        **options: Any,
    ) -> Outcome:
        """Run `command` under the program.

        `before` is done by a shell that becomes the program. `user` is ``powerless`` or ``nobody``,
        see unprivileged.py.
        """
        line = self.line(command)
        if user:
            self.folder.chmod(0o777)
            line = [sys.executable, "-S", str(UNPRIVILEGED), user, *line]
        if before:
            line = ["/bin/sh", "-c", f'{before}; exec "$@"', "sh", *line]
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.folder,
            **options,
        }
        began = time.monotonic()
        with subprocess.Popen(line, env={**self.environ, **(env or {})}, **settings) as process:
            out, err = process.communicate(timeout=20)
        return _outcome(process.returncode, out, err, time.monotonic() - began)


def _outcome(code: int, out: bytes | None, err: bytes | None, took_s: float) -> Outcome:
    lines = (err or b"").decode().splitlines()
    log = [line for line in lines if line.startswith("serverless-init ")]
    receipts = [line for line in lines if line.startswith('{"accepted": ')]
    receipt = json.loads(receipts[-1]) if receipts else {}
    assert receipt.get("balanced", True), receipt
    return Outcome(
        code=code,
        out=(out or b"").decode(),
        err=[line for line in lines if line not in log and line not in receipts],
        log=[line.removeprefix("serverless-init ") for line in log],
        receipt=receipt,
        took_s=took_s,
    )


def _within(seconds: float) -> float:
    return time.monotonic() + seconds


@pytest.fixture
def delivery() -> type[Delivery]:
    """The class."""
    return Delivery


@pytest.fixture
def within() -> Callable[[float], float]:
    """The deadline so many seconds from now."""
    return _within


@pytest.fixture
def program() -> Iterator[Program]:
    """The program, without an API key."""
    port = free_port()
    # Not pytest's folder: its path may be too long for a socket, and only its owner may enter it.
    with tempfile.TemporaryDirectory() as folder:
        yield Program(Path(folder), port)


@pytest.fixture
def intake(program: Program) -> Iterator[IntakeThread]:
    """An intake that the program delivers to."""
    with IntakeThread() as running:
        program.deliver_to(running.url)
        yield running
