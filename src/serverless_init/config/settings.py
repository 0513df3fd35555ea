"""Every setting, once: one frozen class per component; a field is a declaration.

From here come parsing, precedence, range checks, ``sictl config``, the reference page and the hint
for a misspelt variable. A component receives its class and nothing else. Where a default differs
from the Datadog Agent's, the help says so. Imported before the app has started: see
`serverless_init.config.declare`.
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
from serverless_init.config.settings_dogstatsd import (
    StatisticsSettings,
    TimestampSettings,
    TransportSettings,
)
from serverless_init.config.settings_enhanced import EnhancedSettings
from serverless_init.config.settings_enrichment import NameSettings, OriginSettings
from serverless_init.config.settings_logs import LogsDeliverySettings, LogsSettings
from serverless_init.config.settings_network import (
    IntakeSettings,
    NetworkSettings,
    StorageSettings,
)
from serverless_init.config.settings_otlp import (
    OtlpMetricsSettings,
    OtlpSettings,
    OtlpTracesSettings,
)
from serverless_init.config.settings_platform import (
    InventorySettings,
    MicroVmSettings,
    PlatformSettings,
)
from serverless_init.config.settings_receiver import (
    PassingSettings,
    ReceiverSettings,
    TraceDeliverySettings,
)
from serverless_init.config.settings_traces import (
    ObfuscationSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)

LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "critical", "off")


class RunSettings(Settings):
    """The run as a whole: own log, receipt, grace window."""

    log_level: str = setting(
        "warn",
        one_of(*LOG_LEVELS),
        yaml="log_level",
        help="Least severe level of our own log on stderr. The original's default is error; ours "
        "is warn, so that a lost setting or a lost port is seen.",
    )
    receipt: str = setting(
        "auto",
        one_of("auto", "off", "log", "json"),
        yaml="serverless.receipt",
        help="The line at exit that says what was accepted, delivered and dropped: off, log "
        "(text), json, or auto: text in --local and whenever something was dropped.",
    )
    grace_s: float = setting(
        0.0,
        duration(0, 86_400),
        yaml="serverless.grace_period",
        help="Seconds between SIGTERM and SIGKILL on this platform. 0 takes the platform's known "
        "window, 10 where it is not known. Set it when you "
        "changed the platform's own setting.",
    )
    flush_timeout_s: float = setting(
        10.0,
        duration(0, 86_400),
        yaml="serverless.flush_timeout",
        help="Seconds that the last flush may take when the app ended by itself, so that no "
        "platform is about to kill the container.",
    )
    health_port: int = setting(
        0,
        integer(0, 65535),
        yaml="health_port",
        help="TCP port, on all interfaces, on which /live, /ready and /startup answer the probes "
        "of a platform; 0 turns them off.",
    )


class TagSettings(Settings):
    """Tags put on everything."""

    env: str = setting("", text, yaml="env", help="The env: tag (unified service tagging).")
    service: str = setting("", text, yaml="service", help="The service: tag.")
    version: str = setting("", text, yaml="version", help="The version: tag.")
    tags: tuple[str, ...] = setting(
        (), words(), yaml="tags", help="Tags for all telemetry, separated by spaces or commas."
    )
    extra_tags: tuple[str, ...] = setting(
        (), words(), yaml="extra_tags", help="More of the same, appended to tags."
    )


class DogStatsDSettings(Settings):
    """The DogStatsD server's sockets."""

    enabled: bool = setting(
        True, boolean, yaml="use_dogstatsd", help="Whether to run the DogStatsD server at all."
    )
    port: int = setting(
        8125,
        integer(0, 65535),
        yaml="dogstatsd_port",
        help="UDP port; 0 turns UDP off. Change it only when the port is taken.",
    )
    bind_host: str = setting(
        "localhost",
        text,
        yaml="bind_host",
        help="Address to bind when non-local traffic is off.",
    )
    non_local_traffic: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_non_local_traffic",
        help="Listen on all interfaces. On by default in sidecar mode.",
    )
    socket: str = setting(
        "",
        text,
        yaml="dogstatsd_socket",
        help="Path of a Unix datagram socket; empty turns it off.",
    )
    stream_socket: str = setting(
        "",
        text,
        yaml="dogstatsd_stream_socket",
        help="Path of a Unix stream socket (length-prefixed frames); empty turns it off.",
    )
    so_rcvbuf: int = setting(
        4_194_304,
        integer(0, 1_073_741_824),
        yaml="dogstatsd_so_rcvbuf",
        help="Bytes of kernel receive buffer to ask for; the kernel gives what its limit allows. 0 "
        "keeps the system's default, which is the original's default and holds only some 270 small "
        "datagrams.",
    )
    buffer_size: int = setting(
        8192,
        integer(512, 1_048_576),
        yaml="dogstatsd_buffer_size",
        help="Longest packet in bytes. A longer datagram is cut there and counted.",
    )
    backlog_bytes_max: int = setting(
        16_777_216,
        integer(65_536),
        yaml="dogstatsd_backlog_bytes_max",
        help="Bytes of received packets kept while they wait to be parsed; beyond it the kernel "
        "buffers.",
    )
    tags: tuple[str, ...] = setting(
        (),
        words(),
        yaml="dogstatsd_tags",
        help="Tags appended to every metric, event and service check.",
    )
    stream_log_too_big: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_stream_log_too_big",
        help="Log the start of a stream frame that is longer than the buffer size.",
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
        1, integer(1, 64), yaml="forwarder_num_workers", help="Workers per intake."
    )
    concurrent_requests_max: int = setting(
        10,
        integer(1, 1000),
        yaml="forwarder_max_concurrent_requests",
        help="Requests in flight per worker.",
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
COMPONENTS: tuple[type[Settings], ...] = (
    RunSettings,
    PlatformSettings,
    MicroVmSettings,
    InventorySettings,
    TagSettings,
    DogStatsDSettings,
    TransportSettings,
    TimestampSettings,
    StatisticsSettings,
    NameSettings,
    OriginSettings,
    AggregatorSettings,
    SerializerSettings,
    LogsSettings,
    EnhancedSettings,
    ForwarderSettings,
    LogsDeliverySettings,
    IntakeSettings,
    StorageSettings,
    NetworkSettings,
    ReceiverSettings,
    TraceSettings,
    SamplingSettings,
    TraceStatsSettings,
    ObfuscationSettings,
    TraceDeliverySettings,
    PassingSettings,
    OtlpSettings,
    OtlpMetricsSettings,
    OtlpTracesSettings,
)

# What a sidecar, started without a command, has instead of the defaults: by `Setting.yaml`.
SIDECAR_DEFAULTS: dict[str, object] = {
    "apm_config.apm_non_local_traffic": True,
    "dogstatsd_non_local_traffic": True,
    "logs_enabled": True,
}
