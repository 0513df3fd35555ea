"""Payloads that wait on a volume for the next container: with the real program."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

KEY = "0123456789abcdef0123456789abcdef"
SAMPLES = "printf 'hits:%s|c' 1 > /dev/udp/127.0.0.1/$DD_DOGSTATSD_PORT"
UNUSED = "spill disk retry_file"


def test_what_an_outage_left_is_delivered_by_the_next_container(
    run: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    volume = tmp_path / "volume"

    def receipt(intake: IntakeThread, *command: str, **env: str) -> dict[str, Any]:
        settings = {
            "DD_API_KEY": KEY,
            "DD_DD_URL": intake.url,
            "DD_SERVERLESS_RECEIPT": "json",
            "DD_FORWARDER_STORAGE_MAX_SIZE_IN_BYTES": "1000000",
            "DD_FORWARDER_STORAGE_PATH": str(volume),
            **env,
        }
        ended = run(*command, env=settings)
        assert ended.returncode == 0
        told: dict[str, Any] = json.loads(ended.stderr.splitlines()[-1])
        return told

    with IntakeThread() as intake:
        intake.script(steps=[FaultStep(status=503, times=10_000)])
        left = receipt(intake, "bash", "-c", SAMPLES, DD_SERVERLESS_FLUSH_TIMEOUT="2")
        assert (left["accepted"], left["delivered"]) == (1, 0)
        assert (left["dropped"], left["held"]) == ({"stored_on_disk": 1}, 0)
        (file,) = volume.rglob("*.retry")
        assert KEY.encode() not in file.read_bytes()
        intake.script()
        caught_up = receipt(intake, "bash", "-c", SAMPLES)
        assert (caught_up["accepted"], caught_up["delivered"]) == (2, 2)
        assert (caught_up["dropped"], caught_up["balanced"]) == ({}, True)
        assert len(intake.query(lambda store: store.payloads("/api/v2/series"))) == 2
    assert not list(volume.rglob("*.retry"))


def test_without_a_volume_nothing_of_it_is_imported() -> None:
    code = "import sys, serverless_init.main; print(*(m.rpartition('.')[2] for m in sys.modules))"
    imported = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert "dispatcher" in imported
    assert {*UNUSED.split(), "vitals"}.isdisjoint(imported)
