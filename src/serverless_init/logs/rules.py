"""The user's processing rules: which messages are sent, and what is masked in them.

Rules are the Agent's, in its form and order. Their patterns are RE2's, and so is the engine, when
it is installed (google-re2): no pattern takes more than linear time, so none can hold up the
program that writes the lines. Without it Python's own engine stands in, which backtracks; a pattern
that repeats a repetition or a choice is then refused.

A rule that cannot be used is one line for the operator, and is left out.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

EXCLUDE, INCLUDE, MASK = "exclude_at_match", "include_at_match", "mask_sequences"
MULTI_LINE, EXCLUDE_TRUNCATED = "multi_line", "exclude_truncated"
_TYPES = (EXCLUDE, INCLUDE, MASK, MULTI_LINE, EXCLUDE_TRUNCATED)

# ``$1``, ``$name``, ``${name}`` and ``$$`` in a placeholder, as Go expands them.
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|(\$))")

Load = Callable[[str], ModuleType]


class Pattern(Protocol):
    """A compiled pattern; text is bytes, valid UTF-8 or not."""

    def search(self, text: bytes, /) -> object:
        """Something true if it matches anywhere."""

    def match(self, text: bytes, /) -> object:
        """Something true if it matches at the beginning."""

    def sub(self, replace: Callable[[Any], bytes], text: bytes, /) -> bytes:
        """`text` with every match replaced."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that can be used. `expand` makes of a match what stands in its place."""

    kind: str
    pattern: Pattern | None = None
    expand: Callable[[Any], bytes] | None = None


class Rules:
    """Rules in their order. Shared by all sources."""

    def __init__(self, rules: tuple[_Rule, ...] = ()) -> None:
        begins = [rule.pattern for rule in rules if rule.kind == MULTI_LINE and rule.pattern]
        self._rules = tuple(rule for rule in rules if rule.kind != MULTI_LINE)
        self.begins_message: Callable[[bytes], bool] | None = None
        if begins:
            self.begins_message = lambda line: any(pattern.match(line) for pattern in begins)

    def apply(self, text: bytes, *, is_cut: bool) -> bytes | None:
        """What is sent of a message, None if nothing is. `is_cut`: it is part of something."""
        for rule in self._rules:
            if rule.pattern is None:
                if is_cut:
                    return None
            elif rule.expand is not None:
                text = rule.pattern.sub(rule.expand, text)
            elif bool(rule.pattern.search(text)) == (rule.kind == EXCLUDE):
                return None
        return text


NO_RULES = Rules()


def compile_rules(texts: Iterable[str], *, load: Load = import_module) -> tuple[Rules, list[str]]:
    """The rules of `LogsSettings.processing_rules`, and what is wrong with those left out.

    `load` imports a library by name.
    """
    problems: list[str] = []
    mappings = [json.loads(text) for text in texts]
    if not mappings:
        return NO_RULES, problems
    try:
        compile_pattern = _re2(load("re2"))
    except ImportError:
        compile_pattern = _Backtracking
        problems.append(
            "google-re2 is not installed: processing rules use Python's regular expressions"
        )
    rules = []
    for number, mapping in enumerate(mappings, 1):
        try:
            rules.append(_rule(mapping, compile_pattern))
        except ValueError as why:
            name = mapping.get("name") or f"number {number}"
            problems.append(f"processing rule {name} is not used: {why}")
    return (Rules(tuple(rules)) if rules else NO_RULES), problems


def _rule(mapping: Mapping[str, object], compile_pattern: Callable[[str], Pattern]) -> _Rule:
    """The rule, or ``ValueError`` with the reason."""
    name, kind, pattern, placeholder = (
        mapping.get(key) or "" for key in ("name", "type", "pattern", "replace_placeholder")
    )
    if not name:
        raise ValueError("it has no name")
    if kind not in _TYPES:
        raise ValueError(f"its type must be one of {', '.join(_TYPES)}")
    if kind == EXCLUDE_TRUNCATED:
        return _Rule(EXCLUDE_TRUNCATED)
    if not pattern or not isinstance(pattern, str):
        raise ValueError("it has no pattern")
    compiled = compile_pattern(pattern)
    return _Rule(str(kind), compiled, _expander(str(placeholder)) if kind == MASK else None)


def _expander(placeholder: str) -> Callable[[Any], bytes]:
    """What makes of a match the text of `placeholder`. A group that is not there is empty."""
    parts: list[bytes | int | str] = []
    end = 0
    for found in _REFERENCE.finditer(placeholder):
        parts.append(placeholder[end : found.start()].encode())
        end = found.end()
        name = found[1] or found[2]
        parts.append(b"$" if not name else int(name) if name.isdigit() else name)
    parts.append(placeholder[end:].encode())

    def expand(match: Any) -> bytes:
        return b"".join(p if isinstance(p, bytes) else _group(match, p) for p in parts)

    return expand


def _group(match: Any, name: int | str) -> bytes:
    try:
        value = match.group(name)
    except IndexError:
        return b""
    return _bytes(value) if isinstance(value, str) else value or b""


def _re2(engine: Any) -> Callable[[str], Pattern]:
    options = engine.Options()
    options.log_errors = False

    def compile_pattern(pattern: str) -> Pattern:
        try:
            compiled: Pattern = engine.compile(pattern, options)
        except engine.error as error:
            raise ValueError(_reason(error)) from None
        return compiled

    return compile_pattern


class _Backtracking:
    """Python's own engine, with RE2's meaning of classes; ``ValueError`` for what may explode."""

    def __init__(self, pattern: str) -> None:
        if repeats_repetition(pattern):
            raise ValueError("it repeats a repetition or a choice, which needs google-re2")
        try:
            self._pattern = re.compile(pattern, re.ASCII)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(_reason(error)) from None

    def search(self, text: bytes) -> object:
        return self._pattern.search(_text(text))

    def match(self, text: bytes) -> object:
        return self._pattern.match(_text(text))

    def sub(self, replace: Callable[[Any], bytes], text: bytes) -> bytes:
        return _bytes(self._pattern.sub(lambda match: _text(replace(match)), _text(text)))


def repeats_repetition(pattern: str) -> bool:
    """Whether a group that repeats without bound holds a repetition or a choice."""
    pattern = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    open_groups = [False]  # whether something in the group repeats or is a choice
    for position, character in enumerate(pattern):
        rest = pattern[position + 1 : position + 12]
        if character == "(":
            open_groups.append(False)
        elif character == ")" and len(open_groups) > 1:
            inner = open_groups.pop()
            if inner and re.match(r"[*+]|\{\d*,\}", rest):
                return True
            open_groups[-1] |= inner
        elif character in "*+|" or re.match(r"\{\d*,\d*\}", pattern[position : position + 12]):
            open_groups[-1] = True
    return False


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
