"""The settings of what comes by OTLP: see `serverless_init.config.settings`, of which this is a
part. Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import boolean, duration, integer, number, one_of, words
from serverless_init.config.parse_structures import listen_address, names

_RECEIVER = "otlp_config.receiver.protocols."
_METRICS = "otlp_config.metrics."
_TRACES = "otlp_config.traces."


class OtlpSettings(Settings):
    """Where OTLP is received, and which signals are taken."""

    grpc_endpoint: str = setting(
        "",
        listen_address,
        yaml=_RECEIVER + "grpc.endpoint",
        help="Address on which OTLP over gRPC is received, like localhost:4317 or 0.0.0.0:4317; "
        "empty receives none.",
    )
    http_endpoint: str = setting(
        "",
        listen_address,
        yaml=_RECEIVER + "http.endpoint",
        help="Address on which OTLP over HTTP is received, like localhost:4318 or 0.0.0.0:4318; "
        "empty receives none.",
    )
    grpc_message_mib_max: int = setting(
        0,
        integer(0, 1024),
        yaml=_RECEIVER + "grpc.max_recv_msg_size_mib",
        help="Largest message over gRPC in MiB; 0 means 4.",
    )
    http_body_bytes_max: int = setting(
        0,
        integer(0, 1 << 30),
        yaml=_RECEIVER + "http.max_request_body_size",
        help="Largest body over HTTP in bytes, before and after decompression; 0 means 20 MiB.",
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        words(),
        yaml=_RECEIVER + "http.cors.allowed_origins",
        help="Origins of pages whose browsers may export over HTTP, like https://shop.example; * "
        "stands for any text. Empty allows none.",
    )
    cors_headers: tuple[str, ...] = setting(
        (),
        words(),
        yaml=_RECEIVER + "http.cors.allowed_headers",
        help="Headers that these pages may send beside Accept, Content-Type and X-Requested-With; "
        "* allows all.",
    )
    metrics_enabled: bool = setting(
        True, boolean, yaml=_METRICS + "enabled", help="Whether metrics are taken by OTLP."
    )
    traces_enabled: bool = setting(
        True, boolean, yaml=_TRACES + "enabled", help="Whether spans are taken by OTLP."
    )
    logs_enabled: bool = setting(
        False,
        boolean,
        yaml="otlp_config.logs.enabled",
        help="Whether log records are taken by OTLP, with or without logs_enabled.",
    )


class OtlpMetricsSettings(Settings):
    """What the metrics that come by OTLP become."""

    delta_ttl_s: float = setting(
        3600.0,
        duration(1, 86_400 * 7),
        yaml=_METRICS + "delta_ttl",
        help="Seconds for which the last point of a cumulative series is remembered.",
    )
    tags: tuple[str, ...] = setting(
        (), words(), yaml=_METRICS + "tags", help="Tags for all metrics that come by OTLP."
    )
    resource_attributes_as_tags: bool = setting(
        False,
        boolean,
        yaml=_METRICS + "resource_attributes_as_tags",
        help="Whether every attribute of the resource is a tag, or only those of which Datadog "
        "knows what they mean.",
    )
    scope_as_tags: bool = setting(
        True,
        boolean,
        yaml=_METRICS + "instrumentation_scope_metadata_as_tags",
        help="Whether name, version and attributes of the instrumentation library are tags.",
    )
    histogram_mode: str = setting(
        "distributions",
        one_of("distributions", "counters", "nobuckets"),
        yaml=_METRICS + "histograms.mode",
        help="What a histogram becomes: a distribution, a count for each bucket, or its "
        "aggregations only.",
    )
    count_sum: bool = setting(
        False,
        boolean,
        yaml=_METRICS + "histograms.send_count_sum_metrics",
        help="The older name of send_aggregation_metrics.",
    )
    aggregations: bool = setting(
        False,
        boolean,
        yaml=_METRICS + "histograms.send_aggregation_metrics",
        help="Whether count, sum, min and max of a histogram are metrics of their own as well.",
    )
    cumulative_monotonic_mode: str = setting(
        "to_delta",
        one_of("to_delta", "raw_value"),
        yaml=_METRICS + "sums.cumulative_monotonic_mode",
        help="What a cumulative monotonic sum becomes: a count of the differences, or a gauge.",
    )
    initial_value: str = setting(
        "auto",
        one_of("auto", "keep", "drop"),
        yaml=_METRICS + "sums.initial_cumulative_monotonic_value",
        help="Whether the first point of a cumulative series counts: auto counts it when its "
        "program began after serverless-init.",
    )
    summaries_mode: str = setting(
        "gauges",
        one_of("gauges", "noquantiles"),
        yaml=_METRICS + "summaries.mode",
        help="Whether the quantiles of a summary are gauges, or left out.",
    )


class OtlpTracesSettings(Settings):
    """What the spans that come by OTLP become."""

    span_name_as_resource_name: bool = setting(
        False,
        boolean,
        yaml=_TRACES + "span_name_as_resource_name",
        help="Whether a span's name is its operation name. It chooses the older naming rules.",
    )
    span_name_remappings: tuple[tuple[str, str], ...] = setting(
        (),
        names,
        yaml=_TRACES + "span_name_remappings",
        help="Operation names and what is sent in their place. It chooses the older naming rules.",
    )
    sampling_percentage: float = setting(
        100.0,
        number(0, 100),
        yaml=_TRACES + "probabilistic_sampler.sampling_percentage",
        help="Percentage of traces that are kept, by their id; 0 keeps all, as in the Agent.",
    )
