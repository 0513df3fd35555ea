"""Rules that replace parts of values, written by the operator for Go's regular expressions.

The dialects agree in what such rules use. Where the replacement names a group (``$1``, ``${name}``)
it is translated: a name that does not exist is nothing, ``$$`` is a dollar.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from serverless_init.model import Span
from serverless_init.traces.stats_payload import StatsGroup

ALL, RESOURCE, STATUS = "*", "resource.name", "http.status_code"

_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
_STATUS_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Rule:
    """Replaces what `pattern` finds in the tag `name`."""

    name: str
    pattern: re.Pattern[str]
    replacement: str

    def apply(self, value: str) -> str:
        """`value` with every finding replaced."""
        return self.pattern.sub(self._expand, value)

    def _expand(self, found: re.Match[str]) -> str:
        def reference(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            return "$" if name is None else _group(found, name)

        return _REFERENCE.sub(reference, self.replacement)


class Replacer:
    """All rules, in their order. `problems` names the patterns that are none."""

    def __init__(self, rules: Iterable[tuple[str, str, str]]) -> None:
        self.problems: list[str] = []
        self._rules: list[Rule] = []
        for name, pattern, replacement in rules:
            try:
                self._rules.append(Rule(name, re.compile(pattern), replacement))
            except (re.error, RecursionError, OverflowError):
                self.problems.append(
                    f"apm_config.replace_tags: {pattern!r} is no regular expression"
                )

    def replace(self, spans: Iterable[Span]) -> None:
        """Apply the rules to every span."""
        if self._rules:
            for span in spans:
                for rule in self._rules:
                    _replace(rule, span)

    def replace_group(self, group: StatsGroup) -> None:
        """Apply the rules to a group of statistics that a tracer has computed."""
        for rule in self._rules:
            if rule.name in (ALL, RESOURCE):
                group.resource = rule.apply(group.resource)
            if rule.name in (ALL, STATUS):
                status = rule.apply(str(group.http_status_code))
                if status.isascii() and status.isdecimal() and int(status) <= _STATUS_MAX:
                    group.http_status_code = int(status)


def _replace(rule: Rule, span: Span) -> None:
    if rule.name == ALL:
        for key in [key for key in span.meta if not key.startswith("_")]:
            span.meta[key] = rule.apply(span.meta[key])
        for key in [key for key in span.metrics if not key.startswith("_")]:
            _replace_number(rule, span, key)
        span.resource = rule.apply(span.resource)
        for event in span.events or ():
            event.attributes = {
                key: rule.apply(value) if isinstance(value, str) else value
                for key, value in event.attributes.items()
            }
    elif rule.name == RESOURCE:
        span.resource = rule.apply(span.resource)
    elif rule.name in span.meta:
        span.meta[rule.name] = rule.apply(span.meta[rule.name])
    elif rule.name in span.metrics:
        _replace_number(rule, span, rule.name)


def _replace_number(rule: Rule, span: Span, key: str) -> None:
    """A number stays one if it can; else it becomes text."""
    text = _decimal(float(span.metrics[key]))
    replaced = rule.apply(text)
    if replaced == text:
        return
    try:
        span.metrics[key] = float(replaced)
    except ValueError:
        del span.metrics[key]
        span.meta[key] = replaced


def _decimal(number: float) -> str:
    """As people write numbers: a whole one without a fraction."""
    return f"{number:.0f}" if number.is_integer() else repr(number)


def _group(found: re.Match[str], name: str) -> str:
    try:
        return found[int(name) if name.isdecimal() else name] or ""
    except (IndexError, ValueError):
        return ""
