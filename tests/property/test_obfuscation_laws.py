"""Laws about what obfuscation makes of any text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import ObfuscationSettings
from serverless_init.model import Span
from serverless_init.traces.obfuscate import Obfuscator
from serverless_init.traces.obfuscate.sql import NON_PARSABLE, SqlObfuscator, SqlOptions

TOKENS = (
    "SELECT FROM AS t a.b 'x' 'it''s' '\\' \"q\" `b` 1 -1.5e3 0xF ? $1 $$z$$ "
    "$func$1$func$ %s %(n)s :v :: := ( ) , = [ ] {e} { /*c*/ ; NULL true SAVEPOINT "
    "INSERT INTO != -> é @v "
)
PIECES = st.sampled_from([*TOKENS.split(), "--c\n", "#c\n"])
QUERIES = st.lists(PIECES, max_size=20).map(" ".join) | st.text(max_size=40)
OPTIONS = st.builds(
    SqlOptions,
    mode=st.sampled_from(
        ["default", "obfuscate_only", "normalize_only", "obfuscate_and_normalize"]
    ),
    dbms=st.sampled_from(["", "mssql", "postgresql", "mysql", "oracle"]),
    has_tables=st.booleans(),
    replaces_digits=st.booleans(),
    keeps_aliases=st.booleans(),
    obfuscates_functions=st.booleans(),
)
# One value per row, so that a literal cannot be mistaken for another word of the statement.
LITERALS = st.from_regex(r"[0-9]{3,8}|'zz[a-y ]*'", fullmatch=True)


@settings(max_examples=400, deadline=None)
@given(QUERIES, OPTIONS)
def test_any_text_becomes_a_statement(query, options):
    """Whatever is not SQL is hidden as a whole; nothing raises, nothing is empty."""
    text = SqlObfuscator(options).obfuscate(query).text
    assert text or options.mode == "obfuscate_only"


@settings(max_examples=200, deadline=None)
@given(st.lists(LITERALS, min_size=1, max_size=5))
def test_no_literal_of_a_statement_survives(literals):
    """The obfuscated text holds no literal, and obfuscating it again changes nothing."""
    where = " AND ".join(f"c = {literal}" for literal in literals)
    query = f"SELECT a FROM t WHERE {where} AND d IN ({', '.join(literals)})"
    obfuscator = SqlObfuscator(SqlOptions())
    text = obfuscator.obfuscate(query).text
    assert text != NON_PARSABLE
    assert not any(literal in text for literal in literals)
    assert obfuscator.obfuscate(text).text == text


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["sql", "redis", "valkey", "memcached", "web", "mongodb", "elasticsearch"]),
    st.text(max_size=60),
    st.booleans(),
)
def test_any_span_can_be_obfuscated(kind, text, has_options):
    """No text in the place that its type obfuscates raises."""
    keys = ("sql.query", "redis.raw_command", "valkey.raw_command", "memcached.command")
    keys += ("http.url", "mongodb.query", "elasticsearch.body", "other")
    chosen = ObfuscationSettings(
        http_query_removed=has_options,
        http_digits_removed=has_options,
        redis_all_arguments=has_options,
        cards_luhn=has_options,
        elasticsearch_keys_kept=("a",),
        elasticsearch_keys_sql=("b",),
    )
    span = Span(type=kind, resource=text, meta=dict.fromkeys(keys, text))
    obfuscator = Obfuscator(chosen, frozenset())
    obfuscator.obfuscate(span)
    obfuscator.hide_cards(span.meta)
    assert span.meta.keys() == set(keys)
