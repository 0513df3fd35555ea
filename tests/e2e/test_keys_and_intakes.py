"""Several intakes, keys that are fetched and rotated, a proxy: with the real program."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from serverless_init.intake import FaultStep
from serverless_init.testing import IntakeThread

OLD, NEW = "0" * 24 + "old-key1", "0" * 24 + "new-key2"
ONE_SAMPLE = r"printf 'hits:1|c' > /dev/udp/127.0.0.1/$DD_DOGSTATSD_PORT"


class Door:
    """An intake that lets in whoever has the one `key`; `asked` are the keys and targets it saw.

    It is also what a proxy for http sees: there a target is a whole URL.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.asked: list[tuple[str, str]] = []
        self.refused = threading.Event()
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers["DD-Api-Key"]
                door.asked.append((key, self.path))
                self.send_response(202 if key == door.key else 403)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if key != door.key:
                    door.refused.set()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def door() -> Iterator[Door]:
    """A door for the new key."""
    made = Door(NEW)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def receipt(done: Any) -> dict[str, Any]:
    found = [line for line in done.stderr.splitlines() if line.startswith("{")]
    assert len(found) == 1, done.stderr
    return dict(json.loads(found[0]))


def settings(**more: str) -> dict[str, str]:
    return {"DD_SERVERLESS_RECEIPT": "json", "DD_SERVERLESS_FLUSH_TIMEOUT": "8"} | more


def test_every_intake_gets_everything_and_one_that_refuses_harms_no_other(
    run: Callable[..., Any],
) -> None:
    with IntakeThread() as main, IntakeThread() as other, IntakeThread() as ill:
        ill.script(steps=[FaultStep(status=413, times=100)])
        others = json.dumps({other.url: [OLD, NEW], ill.url: [NEW], "nonsense": [NEW]})
        env = settings(DD_API_KEY=OLD, DD_DD_URL=main.url, DD_ADDITIONAL_ENDPOINTS=others)
        done = run("bash", "-c", ONE_SAMPLE, env=env)
        points = [sum(v for _, v in intake.points("hits")) for intake in (main, other, ill)]
    assert done.returncode == 0
    assert points == [0.1, 0.1, 0]
    found = receipt(done)
    assert (found["accepted"], found["delivered"], found["dropped"]) == (1, 1, {})
    assert found["elsewhere"] == {
        f"{other.url} (key key1)": {"accepted": 1, "delivered": 1, "dropped": {}, "held": 0},
        f"{other.url} (key key2)": {"accepted": 1, "delivered": 1, "dropped": {}, "held": 0},
        f"{ill.url} (key key2)": {
            "accepted": 1,
            "delivered": 0,
            "dropped": {"refused_413": 1},
            "held": 0,
        },
    }
    assert "DD_ADDITIONAL_ENDPOINTS: 'nonsense' must start with http:// or https://" in done.stderr
    assert OLD not in done.stderr
    assert NEW not in done.stderr


def test_without_a_main_key_the_first_further_intake_counts(run: Callable[..., Any]) -> None:
    with IntakeThread() as other:
        env = settings(DD_ADDITIONAL_ENDPOINTS=json.dumps({other.url: [NEW]}))
        done = run("bash", "-c", ONE_SAMPLE, env=env)
    assert receipt(done)["delivered"] == 1
    line = f"no API key for the main intake; what is delivered to {other.url} counts as delivered"
    assert line in done.stderr


@pytest.mark.parametrize("place", ["file", "command", "backend"])
def test_a_key_is_fetched_and_payloads_wait_for_it(
    run: Callable[..., Any], door: Door, tmp_path: Path, place: str
) -> None:
    path = tmp_path / "key"
    path.write_text(f"{NEW}\n")
    backend = tmp_path / "backend"
    answer = json.dumps({"h": {"value": NEW, "error": None}})
    backend.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{answer}'\n")
    backend.chmod(0o700)
    env = {
        "file": {"DD_API_KEY_FILE": str(path)},
        "command": {"DD_API_KEY_COMMAND": f"sh -c 'sleep 0.5; cat {path}'"},
        "backend": {"DD_API_KEY": "ENC[h]", "DD_SECRET_BACKEND_COMMAND": str(backend)},
    }[place]
    done = run("bash", "-c", ONE_SAMPLE, env=settings(DD_DD_URL=door.url, **env))
    assert done.returncode == 0
    assert receipt(done)["delivered"] == 1, done.stderr
    assert door.asked == [(NEW, "/api/v2/series")]
    assert NEW not in done.stderr


def test_a_rotated_key_delivers_what_the_old_one_could_not(
    start: Callable[..., Any], door: Door, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text(OLD)
    env = settings(
        DD_DD_URL=door.url, DD_API_KEY_FILE=str(path), DD_AGGREGATOR_FLUSH_INTERVAL="0.2"
    )
    # The app ends when it is told, so that the key is rotated while the program runs.
    script = f"printf 'hits:1|g' > /dev/udp/127.0.0.1/$DD_DOGSTATSD_PORT; cat {tmp_path}/end"
    os.mkfifo(tmp_path / "end")
    with start("bash", "-c", script, env=env) as process:
        end = threading.Timer(1.0, lambda: (tmp_path / "end").write_text(""))
        end.start()
        assert door.refused.wait(10)
        path.write_text(NEW)
        _, err = process.communicate(timeout=20)
        end.join()
    assert door.asked[0] == (OLD, "/api/v2/series")
    assert door.asked[-1] == (NEW, "/api/v2/series")
    assert '"delivered": 1, "dropped": {}' in err.decode(), err
    assert OLD not in err.decode()


def test_http_goes_through_the_configured_proxy_and_the_password_is_not_shown(
    run: Callable[..., Any], door: Door
) -> None:
    env = settings(
        DD_API_KEY=NEW,
        DD_DD_URL="http://intake.test",
        http_proxy=door.url.replace("//", "//me:pass-word@"),
        DD_LOG_LEVEL="debug",
    )
    done = run("bash", "-c", ONE_SAMPLE, env=env)
    assert door.asked == [(NEW, "http://intake.test/api/v2/series")]
    assert receipt(done)["delivered"] == 1
    assert "pass-word" not in done.stderr


def test_a_local_run_asks_no_proxy(run: Callable[..., Any], door: Door) -> None:
    env = {"http_proxy": door.url, "DD_PROXY_HTTP": door.url}
    done = run("--local", "bash", "-c", ONE_SAMPLE, env=env)
    assert "delivered 1" in done.stderr
    assert door.asked == []
