"""API keys from files and programs: what is read, what is refused, and that nothing is quoted."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from serverless_init.config import IntakeSettings
from serverless_init.errors import Undecodable
from serverless_init.forwarder.child import fetch_key
from serverless_init.forwarder.keys import (
    LITERAL,
    KeyHealth,
    KeySource,
    KeyState,
    KeyStatus,
    Place,
    key_of_lookup,
    key_source,
    lookup_question,
    state_of_answer,
)

KEY = "0123456789abcdef0123456789abcdef"
BACKEND = """
import json, sys
asked = json.load(sys.stdin)
json.dump({h: {"value": sys.argv[1] + h, "error": None} for h in asked["secrets"]}, sys.stdout)
"""


@pytest.mark.parametrize(
    ("written", "settings", "source"),
    [
        (KEY, {"api_key_file": "/f"}, LITERAL),
        ("ENC[ handle ]", {"api_key_file": "/f"}, KeySource(Place.BACKEND, "handle")),
        ("", {"api_key_file": "/f", "api_key_command": "c"}, KeySource(Place.FILE, "/f")),
        ("", {"api_key_command": "c"}, KeySource(Place.COMMAND, "c")),
        ("", {}, None),
    ],
)
def test_what_is_written_comes_before_the_file_and_the_file_before_the_command(
    written: str, settings: dict[str, str], source: KeySource | None
) -> None:
    assert key_source(written, IntakeSettings(**settings)) == source


def test_a_key_is_the_trimmed_content_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"  {KEY}\n\n")
    assert fetch_key(KeySource(Place.FILE, str(path)), IntakeSettings()) == KEY


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b" \n", "it is empty"),
        (b"sec ret", "it must hold one line of printable ASCII without spaces"),
        (b"secret\nsecret", "it must hold one line of printable ASCII without spaces"),
        (b"s\xc3\xa4cret", "it must hold one line of printable ASCII without spaces"),
    ],
)
def test_a_file_that_holds_no_key_is_refused_and_not_quoted(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(Undecodable) as raised:
        fetch_key(KeySource(Place.FILE, str(path)), IntakeSettings())
    assert str(raised.value) == why


def test_a_file_that_is_not_there_or_no_file_is_an_error_and_no_wait(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fetch_key(KeySource(Place.FILE, str(tmp_path / "none")), IntakeSettings())
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Undecodable, match="not a regular file"):
        fetch_key(KeySource(Place.FILE, str(tmp_path / "pipe")), IntakeSettings())


def test_a_key_is_what_its_command_prints() -> None:
    source = KeySource(Place.COMMAND, f"{sys.executable} -S -c 'print(\" {KEY} \")'")
    assert fetch_key(source, IntakeSettings()) == KEY


def test_a_command_is_ended_when_its_time_is_over() -> None:
    began = time.monotonic()
    with pytest.raises(Undecodable, match=r"it has not ended within 0\.3 s"):
        fetch_key(
            KeySource(Place.COMMAND, "sh -c 'sleep 60 & sleep 60'"),
            IntakeSettings(secret_backend_timeout_s=0.3),
        )
    assert time.monotonic() - began < 5


def test_a_command_that_prints_without_end_is_ended() -> None:
    with pytest.raises(Undecodable, match="it prints more than 1048576 bytes"):
        fetch_key(KeySource(Place.COMMAND, "yes"), IntakeSettings())


@pytest.mark.parametrize(
    ("command", "error"), [("/nowhere", FileNotFoundError), ("a 'b", Undecodable)]
)
def test_a_command_that_cannot_be_run_is_an_error(command: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        fetch_key(KeySource(Place.COMMAND, command), IntakeSettings())


def test_a_backend_is_asked_as_by_the_agent_and_its_answer_is_the_key(tmp_path: Path) -> None:
    program = tmp_path / "backend.py"
    program.write_text(BACKEND)
    settings = IntakeSettings(
        secret_backend_command=sys.executable,
        secret_backend_arguments=("-S", str(program), "value-of-"),
    )
    assert fetch_key(KeySource(Place.BACKEND, "h1"), settings) == "value-of-h1"
    assert json.loads(lookup_question("h1", 30.0)) == {
        "version": "1.1",
        "secrets": ["h1"],
        "secret_backend_timeout": 30,
    }


def test_a_handle_without_a_backend_is_an_error() -> None:
    with pytest.raises(Undecodable, match="secret_backend_command is not set"):
        fetch_key(KeySource(Place.BACKEND, "h"), IntakeSettings())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"secret", "its answer has no entry for h"),
        (b"[" * 100_000, "its answer has no entry for h"),
        (b'{"other": {"value": "secret"}}', "its answer has no entry for h"),
        (b'{"h": "secret"}', "its answer has no entry for h"),
        (b'{"h": {"value": "secret", "error": "denied"}}', "it says: denied"),
        (b'{"h": {"value": null}}', "its entry for h has no value"),
        (b'{"h": {"value": "  "}}', "it is empty"),
    ],
)
def test_an_answer_without_a_key_is_refused_and_not_quoted(answer: bytes, why: str) -> None:
    with pytest.raises(Undecodable) as raised:
        key_of_lookup(answer, "h")
    assert str(raised.value) == why


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, KeyState.VALID), (403, KeyState.INVALID), (500, KeyState.UNKNOWN)],
)
def test_only_200_and_403_say_something_of_a_key(status: int, state: KeyState) -> None:
    assert state_of_answer(status) is state


@pytest.mark.parametrize(
    ("states", "healthy"),
    [
        ([], True),
        ([KeyState.VALID, KeyState.INVALID], True),
        ([KeyState.UNKNOWN, KeyState.INVALID], True),
        ([KeyState.UNCHECKED], True),
        ([KeyState.FAKE], True),
        ([KeyState.INVALID, KeyState.INVALID], False),
        ([KeyState.MISSING], False),
    ],
)
def test_keys_are_ill_only_when_every_one_is_known_to_be_refused(
    states: list[KeyState], healthy: bool
) -> None:
    keys = tuple(KeyStatus("https://a", "cdef", state) for state in states)
    assert KeyHealth(keys).healthy is healthy


def test_the_arguments_of_a_command_are_not_shown() -> None:
    assert str(KeySource(Place.COMMAND, "vault read secret")) == "the command vault"
