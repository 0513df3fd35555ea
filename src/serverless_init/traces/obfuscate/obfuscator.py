"""Which part of a span is obfuscated, and how: by its type, as the tracer wrote it."""

from collections.abc import Callable

from serverless_init.config import ObfuscationSettings
from serverless_init.model import Span
from serverless_init.traces.obfuscate import redis, url
from serverless_init.traces.obfuscate.cards import KEYS_KEPT, is_card
from serverless_init.traces.obfuscate.json_body import JsonObfuscator
from serverless_init.traces.obfuscate.sql import NON_PARSABLE, SqlObfuscator, SqlOptions
from serverless_init.traces.tags import HTTP_URL

REPLACEMENT = "?"

_SQL_QUERY, _SQL_TABLES = "sql.query", "sql.tables"
_MEMCACHED_COMMAND = "memcached.command"
_STACK = "error.stack"
# No shorter value has as many digits as a card's number.
CARD_CHARACTERS_MIN = 12
CARD_STARTS = frozenset("0123456789 -")


class Obfuscator:
    """Obfuscates spans in place. `features` are the Agent's flags."""

    def __init__(self, settings: ObfuscationSettings, features: frozenset[str]) -> None:
        self._settings = settings
        self._sql = SqlObfuscator(_sql_options(settings, features))
        self._cards_kept = KEYS_KEPT.union(settings.cards_keys_kept)
        self._has_tables = "table_names" in features
        self._by_type: dict[str, Callable[[Span], None]] = {
            "sql": self._obfuscate_sql,
            "cassandra": self._obfuscate_sql,
            "redis": self._obfuscate_redis,
            "valkey": self._obfuscate_valkey,
            "memcached": self._obfuscate_memcached,
            "web": self._obfuscate_url,
            "http": self._obfuscate_url,
            **self._bodies(),
        }

    def obfuscate(self, span: Span) -> None:
        """Hide what is to be hidden of `span` but numbers of cards."""
        by_type = self._by_type.get(span.type)
        if by_type is not None:
            by_type(span)
        meta = span.meta
        if self._settings.stack_traces_removed and _STACK in meta:
            meta[_STACK] = REPLACEMENT

    def hide_cards(self, meta: dict[str, str]) -> None:
        """Hide the values that look like a card's number. After `obfuscate`."""
        if self._settings.cards_enabled:
            self._hide_cards(meta)

    def obfuscate_group(self, kind: str, resource: str) -> str:
        """The resource of a group of statistics whose spans have the type `kind`."""
        if kind in ("sql", "cassandra"):
            return self._sql.obfuscate(resource).text
        return redis.quantize(resource) if kind in ("redis", "valkey") else resource

    def _hide_cards(self, meta: dict[str, str]) -> None:
        hidden = [
            key
            for key, value in meta.items()
            if len(value) >= CARD_CHARACTERS_MIN
            and value[0] in CARD_STARTS
            and not key.startswith("_")
            and key not in self._cards_kept
            and is_card(value, has_check_digit=self._settings.cards_luhn)
        ]
        for key in hidden:
            meta[key] = REPLACEMENT

    def _obfuscate_sql(self, span: Span) -> None:
        if not span.resource:
            return
        statement = self._sql.obfuscate(span.resource)
        span.resource = span.meta[_SQL_QUERY] = statement.text
        if self._has_tables and statement.tables:
            span.meta[_SQL_TABLES] = ",".join(statement.tables)

    def _obfuscate_redis(self, span: Span) -> None:
        settings = self._settings
        _hide_command(
            span, "redis.raw_command", settings.redis_enabled, settings.redis_all_arguments
        )

    def _obfuscate_valkey(self, span: Span) -> None:
        settings = self._settings
        _hide_command(
            span, "valkey.raw_command", settings.valkey_enabled, settings.valkey_all_arguments
        )

    def _obfuscate_memcached(self, span: Span) -> None:
        command = span.meta.get(_MEMCACHED_COMMAND)
        if command is None or not self._settings.memcached_enabled:
            return
        is_kept = self._settings.memcached_command_kept
        span.meta[_MEMCACHED_COMMAND] = command.partition("\r\n")[0].strip() if is_kept else ""

    def _obfuscate_url(self, span: Span) -> None:
        address = span.meta.get(HTTP_URL)
        if address:
            span.meta[HTTP_URL] = url.obfuscate(
                address,
                removes_query=self._settings.http_query_removed,
                removes_digits=self._settings.http_digits_removed,
            )

    def _bodies(self) -> dict[str, Callable[[Span], None]]:
        """The obfuscators of JSON bodies that are on, by the type of span."""
        settings = self._settings
        found: dict[str, Callable[[Span], None]] = {}
        for name, key, is_enabled, kept, sql in (
            (
                "elasticsearch",
                "elasticsearch.body",
                settings.elasticsearch_enabled,
                settings.elasticsearch_keys_kept,
                settings.elasticsearch_keys_sql,
            ),
            (
                "opensearch",
                "opensearch.body",
                settings.opensearch_enabled,
                settings.opensearch_keys_kept,
                settings.opensearch_keys_sql,
            ),
            (
                "mongodb",
                "mongodb.query",
                settings.mongodb_enabled,
                settings.mongodb_keys_kept,
                settings.mongodb_keys_sql,
            ),
        ):
            if is_enabled:
                found[name] = _body_obfuscator(key, JsonObfuscator(kept, sql, self._sql_or_none))
        return found

    def _sql_or_none(self, query: str) -> str | None:
        text = self._sql.obfuscate(query).text
        return None if text == NON_PARSABLE else text


def _sql_options(settings: ObfuscationSettings, features: frozenset[str]) -> SqlOptions:
    mode = settings.sql_mode
    if mode == "default" and "sqllexer" in features:
        mode = "obfuscate_only"
    return SqlOptions(
        mode=mode,
        has_tables="table_names" in features,
        replaces_digits=not features.isdisjoint(("quantize_sql_tables", "replace_sql_digits")),
        keeps_aliases="keep_sql_alias" in features,
        obfuscates_functions="dollar_quoted_func" in features,
        cache_bytes_max=settings.sql_cache_bytes_max if settings.is_sql_cached else 0,
    )


def _hide_command(span: Span, key: str, is_enabled: bool, has_no_arguments: bool) -> None:
    span.resource = redis.quantize(span.resource)
    command = span.meta.get(key)
    if command is not None and is_enabled:
        hide = redis.remove_arguments if has_no_arguments else redis.obfuscate
        span.meta[key] = hide(command)


def _body_obfuscator(key: str, json: JsonObfuscator) -> Callable[[Span], None]:
    def obfuscate(span: Span) -> None:
        body = span.meta.get(key)
        if body is not None:
            span.meta[key] = json.obfuscate(body)

    return obfuscate
