"""Obfuscation where the vectors are silent: dialects, quotes, cut text, memory, hidden defaults."""

import pytest

from serverless_init.config import ObfuscationSettings
from serverless_init.model import Span
from serverless_init.traces.obfuscate import Obfuscator, redis, url
from serverless_init.traces.obfuscate.json_body import NOT_SQL, JsonObfuscator
from serverless_init.traces.obfuscate.sql import (
    CHARACTERS_MAX,
    NON_PARSABLE,
    SqlObfuscator,
    SqlOptions,
)


def sql(query, **options):
    return SqlObfuscator(SqlOptions(**options)).obfuscate(query).text


@pytest.mark.parametrize(
    ("query", "text", "dbms"),
    [
        ("SELECT * FROM #tmp WHERE a=1", "SELECT * FROM #tmp WHERE a = ?", "mssql"),
        ("SELECT [a b] AS [c] FROM [t]", "SELECT a b FROM t", "mssql"),
        ("SELECT d->>'k' FROM t", "SELECT d ->> ? FROM t", "postgresql"),
        ("SELECT d #>> '{a}' FROM t", "SELECT d #>> ? FROM t", "postgresql"),
        ("SELECT a AS [b] FROM t", "SELECT a FROM t", ""),
        ("SELECT a::int, :b, x := 1", "SELECT a :: int, :b, x := ?", ""),
        ("{call f(1)}", "{ call f ( ? ) }", ""),
        ('SELECT " ", ""', 'SELECT " ", ""', ""),
        ('UPDATE t SET a = "secret"', "UPDATE t SET a = ?", ""),
        ('SELECT "a""b"', 'SELECT a"b', ""),
        ("SELECT a FROM t WHERE a !~* 'x' AND b <=> 1", "SELECT a FROM t WHERE a !~* ? AND b <=> ?",
         ""),
        ("SELECT * FROM t WHERE a IN ($1, ?, %s)", "SELECT * FROM t WHERE a IN ( ? )", ""),
        ("INSERT INTO t VALUES (1, (SELECT b FROM u WHERE c = 2))",
         "INSERT INTO t VALUES ( ? ( SELECT b FROM u WHERE c = ? ) )", ""),
        ("SELECT été FROM größe", "SELECT été FROM größe", ""),
    ],
)  # fmt: skip
def test_a_statement_of_a_dialect_has_its_form(query, text, dbms):
    assert sql(query, dbms=dbms) == text


@pytest.mark.parametrize(
    "query", ["SELECT /* a", "SELECT $$a", "SELECT %(a", "a {b", "SELECT \ufffd", "\\", "é \x01"]
)
def test_what_is_no_sql_is_hidden_as_a_whole(query):
    assert sql(query) == NON_PARSABLE


def test_backslashes_are_read_as_what_works_and_that_is_remembered():
    obfuscator = SqlObfuscator(SqlOptions())
    windows = r"SELECT * FROM t WHERE path = 'C:\' AND a = 1"
    assert obfuscator.obfuscate(windows).text == "SELECT * FROM t WHERE path = ? AND a = ?"
    assert not obfuscator._has_escapes
    mysql = r"SELECT 'it\'s', 1 FROM t"
    assert obfuscator.obfuscate(mysql).text == "SELECT ? FROM t"
    assert obfuscator._has_escapes


def test_only_the_beginning_of_a_very_long_statement_is_read():
    query = "INSERT INTO t VALUES " + "('x', 1), " * CHARACTERS_MAX
    assert sql(query) == "INSERT INTO t VALUES ( ? )"


def test_what_statements_became_is_remembered_within_bytes():
    obfuscator = SqlObfuscator(SqlOptions(cache_bytes_max=1000))
    for number in range(50):
        obfuscator.obfuscate(f"SELECT {number}")
    assert len(obfuscator._cache) == 2
    assert obfuscator._cache_bytes <= 1000
    assert obfuscator.obfuscate("SELECT 49") is obfuscator.obfuscate("SELECT 49")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a": [1, {"b": tru', '{"a":["?",{"b":"?"...'),
        ('{"a" 1}', '{"a"...'),
        ('{"a":1,}', '{"a":"?",...'),
        ("]", "..."),
        ("", ""),
        ('{"a":"unterminated', '{"a":"?"...'),
        ("[]{}", "[]{}"),
        ("[" * 20_000, "[" * 10_000 + "..."),
    ],
)
def test_a_body_is_obfuscated_as_far_as_it_is_json(body, text):
    assert JsonObfuscator().obfuscate(body) == text


def test_a_body_says_when_its_sql_is_none():
    hidden = JsonObfuscator((), ("q",), lambda _: None).obfuscate('{"q": "SELECT \'a"}')
    assert hidden == f'{{"q":"{NOT_SQL}"}}'


@pytest.mark.parametrize(
    ("command", "raw"),
    [
        ("ACL SETUSER x >pw", "ACL SETUSER ?"),
        ("GEOADD k 1 2 m 3 4 n", "GEOADD k 1 2 ? 3 4 ?"),
        ("ZADD k NX CH 1 a", "ZADD k NX CH 1 ?"),
        ("LINSERT k BEFORE p v", "LINSERT k BEFORE p ?"),
        ("SADD k a b c", "SADD k ?"),
        ("SET", "SET"),
        ('SET k "unterminated', "SET k ?"),
    ],
)
def test_a_redis_command_shows_no_value(command, raw):
    assert redis.obfuscate(command) == raw


@pytest.mark.parametrize(
    ("query", "resource"),
    [
        ("CONFIG", "CONFIG"),
        ("GET a\n\nSET b", "GET SET"),
        ("GET a\nUNLI...", "GET ..."),
        ("CLUSTER SLO...", "CLUSTER ..."),
        ("", ""),
    ],
)
def test_a_redis_resource_is_the_names_of_its_commands(query, resource):
    assert redis.quantize(query) == resource


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("HTTP://u@h/%7Ea", "http://h/%7Ea"),
        ("//u:p@h/x", "//h/x"),
        ("/only/path?a#b", "/only/path?a#b"),
        ("http://u:p@[::1]:80/x", "http://[::1]:80/x"),
        ("http://h:port/", "http://h:port/"),
        ("http://u:p@h\n", "http://u:p@h\n"),
        ("mailto:a@b", "mailto:a@b"),
    ],
)
def test_a_url_loses_user_and_password_where_it_is_one(address, shown):
    assert url.obfuscate(address) == shown


def obfuscated(features=(), **fields):
    settings = fields.pop("settings", ObfuscationSettings())
    span = Span(**fields)
    obfuscator = Obfuscator(settings, frozenset(features))
    obfuscator.obfuscate(span)
    obfuscator.hide_cards(span.meta)
    return span


def test_sql_goes_into_resource_and_query():
    span = obfuscated(
        type="sql", resource="SELECT * FROM t WHERE a=1", meta={"sql.query": "raw"},
        features=["table_names"],
    )  # fmt: skip
    text = "SELECT * FROM t WHERE a = ?"
    assert span == Span(
        type="sql", resource=text, meta={"sql.query": text, "sql.tables": "t"}
    )  # fmt: skip


def test_a_feature_chooses_the_lexers_mode():
    span = obfuscated(type="sql", resource="SELECT  1", features=["sqllexer"])
    assert span.resource == "SELECT  ?"


@pytest.mark.parametrize(
    ("kind", "key", "given", "hidden", "switch"),
    [
        ("redis", "redis.raw_command", "SET k v", "SET k ?", "redis_enabled"),
        ("valkey", "valkey.raw_command", "SET k v", "SET k ?", "valkey_enabled"),
        ("memcached", "memcached.command", "set k 0 0 1\r\nv", "", "memcached_enabled"),
        ("mongodb", "mongodb.query", '{"a":1}', '{"a":"?"}', "mongodb_enabled"),
        ("elasticsearch", "elasticsearch.body", "[1]", '["?"]', "elasticsearch_enabled"),
        ("opensearch", "opensearch.body", "[1]", '["?"]', "opensearch_enabled"),
        ("web", "card", "4111 1111 1111 1111", "?", "cards_enabled"),
    ],
)
def test_each_obfuscation_is_on_and_can_be_turned_off(kind, key, given, hidden, switch):
    assert obfuscated(type=kind, meta={key: given}).meta == {key: hidden}
    off = ObfuscationSettings(**{switch: False})
    assert obfuscated(type=kind, meta={key: given}, settings=off).meta == {key: given}


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("set k 0 60 5\r\nvalue\r\n", "set k 0 60 5"),
        ("get k", "get k"),
        ("add k 0 0 1\r\na", "add k 0 0 1"),
        ("cas k 0 0 3 99\r\nabc", "cas k 0 0 3 99"),
    ],
)
def test_a_memcached_command_may_keep_its_first_line(command, shown):
    settings = ObfuscationSettings(memcached_command_kept=True)
    meta = {"memcached.command": command}
    assert obfuscated(type="memcached", meta=meta, settings=settings).meta == {
        "memcached.command": shown
    }


def test_cards_are_hidden_in_every_type_but_not_in_known_tags():
    number = "4111111111111111"
    meta = dict.fromkeys(("card", "_card", "env", "http.method", "mine"), number)
    settings = ObfuscationSettings(cards_keys_kept=("mine",))
    assert obfuscated(meta=dict(meta), settings=settings).meta == {**meta, "card": "?"}


def test_a_stack_trace_goes_when_that_is_asked_for():
    settings = ObfuscationSettings(stack_traces_removed=True)
    assert obfuscated(meta={"error.stack": "at x"}, settings=settings).meta == {"error.stack": "?"}


@pytest.mark.parametrize("kind", ["db", "graphql", "Redis", "queue"])
def test_other_types_are_left_alone(kind):
    span = Span(type=kind, resource="SELECT 1", meta={"sql.query": "SELECT 1"})
    assert obfuscated(type=kind, resource="SELECT 1", meta={"sql.query": "SELECT 1"}) == span
