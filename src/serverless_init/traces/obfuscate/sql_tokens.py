"""SQL of any database as tokens: enough to know literals from names, no grammar.

Databases disagree about comments, quotes and operators, and a span does not say reliably which one
it talks to. So the rules are those that do least harm everywhere; a few depend on the database
where it is known. Whether a backslash escapes a quote depends on the database's own settings, so
the caller tries both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache


class Kind(Enum):
    """What a token is. A single character that means itself is `PUNCTUATION`."""

    SPACE = auto()
    COMMENT = auto()
    WORD = auto()
    KEYWORD = auto()
    TABLE = auto()
    NUMBER = auto()
    TEXT = auto()
    QUOTED = auto()
    NAME = auto()
    LITERAL = auto()
    DOLLAR_FUNCTION = auto()
    PLACEHOLDER = auto()
    BOUND = auto()
    OPERATOR = auto()
    PUNCTUATION = auto()


@dataclass(slots=True)
class Token:
    """`text` is as written; `content` is without quotes. `word` is a keyword, or a character."""

    kind: Kind
    text: str
    content: str
    word: str = ""


class NotTokens(Exception):
    """The query is not SQL, or is cut off."""


# Words that stand for a literal, and those that decide about what follows.
_LITERAL_WORDS = frozenset(("NULL", "TRUE", "FALSE"))
_KEYWORD_LIST = (
    "SAVEPOINT LIMIT AS ALTER CREATE GRANT REVOKE COMMIT BEGIN TRUNCATE DROP SELECT FROM "
    "UPDATE DELETE INSERT INTO JOIN"
)
_KEYWORDS = frozenset(_KEYWORD_LIST.split())
_DELIMITERS = {"text": "'", "quoted": '"', "ticked": "`"}
_UNTERMINATED = {
    "'": "unexpected EOF in string",
    '"': "unexpected EOF in string",
    "`": "unexpected EOF in string",
    "/": "unexpected EOF in comment",
    "{": "unexpected EOF in escape sequence",
    "$": "unexpected EOF in dollar-quoted string",
    "[": "unexpected EOF in string",
    "%": "unexpected EOF in variable",
}


def tokens(query: str, *, dbms: str = "", has_escapes: bool = True) -> Iterator[Token]:
    """The tokens of `query` with white space and comments; raises `NotTokens` where they end."""
    match = _pattern(dbms, has_escapes).match
    at, end = 0, len(query)
    while at < end:
        found = match(query, at)
        if found is None:
            why = _UNTERMINATED.get(query[at])
            raise NotTokens(
                f"at position {end + 1}: {why}"
                if why
                else f"at position {at + 1}: unexpected byte {ord(query[at])}"
            )
        group = found.lastgroup
        assert group is not None
        yield _token(group, found[group])
        at = found.end()


def _token(group: str, text: str) -> Token:
    if group == "word":
        return _word(text)
    if group in _DELIMITERS:
        return _quoted(group, text)
    if group == "bracketed":
        return Token(Kind.NAME, text, text[1:-1])
    if group == "dollar":
        is_function = text.startswith("$func$")
        return Token(Kind.DOLLAR_FUNCTION if is_function else Kind.LITERAL, text, text)
    if group == "punctuation":
        return Token(Kind.PUNCTUATION, text, text, text)
    return Token(_KINDS[group], text, text)


def _word(text: str) -> Token:
    upper = text.upper()
    if upper in _LITERAL_WORDS:
        return Token(Kind.LITERAL, text, text)
    if upper in _KEYWORDS:
        return Token(Kind.KEYWORD, text, text, upper)
    return Token(Kind.WORD, text, text)


def _quoted(group: str, text: str) -> Token:
    """Quotes are no part of a name, unless there is nothing else."""
    delimiter = _DELIMITERS[group]
    content = text[1:-1].replace(delimiter * 2, delimiter)
    kind = {"text": Kind.TEXT, "quoted": Kind.QUOTED, "ticked": Kind.NAME}[group]
    return Token(kind, text, content if content.strip() else text)


_KINDS = {
    "space": Kind.SPACE,
    "comment": Kind.COMMENT,
    "number": Kind.NUMBER,
    "variable": Kind.LITERAL,
    "prepared": Kind.LITERAL,
    "escape": Kind.LITERAL,
    "placeholder": Kind.PLACEHOLDER,
    "bound": Kind.BOUND,
    "arrow": Kind.OPERATOR,
    "operator": Kind.OPERATOR,
}


def _quotes(delimiter: str, has_escapes: bool) -> str:
    """A doubled delimiter is one; so is one after a backslash, where that is an escape."""
    inner = rf"[^{delimiter}\\]++|\\[\s\S]|" if has_escapes else rf"[^{delimiter}]++|"
    return rf"{delimiter}(?:{inner}{delimiter}{delimiter})*+{delimiter}"


@lru_cache(maxsize=32)
def _pattern(dbms: str, has_escapes: bool) -> re.Pattern[str]:
    """One alternative per kind; the first that fits wins, so the order is the rule."""
    is_mssql, is_postgres = dbms in ("mssql", "sqlserver"), dbms in ("postgres", "postgresql")
    comment = r"--[^\n]*+|//[^\n]*+|/\*(?s:.*?)\*/"
    if not is_mssql and not is_postgres:
        comment += r"|\#[^\n]*+"
    arrow = r"->>?|\#>>?|@>|<@|\?[|&]" if is_postgres else r"(?!)"
    minus = r"(?!)" if is_postgres else r"-(?=>)"
    groups = {
        "space": r"[\s\0]++",
        "comment": comment,
        "arrow": arrow,
        "word": r"(?:[^\W\d]|[@\#])[\w@\#.*$]*+" if is_mssql else r"(?:[^\W\d]|@)[\w@\#.*$]*+",
        "number": r"-?(?:0[xX][0-9a-fA-F]*+|[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]*+)?"
        rf"|\.[0-9]++(?:[eE][+-]?[0-9]*+)?)|{minus}",
        "text": _quotes("'", has_escapes),
        "quoted": _quotes('"', has_escapes),
        "ticked": _quotes("`", has_escapes),
        "bracketed": r"\[(?:[^\]]++|\]\])*+\]" if is_mssql else r"(?!)",
        "prepared": r"\$(?:[0-9]++|\?)",
        "dollar": r"\$(?P<tag>[^\W\d]?\w*+)\$(?s:.*?)\$(?P=tag)\$",
        "variable": r"%\([^)]*+\)\w?|%[^\W\d_]",
        # At the very beginning it wraps a whole call.
        "escape": r"(?<=[\s\S])\{[^}]*+\}",
        "placeholder": r"\?",
        "bound": r"::|:\w[\w.]*+",
        "operator": r"<=>|<>|<=|>=|!=|!~\*?|~\*?|!(?=[\w\s'\"`(+-])",
        "punctuation": r":(?=[=\s\]$]|\Z)|-(?!>)|%(?!\()|/(?!\*)|[=,;()+*&|^\]\[.<>}]|\A\{",
    }
    if is_mssql:
        groups["punctuation"] = groups["punctuation"].replace(r"\]\[", r"\]")
    return re.compile("|".join(f"(?P<{name}>{each})" for name, each in groups.items()))
