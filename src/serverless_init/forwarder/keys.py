"""API keys: where each comes from, how what a source says is read, and how healthy they are.

A key is written in a setting, or fetched from a file or a program and fetched again when it
changes. A secret backend speaks the Agent's protocol: a program is given handles as JSON on stdin
and writes their values as JSON to stdout.
"""

import json
from dataclasses import dataclass
from enum import Enum

from serverless_init.config import IntakeSettings
from serverless_init.errors import Undecodable

_FAKE = "0" * 32


class Place(Enum):
    """What kind of thing a key is fetched from."""

    SETTING = "setting"
    FILE = "file"
    COMMAND = "command"
    BACKEND = "backend"


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a key comes from: ``what`` is a path, a command or a handle."""

    place: Place
    what: str = ""

    def __str__(self) -> str:
        match self.place:
            case Place.FILE:
                return f"the file {self.what}"
            case Place.COMMAND:
                # The arguments may hold a secret.
                return f"the command {self.what.split()[0]}"
            case Place.BACKEND:
                return f"secret_backend_command for {self.what}"
            case _:
                return "the settings"


LITERAL = KeySource(Place.SETTING)


def key_source(written: str, settings: IntakeSettings) -> KeySource | None:
    """Where the key comes from for which `written` stands; None when there is none.

    Order: what is written, the file, the command. The last two are for the main intake only: a
    further one always has something written.
    """
    if written.startswith("ENC[") and written.endswith("]"):
        return KeySource(Place.BACKEND, written[4:-1].strip())
    if written:
        return LITERAL
    if settings.api_key_file:
        return KeySource(Place.FILE, settings.api_key_file)
    if settings.api_key_command:
        return KeySource(Place.COMMAND, settings.api_key_command)
    return None


def key_of_text(output: bytes) -> str:
    """The key in a file or in a command's output: all of it, trimmed.

    Raises `Undecodable`, which never quotes it.
    """
    key = output.strip()
    if not key:
        raise Undecodable("it is empty")
    if not all(0x21 <= byte <= 0x7E for byte in key):
        raise Undecodable("it must hold one line of printable ASCII without spaces")
    return key.decode("ascii")


def lookup_question(handle: str, timeout_s: float) -> bytes:
    """What a secret backend reads from stdin."""
    question = {
        "version": "1.1",
        "secrets": [handle],
        "secret_backend_timeout": max(1, round(timeout_s)),
    }
    return json.dumps(question).encode()


def key_of_lookup(output: bytes, handle: str) -> str:
    """The key in a secret backend's answer. Raises `Undecodable`, which never quotes it."""
    try:
        answer = json.loads(output)[handle]
        error, value = answer.get("error"), answer.get("value")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise Undecodable(f"its answer has no entry for {handle}") from None
    if error:
        raise Undecodable(f"it says: {str(error)[:200]}")
    if not isinstance(value, str):
        raise Undecodable(f"its entry for {handle} has no value")
    return key_of_text(value.encode("utf-8", "replace"))


class KeyState(Enum):
    """What is known of a key."""

    MISSING = "API Key not fetched yet"
    UNCHECKED = "API Key not checked yet"
    VALID = "API Key valid"
    INVALID = "API Key invalid"
    UNKNOWN = "Unable to validate API Key"
    FAKE = "Fake API key that skips validation"


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One key: how it may be shown, and what is known of it."""

    url: str
    key_ending: str
    state: KeyState


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """What is known of all keys. It fails open: only keys all known to be refused are unhealthy."""

    keys: tuple[KeyStatus, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether at least one key may work; without any key there is nothing to be ill."""
        sick = (KeyState.INVALID, KeyState.MISSING)
        return not self.keys or any(key.state not in sick for key in self.keys)


def state_of_answer(status: int) -> KeyState:
    """What the answer to a validation means."""
    if status == 200:
        return KeyState.VALID
    return KeyState.INVALID if status == 403 else KeyState.UNKNOWN


def is_fake(key: str) -> bool:
    """Whether it is the key of 32 zeros, which the Agent takes for a valid one of tests."""
    return key == _FAKE
