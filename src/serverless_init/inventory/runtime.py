"""Which runtime a command starts, and the command without what looks like a secret."""

import re
from collections.abc import Iterable, Sequence

_UNUSABLE = ("", "unknown", "container", "null")
_RUNTIMES = {
    "Node.js": "node nodejs npm",
    "Java": "java",
    ".NET": "dotnet",
    "PHP": "php",
    "Ruby": "ruby rails rake puma sidekiq",
    "Python": "gunicorn uvicorn flask celery",
}
_BY_NAME = {name: runtime for runtime, names in _RUNTIMES.items() for name in names.split()}
_PYTHON = re.compile(r"python\d*(\.\d+)*")
_SECRET = re.compile(
    r"(?i)((?:[\w-]*(?:password|passwd|secret|token|api[_-]?key|app[_-]?key|credential)[\w-]*))"
    r"(=|:)(\S+)"
)
_FLAG = re.compile(
    r"(?i)-{1,2}[\w-]*(password|passwd|secret|token|api[_-]?key|app[_-]?key|credential)[\w-]*"
)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_HIDDEN = "********"


def runtime_of(candidates: Iterable[str]) -> str:
    """The first of `candidates` that says something; empty when none does."""
    trimmed = (candidate.strip() for candidate in candidates)
    return next((c for c in trimmed if c.lower() not in _UNUSABLE), "")


def guessed_runtime(command: Sequence[str]) -> str:
    """The runtime that `command` starts, by its name; empty when that does not tell."""
    if not command:
        return ""
    name, rest = command[0].rpartition("/")[2], command[1:]
    if name == "ddtrace-run":
        return "Python" if guessed_runtime(rest) == "Python" else ""
    if name == "bundle" and rest[:1] == ["exec"]:
        return "Ruby" if guessed_runtime(rest[1:]) == "Ruby" else ""
    return "Python" if _PYTHON.fullmatch(name) else _BY_NAME.get(name, "")


def scrubbed(command: Sequence[str]) -> str:
    """`command` in one line; the values of what is named like a secret are hidden."""
    words, hides = [], False
    for word in command:
        shown = _HIDDEN if hides else _SECRET.sub(rf"\1\2{_HIDDEN}", word)
        words.append(_CREDENTIALS.sub(_HIDDEN, shown))
        hides = not hides and bool(_FLAG.fullmatch(word))
    return " ".join(words)
