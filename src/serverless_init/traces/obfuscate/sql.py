"""SQL statements without their literals.

``SELECT * FROM t WHERE id IN (1, 2)`` becomes ``SELECT * FROM t WHERE id IN ( ? )``: literals are
question marks, lists and lists of lists of them are one, comments and aliases are gone, and white
space is one space. So all statements of one kind become one text, by which they are counted. The
odd places of that text (a list may lose its last parenthesis, a comma may vanish) are the Agent's;
they must be ours, because statements from different senders are compared by it.

The modes of the Agent's later lexer are here too: literals only (white space and comments stay),
the form only, or both.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from serverless_init.traces.obfuscate.sql_tokens import Kind, NotTokens, Token, tokens

NON_PARSABLE = "Non-parsable SQL query"

CHARACTERS_MAX = 100_000
"""More of a statement is not looked at: a tag or a resource holds less."""

_CACHE_ENTRY_OVERHEAD = 320
_LITERALS = frozenset((Kind.TEXT, Kind.LITERAL, Kind.NUMBER, Kind.PLACEHOLDER))
_NAMES = frozenset((Kind.WORD, Kind.TABLE, Kind.NAME, Kind.QUOTED))
_DIGITS = re.compile(r"\d+")
_TABLE_FOLLOWS_IF_A_LETTER = frozenset(("FROM", "JOIN"))
_TABLE_FOLLOWS = frozenset(("UPDATE", "INTO"))
_MAY_BEGIN_SUBQUERY = frozenset(("SELECT", "UPDATE", "DELETE"))
_DEFAULT, _LITERALS_ONLY, _FORM_ONLY = "default", "obfuscate_only", "normalize_only"


@dataclass(frozen=True, slots=True)
class SqlOptions:
    """How statements are obfuscated. `mode` is that of the settings."""

    mode: str = _DEFAULT
    dbms: str = ""
    has_tables: bool = False
    replaces_digits: bool = False
    keeps_aliases: bool = False
    obfuscates_functions: bool = False
    cache_bytes_max: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """An obfuscated statement, and the tables it names when that was asked for."""

    text: str
    tables: tuple[str, ...] = ()


class SqlObfuscator:
    """Obfuscates statements; remembers what they became, up to a number of bytes."""

    def __init__(self, options: SqlOptions) -> None:
        self._options = options
        self._has_escapes = True
        self._cache: dict[str, Statement] = {}
        self._cache_bytes = 0

    def obfuscate(self, query: str) -> Statement:
        """`query` obfuscated. What is no SQL is replaced as a whole: it may hold anything."""
        known = self._cache.get(query)
        if known is not None:
            return known
        try:
            statement = self.attempt(query)
        except NotTokens:
            statement = Statement(NON_PARSABLE)
        self._remember(query, statement)
        return statement

    def attempt(self, query: str) -> Statement:
        """`query` obfuscated, or `NotTokens`.

        When a backslash may be the reason it is tried again without escapes (or with them); what
        worked comes first from then on, for it depends on the database.
        """
        try:
            return self._attempt(query, self._has_escapes)
        except NotTokens:
            if "\\" not in query:
                raise
        statement = self._attempt(query, not self._has_escapes)
        self._has_escapes = not self._has_escapes
        return statement

    def _attempt(self, query: str, has_escapes: bool) -> Statement:
        found = _some_tokens(query, self._options.dbms, has_escapes)
        if self._options.mode == _LITERALS_ONLY:
            return Statement("".join(map(self._literal_only, found)))
        statement = _Form(self._options, self.attempt).of(found)
        if not statement.text:
            raise NotTokens("result is empty")
        return statement

    def _literal_only(self, token: Token) -> str:
        if token.kind in _LITERALS:
            return "?"
        if self._options.replaces_digits and token.kind in _NAMES:
            return _DIGITS.sub("?", token.text)
        return token.text

    def _remember(self, query: str, statement: Statement) -> None:
        bytes_max = self._options.cache_bytes_max
        cost = _cost(query, statement)
        if cost > bytes_max:
            return
        while self._cache_bytes + cost > bytes_max:
            oldest = next(iter(self._cache))
            self._cache_bytes -= _cost(oldest, self._cache.pop(oldest))
        self._cache[query] = statement
        self._cache_bytes += cost


class _Form:
    """Writes the tokens of one statement in their common form.

    A token passes four questions: is it discarded, does it become a question mark, does it belong
    to a group that is written already, and how is it set off. What a token was is not always what
    counts for the next one: a discarded or grouped one counts as that.
    """

    def __init__(self, options: SqlOptions, nested: Callable[[str], Statement]) -> None:
        self._options = options
        self._replaces_digits = options.replaces_digits and options.mode != _FORM_ONLY
        self._nested = nested
        self._tables: dict[str, None] = {}
        self._parts: list[str] = []
        self._before = _START
        self._values = 0
        self._groups = 0

    def of(self, found: Iterator[Token]) -> Statement:
        """The statement of all tokens."""
        for token in found:
            if token.kind is not Kind.SPACE:
                self._take(token)
        return Statement("".join(self._parts), tuple(self._tables))

    def _take(self, token: Token) -> None:
        is_table = self._find_table(token)
        if token.kind is Kind.COMMENT:
            self._reset()
            self._before = _DISCARDED
            return
        alias = self._as_alias(token)
        if alias is not None:
            self._reset()
            self._before = alias
            return
        if token.word == "AS" and not self._options.keeps_aliases:
            self._reset()
            self._before = token
            return
        if token.word == ";":
            self._values += 1
            self._before = _GROUPED
            return
        if self._before.word == "AS" and not self._options.keeps_aliases:
            # It named no alias: in the later modes it stays.
            held, self._before = self._before, _DISCARDED
            self._write(held, is_table=False)
        self._write(token, is_table=is_table)

    def _as_alias(self, token: Token) -> Token | None:
        """What `token` counts as when it belongs to an alias that is left out."""
        if self._before is _OPENED_ALIAS:
            if token.word != "]" and token.kind is not Kind.WORD:
                raise NotTokens("a bracketed alias is no identifier")
            return _DISCARDED if token.word == "]" else _OPENED_ALIAS
        if self._before.word != "AS":
            return None
        if self._options.mode != _DEFAULT:
            return _DISCARDED if token.kind in _NAMES else None
        if token.word == "[":
            return _OPENED_ALIAS
        return None if self._options.keeps_aliases else _DISCARDED

    def _write(self, token: Token, *, is_table: bool) -> None:
        replaced = self._is_replaced(token)
        opens_group = token.word == "(" and self._groups > 0
        if opens_group or (replaced and self._before.word == "("):
            self._groups += 1
        text = "?" if replaced else self._text(token, is_table)
        if self._begins_subquery(token):
            self._reset()
            text = f"( {text}"
        elif replaced:
            self._values += 1
            if self._values > 1:
                text = ""
        elif (self._values and token.word == ",") or self._groups > 1:
            self._before = _GROUPED_PARENTHESIS if token.word == "(" else _GROUPED
            return
        elif token.word not in (",", "(", ")"):
            self._reset()
        if text or not replaced:
            self._append(token, text)
        self._before = _GROUPED if replaced else token

    def _append(self, token: Token, text: str) -> None:
        is_joined = token.word == "," or (token.word == "=" and self._before.word == ":")
        if self._parts and not is_joined:
            self._parts.append(" ")
        self._parts.append(text)

    def _is_replaced(self, token: Token) -> bool:
        if self._options.mode == _FORM_ONLY:
            return False
        if self._before.word == "SAVEPOINT" or token.kind in _LITERALS:
            return True
        if token.kind is Kind.DOLLAR_FUNCTION:
            return not self._options.obfuscates_functions
        return token.kind is Kind.QUOTED and self._before.word == "="

    def _begins_subquery(self, token: Token) -> bool:
        """A group that was taken for a list of values turns out to be a query."""
        if not self._groups or self._before is not _GROUPED_PARENTHESIS:
            return False
        return token.word in _MAY_BEGIN_SUBQUERY or token.kind in (Kind.WORD, Kind.NAME)

    def _text(self, token: Token, is_table: bool) -> str:
        if token.kind is Kind.DOLLAR_FUNCTION:
            body = self._nested(token.text[len("$func$") : -len("$func$")])
            return f"$func${body.text}$func$"
        if self._options.mode == _FORM_ONLY and token.kind is Kind.TEXT:
            return token.text
        if self._replaces_digits and (is_table or token.kind in _NAMES):
            return _DIGITS.sub("?", token.content)
        return token.content

    def _find_table(self, token: Token) -> bool:
        """Whether `token` stands where a table does; notes its name."""
        before = self._before.word
        is_table = before in _TABLE_FOLLOWS or (
            before in _TABLE_FOLLOWS_IF_A_LETTER and token.content[:1].isalpha()
        )
        if is_table and self._options.has_tables:
            name = token.content
            self._tables[_DIGITS.sub("?", name) if self._replaces_digits else name] = None
        return is_table

    def _reset(self) -> None:
        self._values = self._groups = 0


# What a token counts as for the next one when it was not written as itself.
_START = Token(Kind.SPACE, "", "")
_DISCARDED = Token(Kind.SPACE, "", "")
_GROUPED = Token(Kind.SPACE, "", "")
_GROUPED_PARENTHESIS = Token(Kind.SPACE, "", "")
_OPENED_ALIAS = Token(Kind.SPACE, "", "")


def _some_tokens(query: str, dbms: str, has_escapes: bool) -> Iterator[Token]:
    """The tokens of `query`; of a very long one those at its beginning."""
    is_cut = len(query) > CHARACTERS_MAX
    try:
        yield from tokens(query[:CHARACTERS_MAX], dbms=dbms, has_escapes=has_escapes)
    except NotTokens:
        if not is_cut:
            raise


def _cost(query: str, statement: Statement) -> int:
    tables = sum(map(len, statement.tables))
    return len(query) + len(statement.text) + tables + _CACHE_ENTRY_OVERHEAD
