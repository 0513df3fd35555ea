"""Mapper profiles: parts of a metric's name become tags.

A profile is a list of mappings and a prefix; it applies to names that begin with the prefix, or to
all when the prefix is ``*``. The first profile that applies decides: its first mapping that matches
gives the new name and further tags, and when none matches the name stays as it is. A wildcard
pattern consists of literal parts and of ``*``, each standing for any number of characters other
than a dot; a regular expression is used as it is. Both must match the whole name.

Names are bytes and may be any bytes. They are matched as UTF-8; what is no UTF-8 survives a
wildcard and is U+FFFD to a regular expression. Expressions are RE2's, as in the Agent, by its own
library: Python's can take for ever on a name made for it. Imported only where profiles are
configured.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from serverless_init.sampler.wildcard import wildcard

_WILDCARD_CHARACTERS = re.compile(r"[a-zA-Z0-9\-_*.]+")
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)

# The groups of a name that matches, by number and by name.
_Groups = Mapping[str, str]
_Pattern = Callable[[str], _Groups | None]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a name became: the new name and the tags to add."""

    name: bytes
    tags: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Mapping:
    pattern: _Pattern
    name: str
    tags: tuple[tuple[str, str], ...]

    def apply(self, metric: str) -> Mapped | None:
        groups = self.pattern(metric)
        if groups is None:
            return None
        name = _expand(self.name, groups)
        tags = (f"{key}:{_expand(value, groups)}" for key, value in self.tags)
        # A template may come to nothing, and a metric must have a name.
        return Mapped(_encoded(name), tuple(map(_encoded, tags))) if name else None


@dataclass(frozen=True, slots=True)
class _Profile:
    prefix: str
    mappings: tuple[_Mapping, ...]


class Mapper:
    """Maps names by `profiles`, as the setting has them, and remembers `cache_size` names.

    `problems` has a line for each profile that cannot be used; the others are. `map` returns None
    for a name that stays as it is.
    """

    def __init__(self, profiles: Iterable[object], *, cache_size: int) -> None:
        self.problems: list[str] = []
        self._profiles: list[_Profile] = []
        for number, written in enumerate(profiles, 1):
            try:
                self._profiles.append(_profile(written))
            except ValueError as why:
                self.problems.append(f"mapper profile {_label(written, number)} is left out: {why}")
        remembered = lru_cache(maxsize=cache_size)(self._map)
        self.map: Callable[[bytes], Mapped | None] = remembered

    def _map(self, name: bytes) -> Mapped | None:
        text = name.decode("utf-8", "surrogateescape")
        for profile in self._profiles:
            if profile.prefix == "*" or text.startswith(profile.prefix):
                tried = (mapping.apply(text) for mapping in profile.mappings)
                return next((mapped for mapped in tried if mapped is not None), None)
        return None


def _profile(written: object) -> _Profile:
    """The profile that `written` describes; raises ``ValueError`` with what is wrong."""
    fields = _fields(written)
    if not _text(fields, "name"):
        raise ValueError("missing profile name")
    prefix = _text(fields, "prefix")
    if not prefix:
        raise ValueError("missing prefix for profile")
    mappings = fields.get("mappings") or ()
    if not isinstance(mappings, list | tuple):
        raise ValueError("mappings is not a list")
    return _Profile(prefix, tuple(map(_mapping, mappings)))


def _mapping(written: object) -> _Mapping:
    fields = _fields(written)
    match, name = _text(fields, "match"), _text(fields, "name")
    if not name:
        raise ValueError("name is required")
    if not match:
        raise ValueError("match is required")
    tags = fields.get("tags") or {}
    if not isinstance(tags, Mapping):
        raise ValueError("tags is not a mapping")
    pattern = _pattern(match, _text(fields, "match_type") or "wildcard")
    return _Mapping(pattern, name, tuple((str(key), str(tags[key])) for key in tags))


def _pattern(match: str, match_type: str) -> _Pattern:
    if match_type == "regex":
        return _regular_expression(match)
    if match_type != "wildcard":
        raise ValueError(f"match_type {match_type!r} is neither wildcard nor regex")
    if not _WILDCARD_CHARACTERS.fullmatch(match):
        raise ValueError(f"match {match!r} may have letters, digits, - _ * and . only")
    if "**" in match:
        raise ValueError(f"match {match!r} has consecutive *")
    return wildcard(match)


def _regular_expression(match: str) -> _Pattern:
    try:
        import re2  # type: ignore[import-untyped]
    except ImportError:
        raise ValueError(
            "match_type regex needs the package google-re2: install serverless-init[rules]"
        ) from None
    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(match, options)
    except (re2.error, ValueError) as error:
        raise ValueError(f"match {match!r} is no regular expression: {_said(error)}") from None

    def groups(metric: str) -> _Groups | None:
        valid = metric.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        found = pattern.fullmatch(valid)
        if found is None:
            return None
        numbered = {str(n): text or "" for n, text in enumerate((found[0], *found.groups()))}
        return numbered | {name: text or "" for name, text in found.groupdict().items()}

    return groups


def _said(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _expand(template: str, groups: _Groups) -> str:
    """``$1``, ``${1}``, ``$name``, ``$$``: the longest name counts, an unknown one is empty."""

    def text(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        return "$" if name is None else groups.get(name, "")

    return _REFERENCE.sub(text, template)


def _fields(written: object) -> Mapping[object, object]:
    if not isinstance(written, Mapping):
        raise ValueError("it is not a mapping")
    return written


def _text(fields: Mapping[object, object], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value)


def _label(written: object, number: int) -> str:
    name = _text(written, "name") if isinstance(written, Mapping) else ""
    return repr(name) if name else f"number {number}"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
