"""A program of 200 ms sends 10,000 increments and ends at once: all arrive, 100 runs out of 100."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

RUNS = 100
SIDE_BY_SIDE = 3
SAMPLES = 10_000
BINARY = Path(sys.executable).with_name("serverless-init")

# A datagram or frame for each increment, the worst case. At SIGTERM it stops sending. It says when
# it begins and how many it has sent.
APP = """
import os, signal, socket, sys
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
print("begun", flush=True)
kind, address = sys.argv[1:]
if kind == "udp":
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", int(address)))
else:
    style = socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM
    client = socket.socket(socket.AF_UNIX, style)
    client.connect(address)
message = b"hits:1|c|#page:home"
if kind == "stream":
    message = len(message).to_bytes(4, "little") + message
sent = 0
while sent < 10_000 and not stopped:
    client.sendall(message)
    sent += 1
print(sent)
"""

FLAKY = (FaultStep(status=500, times=2), FaultStep(delay_s=0.2))


@dataclass(frozen=True)
class Outcome:
    """What one run sent, and what its receipt and the intake say."""

    sent: int
    arrived: float
    duplicates: int
    receipt: dict[str, object]
    stderr: str


class Rig:
    """Runs the program against an intake of its own."""

    def __init__(self, kind: str, folder: Path, environment: dict[str, str]) -> None:
        self.kind = kind
        self.folder = folder
        self.environment = environment

    def run(self, number: int, *, flaky: bool, terminate: bool) -> Outcome:
        """One run; with `terminate` SIGTERM comes at a random moment."""
        port = 20_000 + (os.getpid() * 7 + number) % 20_000
        address = str(port) if self.kind == "udp" else str(self.folder / f"{number}.socket")
        environment = {
            **self.environment,
            "DD_API_KEY": "0123456789abcdef0123456789abcdef",
            "DD_SERVERLESS_RECEIPT": "json",
            "DD_DOGSTATSD_PORT": str(port),
            "DD_APM_RECEIVER_PORT": str(port),
            "DD_DOGSTATSD_SOCKET": address if self.kind == "datagram" else "",
            "DD_DOGSTATSD_STREAM_SOCKET": address if self.kind == "stream" else "",
        }
        faults = {"/api/v2/series": FLAKY} if flaky else {}
        with IntakeThread(faults=faults) as intake:
            environment["DD_DD_URL"] = intake.url
            out, err = self._play(environment, address, number if terminate else None)
            snapshot = intake.snapshot()
        hits = [view for view in snapshot.series if view.metric == "hits"]
        return Outcome(
            sent=int(out),
            arrived=sum(view.count for view in hits),
            duplicates=sum(view.duplicates for view in hits),
            receipt=json.loads(err.splitlines()[-1]),
            stderr=err,
        )

    def _play(self, environment: dict[str, str], address: str, seed: int | None) -> tuple[str, str]:
        command = [str(BINARY), sys.executable, "-I", "-S", "-c", APP, self.kind, address]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            if seed is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(random.Random(seed).uniform(0.0, 0.1))
                process.send_signal(signal.SIGTERM)
            return process.communicate(timeout=30)


@pytest.fixture(params=["udp", "datagram", "stream"])
def rig(
    request: pytest.FixtureRequest, tmp_path: Path, environment: dict[str, str]
) -> Callable[..., list[Outcome]]:
    rig = Rig(request.param, tmp_path, environment)

    def runs(**how: bool) -> list[Outcome]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(pool.map(lambda number: rig.run(number, **how), range(RUNS)))

    return runs


def lossless(outcome: Outcome) -> bool:
    receipt = outcome.receipt
    return (
        round(outcome.arrived) == outcome.sent
        and outcome.duplicates == 0
        and receipt["accepted"] == receipt["delivered"] == outcome.sent
        and receipt["held"] == 0
        and receipt["balanced"] is True
    )


@pytest.mark.timeout(300)
def test_all_arrive_when_the_program_ends_at_once(rig: Callable[..., list[Outcome]]) -> None:
    outcomes = rig(flaky=False, terminate=False)
    assert [outcome for outcome in outcomes if not lossless(outcome)] == []
    assert {outcome.sent for outcome in outcomes} == {SAMPLES}


@pytest.mark.timeout(300)
def test_all_arrive_under_sigterm_and_with_an_intake_that_fails_and_is_slow(
    rig: Callable[..., list[Outcome]],
) -> None:
    outcomes = rig(flaky=True, terminate=True)
    assert [outcome for outcome in outcomes if not lossless(outcome)] == []
    assert min(outcome.sent for outcome in outcomes) < SAMPLES
