"""JSON requests of databases: keys and structure stay, values become ``"?"``.

A scanner, not a parser, because bodies are often cut off or several in a row: as far as it is
JSON it is obfuscated, where it no longer is it ends with three dots. White space is left out.
"""

import json
import re
from collections.abc import Callable, Collection

VALUE = '"?"'
NOT_SQL = "Datadog-agent failed to obfuscate SQL string. Enable agent debug logs for more info."
_CUT_MARK = "..."
_DEPTH_MAX = 10_000
# A literal that is cut off counts as one; what follows it then ends the text.
_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]++|\\.)*+")'
    r"|(?P<literal>-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?|true|false|null)"
    r"|(?P<mark>[\]\[{}:,])",
    re.DOTALL,
)
_SPACE = re.compile(r"\s*+")


class JsonObfuscator:
    """Obfuscates bodies. The subtrees of `keys_kept` stay; texts at `keys_sql` are SQL."""

    def __init__(
        self,
        keys_kept: Collection[str] = (),
        keys_sql: Collection[str] = (),
        sql: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self._keys_kept = frozenset(keys_kept)
        self._keys_sql = frozenset(keys_sql)
        self._sql = sql

    def obfuscate(self, body: str) -> str:
        """`body` without its values. Never raises."""
        return _Scan(body, self._keys_kept, self._keys_sql, self._sql).run()


class _Scan:
    """One pass over one body."""

    def __init__(
        self,
        body: str,
        keys_kept: frozenset[str],
        keys_sql: frozenset[str],
        sql: Callable[[str], str | None],
    ) -> None:
        self._body = body
        self._keys_kept = keys_kept
        self._keys_sql = keys_sql
        self._sql = sql
        self._parts: list[str] = []
        self._open: list[str] = []
        self._key = ""
        self._kept_depth = -1
        self._expects = "value"

    def run(self) -> str:
        at, end = 0, len(self._body)
        while True:
            after = _SPACE.match(self._body, at)
            assert after is not None
            if after.end() == end:
                break
            if self._expects == "document" and after.end() > at:
                self._parts.append(" ")
            found = _TOKEN.match(self._body, after.end())
            if found is None or not self._take(found):
                return self._cut_off(found is None)
            at = found.end()
        if self._expects == "document" or not self._parts:
            return "".join(self._parts)
        return self._cut_off(False)

    def _cut_off(self, is_value_like: bool) -> str:
        """The end of what is no JSON; what begins like a value is hidden."""
        if is_value_like and self._expects in ("value", "document", "value or end"):
            self._parts.append(VALUE)
        return "".join(self._parts) + _CUT_MARK

    def _take(self, found: re.Match[str]) -> bool:
        """Write one token; False when it may not stand here."""
        text = found[0]
        if found.lastgroup != "mark":
            return self._take_scalar(text, is_text=found.lastgroup == "text")
        if text in "{[":
            return self._take_opening(text)
        if text in "}]":
            return self._take_closing(text)
        is_colon = text == ":"
        if self._expects != ("colon" if is_colon else "comma"):
            return False
        in_object = self._open[-1] == "{"
        self._expects = "value" if is_colon or not in_object else "key"
        self._parts.append(text)
        return True

    def _take_scalar(self, text: str, *, is_text: bool) -> bool:
        if is_text and self._expects in ("key", "key or end"):
            self._key = text[1:-1]
            self._parts.append(text)
            self._expects = "colon"
            return True
        if self._expects not in ("value", "document", "value or end"):
            return False
        self._parts.append(self._value(text, is_text))
        self._ended()
        return True

    def _value(self, text: str, is_text: bool) -> str:
        if self._kept_depth >= 0 or self._is_key_in(self._keys_kept):
            return text
        if is_text and self._is_key_in(self._keys_sql):
            statement = self._sql(_unescaped(text))
            return f'"{_escaped(NOT_SQL if statement is None else statement)}"'
        return VALUE

    def _is_key_in(self, keys: frozenset[str]) -> bool:
        return bool(self._open) and self._open[-1] == "{" and self._key in keys

    def _take_opening(self, text: str) -> bool:
        may = self._expects in ("value", "document", "value or end")
        if not may or len(self._open) >= _DEPTH_MAX:
            return False
        if self._kept_depth < 0 and self._is_key_in(self._keys_kept):
            self._kept_depth = len(self._open)
        self._open.append(text)
        self._parts.append(text)
        self._expects = "key or end" if text == "{" else "value or end"
        return True

    def _take_closing(self, text: str) -> bool:
        opened = "{" if text == "}" else "["
        may_be_empty = "key or end" if text == "}" else "value or end"
        if not self._open or self._open[-1] != opened:
            return False
        if self._expects not in ("comma", may_be_empty):
            return False
        self._open.pop()
        self._parts.append(text)
        if len(self._open) <= self._kept_depth:
            self._kept_depth = -1
        self._ended()
        return True

    def _ended(self) -> None:
        """A value has ended."""
        self._expects = "comma" if self._open else "document"


def _unescaped(text: str) -> str:
    """A JSON string's text; when an escape is wrong, what stands between the quotes."""
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text[1:-1]


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
