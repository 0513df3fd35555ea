"""Settings of what is done with traces: see `serverless_init.config.settings`, of which this is a
part. Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import (
    boolean,
    integer,
    number,
    one_of,
    text,
    words,
)
from serverless_init.config.parse_structures import listed, rates, replace_rules

_TPS_MAX = 1_000_000


class TraceSettings(Settings):
    """What happens to every trace."""

    env: str = setting(
        "",
        text,
        env="DD_APM_ENV",
        yaml="apm_config.env",
        help="Env of traces that have none, in statistics and sampling; empty takes env, and none "
        "without one.",
    )
    ignore_resources: tuple[str, ...] = setting(
        (),
        listed(","),
        env="DD_APM_IGNORE_RESOURCES",
        aliases=("DD_IGNORE_RESOURCE",),
        yaml="apm_config.ignore_resources",
        help="Regular expressions; a trace is dropped when one is found in its root's resource.",
    )
    tags_rejected: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_FILTER_TAGS_REJECT",
        yaml="apm_config.filter_tags.reject",
        help="Tags, as key or key:value; a trace whose root has one of them is dropped.",
    )
    tags_required: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_FILTER_TAGS_REQUIRE",
        yaml="apm_config.filter_tags.require",
        help="A trace whose root lacks one of these is dropped.",
    )
    tag_patterns_rejected: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_FILTER_TAGS_REGEX_REJECT",
        yaml="apm_config.filter_tags_regex.reject",
        help="The same with a regular expression as the value.",
    )
    tag_patterns_required: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_FILTER_TAGS_REGEX_REQUIRE",
        yaml="apm_config.filter_tags_regex.require",
        help="The same with a regular expression as the value.",
    )
    replace_tags: tuple[tuple[str, str, str], ...] = setting(
        (),
        replace_rules,
        env="DD_APM_REPLACE_TAGS",
        yaml="apm_config.replace_tags",
        help="Rules that replace what a pattern finds in a tag's value: name is the tag's, "
        "resource.name, or * for all; repl may hold $1 or ${1}.",
    )
    features: tuple[str, ...] = setting(
        (),
        words(),
        env="DD_APM_FEATURES",
        yaml="apm_config.features",
        help="Of the Agent's feature flags: big_resource, component2name, dollar_quoted_func, "
        "keep_sql_alias, probabilistic_sampler_full_trace_id, quantize_sql_tables, "
        "replace_sql_digits, sqllexer, table_names. Others have no effect.",
    )
    mode: str = setting(
        "",
        text,
        env="DD_APM_MODE",
        yaml="apm_config.mode",
        help="edge marks payloads as such; anything else has no effect.",
    )


class ObfuscationSettings(Settings):
    """What of a span's values is hidden. SQL statements and Redis resources always are."""

    elasticsearch_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_ELASTICSEARCH_ENABLED",
        yaml="apm_config.obfuscation.elasticsearch.enabled",
        help="Hide the values in bodies of Elasticsearch requests.",
    )
    elasticsearch_keys_kept: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_ELASTICSEARCH_KEEP_VALUES",
        yaml="apm_config.obfuscation.elasticsearch.keep_values",
        help="Keys whose values stay.",
    )
    elasticsearch_keys_sql: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_ELASTICSEARCH_OBFUSCATE_SQL_VALUES",
        yaml="apm_config.obfuscation.elasticsearch.obfuscate_sql_values",
        help="Keys whose values are obfuscated as SQL.",
    )
    opensearch_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_OPENSEARCH_ENABLED",
        yaml="apm_config.obfuscation.opensearch.enabled",
        help="The same for OpenSearch.",
    )
    opensearch_keys_kept: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_OPENSEARCH_KEEP_VALUES",
        yaml="apm_config.obfuscation.opensearch.keep_values",
        help="Keys whose values stay.",
    )
    opensearch_keys_sql: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_OPENSEARCH_OBFUSCATE_SQL_VALUES",
        yaml="apm_config.obfuscation.opensearch.obfuscate_sql_values",
        help="Keys whose values are obfuscated as SQL.",
    )
    mongodb_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_MONGODB_ENABLED",
        yaml="apm_config.obfuscation.mongodb.enabled",
        help="The same for MongoDB queries.",
    )
    mongodb_keys_kept: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_MONGODB_KEEP_VALUES",
        yaml="apm_config.obfuscation.mongodb.keep_values",
        help="Keys whose values stay.",
    )
    mongodb_keys_sql: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_MONGODB_OBFUSCATE_SQL_VALUES",
        yaml="apm_config.obfuscation.mongodb.obfuscate_sql_values",
        help="Keys whose values are obfuscated as SQL.",
    )
    redis_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_REDIS_ENABLED",
        yaml="apm_config.obfuscation.redis.enabled",
        help="Hide values in redis.raw_command.",
    )
    redis_all_arguments: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_REDIS_REMOVE_ALL_ARGS",
        yaml="apm_config.obfuscation.redis.remove_all_args",
        help="Hide all arguments there.",
    )
    valkey_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_VALKEY_ENABLED",
        yaml="apm_config.obfuscation.valkey.enabled",
        help="Hide values in valkey.raw_command.",
    )
    valkey_all_arguments: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_VALKEY_REMOVE_ALL_ARGS",
        yaml="apm_config.obfuscation.valkey.remove_all_args",
        help="Hide all arguments there.",
    )
    memcached_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_MEMCACHED_ENABLED",
        yaml="apm_config.obfuscation.memcached.enabled",
        help="Remove memcached.command.",
    )
    memcached_command_kept: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_MEMCACHED_KEEP_COMMAND",
        yaml="apm_config.obfuscation.memcached.keep_command",
        help="Keep its first line.",
    )
    http_query_removed: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_HTTP_REMOVE_QUERY_STRING",
        yaml="apm_config.obfuscation.http.remove_query_string",
        help="Remove the query from http.url. User and password are always removed.",
    )
    http_digits_removed: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_HTTP_REMOVE_PATHS_WITH_DIGITS",
        yaml="apm_config.obfuscation.http.remove_paths_with_digits",
        help="Replace segments of its path that hold a digit by ?.",
    )
    stack_traces_removed: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_REMOVE_STACK_TRACES",
        yaml="apm_config.obfuscation.remove_stack_traces",
        help="Replace error.stack by ?.",
    )
    cards_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_CREDIT_CARDS_ENABLED",
        yaml="apm_config.obfuscation.credit_cards.enabled",
        help="Hide tag values that look like the number of a credit card.",
    )
    cards_luhn: bool = setting(
        False,
        boolean,
        env="DD_APM_OBFUSCATION_CREDIT_CARDS_LUHN",
        yaml="apm_config.obfuscation.credit_cards.luhn",
        help="Only if their check digit is right too. Fewer are hidden by mistake.",
    )
    cards_keys_kept: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_OBFUSCATION_CREDIT_CARDS_KEEP_VALUES",
        yaml="apm_config.obfuscation.credit_cards.keep_values",
        help="Tags that are not looked at.",
    )
    sql_mode: str = setting(
        "default",
        one_of("default", "normalize_only", "obfuscate_only", "obfuscate_and_normalize"),
        env="DD_APM_SQL_OBFUSCATION_MODE",
        yaml="apm_config.sql_obfuscation_mode",
        help="How SQL is obfuscated: default, normalize_only, obfuscate_only, "
        "obfuscate_and_normalize.",
    )
    is_sql_cached: bool = setting(
        True,
        boolean,
        env="DD_APM_OBFUSCATION_CACHE_ENABLED",
        yaml="apm_config.obfuscation.cache.enabled",
        help="Remember what SQL statements became.",
    )
    sql_cache_bytes_max: int = setting(
        5_000_000,
        integer(0),
        env="DD_APM_OBFUSCATION_CACHE_MAX_SIZE",
        yaml="apm_config.obfuscation.cache.max_size",
        help="Bytes for that.",
    )


class SamplingSettings(Settings):
    """Which traces are kept."""

    target_tps: float = setting(
        10.0,
        number(0, _TPS_MAX),
        env="DD_APM_TARGET_TPS",
        aliases=("DD_APM_MAX_TPS", "DD_MAX_TPS"),
        yaml="apm_config.target_traces_per_second",
        help="Traces a second that tracers are asked to keep, and of those that decide nothing.",
    )
    errors_tps: float = setting(
        10.0,
        number(0, _TPS_MAX),
        env="DD_APM_ERROR_TPS",
        yaml="apm_config.errors_per_second",
        help="Traces with an error that are kept besides; 0 keeps none.",
    )
    rare_enabled: bool = setting(
        False,
        boolean,
        env="DD_APM_ENABLE_RARE_SAMPLER",
        yaml="apm_config.enable_rare_sampler",
        help="Keep besides what has not been seen for five minutes.",
    )
    probabilistic_enabled: bool = setting(
        False,
        boolean,
        env="DD_APM_PROBABILISTIC_SAMPLER_ENABLED",
        yaml="apm_config.probabilistic_sampler.enabled",
        help="Keep a share of all traces instead, whatever tracers decided.",
    )
    probabilistic_percentage: float = setting(
        0.0,
        number(0, 100),
        env="DD_APM_PROBABILISTIC_SAMPLER_SAMPLING_PERCENTAGE",
        yaml="apm_config.probabilistic_sampler.sampling_percentage",
        help="That share, from 0 to 100.",
    )
    probabilistic_hash_seed: int = setting(
        0,
        integer(0, 2**32 - 1),
        env="DD_APM_PROBABILISTIC_SAMPLER_HASH_SEED",
        yaml="apm_config.probabilistic_sampler.hash_seed",
        help="Seed of its hash; the same everywhere, for whole traces.",
    )
    errors_only: bool = setting(
        False,
        boolean,
        env="DD_APM_ERROR_TRACKING_STANDALONE_ENABLED",
        yaml="apm_config.error_tracking_standalone.enabled",
        help="Keep only traces with an error (Error Tracking without APM).",
    )
    events_per_second_max: float = setting(
        200.0,
        number(0, _TPS_MAX),
        env="DD_APM_MAX_EPS",
        aliases=("DD_MAX_EPS",),
        yaml="apm_config.max_events_per_second",
        help="Most analytics events a second.",
    )
    event_rates: tuple[tuple[str, float], ...] = setting(
        (),
        rates,
        env="DD_APM_ANALYZED_SPANS",
        yaml="apm_config.analyzed_spans",
        help="Rates at which spans become analytics events, by service|operation.",
    )
    event_rates_by_service: tuple[tuple[str, float], ...] = setting(
        (),
        rates,
        yaml="apm_config.analyzed_rate_by_service",
        help="The same for top-level spans, by service.",
    )


class TraceStatsSettings(Settings):
    """Statistics of spans, counted before sampling."""

    disabled: bool = setting(
        False,
        boolean,
        yaml="serverless_init.disable_trace_stats",
        help="Do not compute statistics of spans.",
    )
    by_backend: bool = setting(
        False,
        boolean,
        yaml="serverless_init.enable_backend_trace_stats",
        help="Let Datadog compute them from the traces that arrive. They are then not computed "
        "here, or everything would count twice.",
    )
    bucket_s: int = setting(
        10,
        integer(1, 3600),
        yaml="apm_config.bucket_size_seconds",
        help="Width of their time buckets in seconds.",
    )
    by_span_kind: bool = setting(
        True,
        boolean,
        env="DD_APM_COMPUTE_STATS_BY_SPAN_KIND",
        yaml="apm_config.compute_stats_by_span_kind",
        help="Count server, client, producer and consumer spans too, not only top-level and "
        "measured ones.",
    )
    peer_tags_enabled: bool = setting(
        True,
        boolean,
        env="DD_APM_PEER_TAGS_AGGREGATION",
        yaml="apm_config.peer_tags_aggregation",
        help="Count client, producer and consumer spans by whom they talk to.",
    )
    peer_tags: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_PEER_TAGS",
        yaml="apm_config.peer_tags",
        help="Tags that say so, besides the known ones.",
    )
    span_tags: tuple[str, ...] = setting(
        (),
        listed(None),
        env="DD_APM_SPAN_DERIVED_PRIMARY_TAGS",
        yaml="apm_config.span_derived_primary_tags",
        help="Tags of spans by which all are counted besides.",
    )
