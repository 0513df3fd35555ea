"""Redis and Valkey commands: their names for the resource, and the command without its values."""

import re
from collections.abc import Callable, Sequence

_COMMANDS_MAX = 3
_CUT_MARK = "..."
_WITH_SUBCOMMAND = frozenset(("CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "SCRIPT"))
# Only double quotes hold an argument together, as in the Agent.
_WORD = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^\s"]++', re.DOTALL)

# What happens to the arguments of a command: given all of them, returns what is shown.
_Mask = Callable[[Sequence[str]], list[str]]


def quantize(query: str) -> str:
    """The names of the first commands in `query`, in capitals."""
    names: list[str] = []
    is_cut = False
    for line in query.split("\n"):
        words = line.split()
        if not words:
            continue
        if len(names) == _COMMANDS_MAX:
            is_cut = True
            break
        name, is_name_cut = _name(words)
        is_cut = is_cut or is_name_cut
        if name:
            names.append(name)
    if is_cut or len(names) == _COMMANDS_MAX:
        names.append(_CUT_MARK)
    return " ".join(names)


def obfuscate(query: str) -> str:
    """Each line of `query` with its values as question marks."""
    return "\n".join(_obfuscate_line(line) for line in query.split("\n") if line.strip())


def remove_arguments(query: str) -> str:
    """The command of `query` with one question mark for all that follows."""
    command, *arguments = _words(query) or [""]
    if not arguments:
        return command
    kept = _KEPT_WORDS.get(command.upper(), frozenset())
    if command.upper() == "BITFIELD":
        return " ".join([command, "?", *(f"{a} ?" for a in arguments if a.upper() in kept)])
    if arguments[0].upper() in kept:
        return f"{command} {arguments[0]} ?"
    return f"{command} ?"


_KEPT_WORDS = {
    "BITFIELD": frozenset(("SET", "GET", "INCRBY")),
    "CONFIG": frozenset(("GET", "SET", "RESETSTAT", "REWRITE")),
}


def _words(line: str) -> list[str]:
    return [found[0] for found in _WORD.finditer(line)]


def _name(words: list[str]) -> tuple[str, bool]:
    """The command of one line, and whether its text had been cut off before."""
    command = words[0].upper()
    if command.endswith(_CUT_MARK):
        return "", True
    if command in _WITH_SUBCOMMAND and len(words) > 1:
        subcommand = words[1].upper()
        if subcommand.endswith(_CUT_MARK):
            return command, True
        command = f"{command} {subcommand}"
    return command, False


def _obfuscate_line(line: str) -> str:
    command, *arguments = _words(line)
    mask = _MASKS.get(command.upper())
    if mask is None or not arguments:
        return " ".join(line.split()) if not arguments else " ".join([command, *arguments])
    return " ".join([command, *mask(arguments)])


def _everything(arguments: Sequence[str]) -> list[str]:
    return ["?"] if arguments else []


def _from(place: int) -> _Mask:
    """One question mark for the argument at `place` and all after it."""

    def mask(arguments: Sequence[str]) -> list[str]:
        return [*arguments[:place], *(["?"] if len(arguments) > place else [])]

    return mask


def _at(place: int) -> _Mask:
    def mask(arguments: Sequence[str]) -> list[str]:
        return ["?" if index == place else each for index, each in enumerate(arguments)]

    return mask


def _every(step: int, start: int) -> _Mask:
    """Every `step`-th argument from `start` on: the first of them is the last of its group."""

    def mask(arguments: Sequence[str]) -> list[str]:
        return [
            "?" if index >= start and (index - start) % step == step - 1 else each
            for index, each in enumerate(arguments)
        ]

    return mask


def _config(arguments: Sequence[str]) -> list[str]:
    return _at(2)(arguments) if arguments[0].upper() == "SET" else list(arguments)


def _bitfield(arguments: Sequence[str]) -> list[str]:
    shown = list(arguments)
    places = (index + 3 for index, each in enumerate(shown) if each.upper() == "SET")
    place = next(places, len(shown))
    if place < len(shown):
        shown[place] = "?"
    return shown


def _zadd(arguments: Sequence[str]) -> list[str]:
    start = 1
    while start < len(arguments) and arguments[start].upper() in ("NX", "XX", "CH", "INCR"):
        start += 1
    return _every(2, start)(arguments)


def _masks() -> dict[str, _Mask]:
    table: list[tuple[str, _Mask]] = [
        ("AUTH MIGRATE HELLO", _everything),
        ("ACL GEOHASH GEOPOS GEODIST LPUSH RPUSH SREM ZREM SADD", _from(1)),
        (
            "APPEND GETSET LPUSHX GEORADIUSBYMEMBER RPUSHX SET SETNX SISMEMBER ZRANK ZREVRANK"
            " ZSCORE",
            _at(1),
        ),
        ("HSETNX LREM LSET SETBIT SETEX PSETEX SETRANGE ZINCRBY SMOVE RESTORE", _at(2)),
        ("LINSERT", _at(3)),
        ("GEOADD", _every(3, 1)),
        ("HSET HMSET", _every(2, 1)),
        ("MSET MSETNX", _every(2, 0)),
        ("CONFIG", _config),
        ("BITFIELD", _bitfield),
        ("ZADD", _zadd),
    ]
    return {name: mask for names, mask in table for name in names.split()}


_MASKS = _masks()
