"""The settings of a metric's way from the sampler to the intake.

See `serverless_init.config.settings`, of which this is a part. Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import (
    boolean,
    boolean_or,
    by_url,
    domain,
    duration,
    integer,
    number,
    one_of,
    route,
    text,
    token,
    urls,
    words,
)


class AggregatorSettings(Settings):
    """The time sampler and its flush."""

    flush_interval_s: float = setting(
        3.0,
        duration(0.05, 3600),
        yaml="aggregator_flush_interval",
        help="Seconds between flushes of finished buckets (the Agent's is 15).",
    )
    flush_incomplete_buckets: bool = setting(
        True,
        boolean,
        yaml="dogstatsd_flush_incomplete_buckets",
        help="Flush the open 10 s bucket at SIGTERM and at the end. False drops it, counted. The "
        "Agent's default is false.",
    )
    stop_timeout_s: float = setting(
        2.0,
        duration(0, 3600),
        yaml="aggregator_stop_timeout",
        help="Seconds that the last flush may take until its payloads are handed to the forwarder.",
    )
    contexts_max: int = setting(
        100_000,
        integer(1),
        yaml="dogstatsd_contexts_max",
        help="Most contexts (name, tags, host) held at once. Samples of further ones are dropped "
        "and counted. A context with few tags takes about 1 KB.",
    )
    expiry_s: int = setting(
        300,
        integer(0),
        yaml="dogstatsd_expiry_seconds",
        help="Seconds for which an idle counter goes on reporting zero.",
    )
    context_expiry_s: int = setting(
        20,
        integer(0),
        yaml="dogstatsd_context_expiry_seconds",
        help="Seconds after its last sample when a context is forgotten.",
    )
    histogram_aggregates: tuple[str, ...] = setting(
        ("max", "median", "avg", "count"),
        words(one_of("max", "min", "median", "avg", "sum", "count")),
        yaml="histogram_aggregates",
        help="What a histogram or timing becomes.",
    )
    histogram_percentiles: tuple[str, ...] = setting(
        ("0.95",),
        words(number(0, 1)),
        yaml="histogram_percentiles",
        help="Percentiles of a histogram or timing.",
    )
    hostname: str = setting(
        "none",
        text,
        yaml="hostname",
        help="Host attached to metrics; none or empty attaches no host.",
    )


_V3_MODE = boolean_or("datadog_only")


class SerializerSettings(Settings):
    """How series become payloads. The limits are the intake's: it drops what exceeds them."""

    compressor_kind: str = setting(
        "zstd",
        one_of("zstd", "zlib", "gzip", "none"),
        yaml="serializer_compressor_kind",
        help="Compression of payloads; zlib is used when zstd is not installed. With zlib nothing "
        "is sent as v3. The original sends metrics uncompressed.",
    )
    zstd_level: int = setting(
        1,
        integer(1, 22),
        yaml="serializer_zstd_compressor_level",
        help="zstd level; 1 is the fastest.",
    )
    use_v2_series: bool = setting(
        True,
        boolean,
        yaml="use_v2_api.series",
        help="Send series as protobuf (v2, or v3 where that is on). False sends them as JSON (v1), "
        "without units, resources and origins: for an intake that takes nothing else.",
    )
    v3_series: str = setting(
        "false",
        _V3_MODE,
        yaml="use_v3_api.series.enabled",
        help="Send series in columns (v3): true, false, or datadog_only, to Datadog's own intakes. "
        "The Agent's default is datadog_only.",
    )
    v3_series_modes: tuple[tuple[str, str], ...] = setting(
        (),
        by_url(_V3_MODE),
        yaml="use_v3_api.series.endpoints",
        help="The same for single intakes, by the URL that dd_url or additional_endpoints has, or "
        'https://app.<site>. In the environment as JSON: {"https://app.datadoghq.eu": "true"}.',
    )
    v3_series_urls: tuple[str, ...] = setting(
        (),
        urls,
        yaml="serializer_experimental_use_v3_api.series.endpoints",
        help="Intakes that get series as v3 whatever the two settings above say, by URL.",
    )
    v3_sketch_urls: tuple[str, ...] = setting(
        (),
        urls,
        yaml="serializer_experimental_use_v3_api.sketches.endpoints",
        help="Intakes that get distributions as v3, by URL. No other setting does that.",
    )
    v3_use_beta: bool = setting(
        False,
        boolean,
        yaml="serializer_experimental_use_v3_api.series.use_beta",
        help="Send v3 series to the route below.",
    )
    v3_beta_route: str = setting(
        "/api/intake/metrics/v3beta/series",
        route,
        yaml="serializer_experimental_use_v3_api.series.beta_route",
        help="That route.",
    )
    v3_zstd_level: int = setting(
        0,
        integer(0, 22),
        yaml="serializer_experimental_use_v3_api.compression_level",
        help="zstd level of v3 payloads; 0 is that of all others.",
    )
    payload_bytes_max: int = setting(
        2_621_440,
        integer(1024),
        yaml="serializer_max_payload_size",
        help="Most compressed bytes of a sketch, event or service check payload.",
    )
    payload_uncompressed_bytes_max: int = setting(
        4_194_304,
        integer(1024),
        yaml="serializer_max_uncompressed_payload_size",
        help="The same, uncompressed.",
    )
    series_bytes_max: int = setting(
        512_000,
        integer(1024),
        yaml="serializer_max_series_payload_size",
        help="Most compressed bytes of a series payload.",
    )
    series_uncompressed_bytes_max: int = setting(
        5_242_880,
        integer(1024),
        yaml="serializer_max_series_uncompressed_payload_size",
        help="The same, uncompressed.",
    )
    series_points_max: int = setting(
        10_000,
        integer(1),
        yaml="serializer_max_series_points_per_payload",
        help="Most points in a series payload.",
    )
    series_enabled: bool = setting(
        True, boolean, yaml="enable_payloads.series", help="Whether series are sent."
    )
    sketches_enabled: bool = setting(
        True, boolean, yaml="enable_payloads.sketches", help="Whether distributions are sent."
    )
    events_enabled: bool = setting(
        True, boolean, yaml="enable_payloads.events", help="Whether events are sent."
    )
    service_checks_enabled: bool = setting(
        True, boolean, yaml="enable_payloads.service_checks", help="Whether checks are sent."
    )


class ForwarderSettings(Settings):
    """Delivery to the intake."""

    api_key: str = setting(
        "",
        token,
        yaml="api_key",
        secret=True,
        help="The Datadog API key. Without one, and without --local, what comes is counted as "
        "dropped (no_api_key) and the app runs as ever.",
    )
    site: str = setting(
        "datadoghq.com",
        domain,
        yaml="site",
        help="The Datadog site, like datadoghq.eu or us5.datadoghq.com.",
    )
    url: str = setting(
        "",
        text,
        env="DD_DD_URL",
        aliases=("DD_URL",),
        yaml="dd_url",
        help="Intake URL instead of the site's; http and https.",
    )
    timeout_s: float = setting(
        20.0,
        duration(0.05, 3600),
        yaml="forwarder_timeout",
        help="Seconds that one request may take.",
    )
    workers: int = setting(
        1,
        integer(1, 64),
        yaml="forwarder_num_workers",
        help="Requests in flight per intake as long as it keeps up.",
    )
    concurrent_requests_max: int = setting(
        10,
        integer(1, 1000),
        yaml="forwarder_max_concurrent_requests",
        help="Requests in flight per worker when the intake is slow, many payloads wait, or all is "
        "flushed at the end.",
    )
    stop_timeout_s: float | None = setting(
        None,
        duration(-3600, 3600),
        yaml="forwarder_stop_timeout",
        help="Upper bound in seconds of the last delivery. Unset: all that is left of the window. "
        "0 or less: what is queued is not sent at the end, only counted as dropped (the Agent's "
        "meaning).",
    )
    stop_wait_for_inflight: bool = setting(
        True,
        boolean,
        yaml="forwarder_stop_wait_for_inflight",
        help="At the end, let requests in flight finish. False cancels them first (the Agent's "
        "default), counted as dropped.",
    )
    backoff_factor: float = setting(
        2.0,
        number(2, 100),
        yaml="forwarder_backoff_factor",
        help="Width of the backoff window; at least 2.",
    )
    backoff_base_s: float = setting(
        2.0,
        duration(0.001, 3600),
        yaml="forwarder_backoff_base",
        help="Seconds of the first backoff, halved.",
    )
    backoff_max_s: float = setting(
        64.0,
        duration(0.001, 86_400),
        yaml="forwarder_backoff_max",
        help="Longest backoff in seconds.",
    )
    recovery_interval: int = setting(
        2,
        integer(1),
        yaml="forwarder_recovery_interval",
        help="Errors forgiven by one success after a backoff.",
    )
    recovery_reset: bool = setting(
        False,
        boolean,
        yaml="forwarder_recovery_reset",
        help="Whether one success forgives all errors.",
    )
    queue_payloads_max: int = setting(
        100,
        integer(1),
        yaml="forwarder_high_prio_buffer_size",
        help="Payloads waiting for a first attempt; more go to the retry queue.",
    )
    retry_queue_bytes_max: int = setting(
        15_728_640,
        integer(0),
        yaml="forwarder_retry_queue_payloads_max_size",
        help="Bytes of payloads waiting to be sent again; the oldest are dropped, counted.",
    )
    allow_arbitrary_tags: bool = setting(
        False,
        boolean,
        yaml="allow_arbitrary_tags",
        help="Ask the intake to take tag values as they are (Allow-Arbitrary-Tag-Value).",
    )
    skip_tls_validation: bool = setting(
        False,
        boolean,
        yaml="skip_ssl_validation",
        help="Accept any TLS certificate. For tests against an intake of your own.",
    )


# In the order of the reference page.
