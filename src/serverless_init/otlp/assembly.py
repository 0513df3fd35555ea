"""Settings and sinks as a receiver."""

from serverless_init.clock import Clock
from serverless_init.config import (
    AggregatorSettings,
    LogsSettings,
    OtlpMetricsSettings,
    OtlpSettings,
    OtlpTracesSettings,
    SamplingSettings,
    TraceSettings,
)
from serverless_init.otlp.cors import Cors
from serverless_init.otlp.deltas import Deltas
from serverless_init.otlp.options import OtlpOptions
from serverless_init.otlp.points import PointMapper, PointOptions
from serverless_init.otlp.receiver import LogsRoute, MetricsRoute, Receiver, SpansRoute
from serverless_init.otlp.span_names import NamingOptions
from serverless_init.otlp.stats import OtlpStats
from serverless_init.otlp.to_logs import LogsMapper, LogsOptions
from serverless_init.otlp.to_metrics import MetricsMapper, PlaceOptions
from serverless_init.otlp.to_spans import SpansMapper, SpansOptions

_OLDER_NAMES = "disable_operation_and_resource_name_logic_v2"
_MARKS_BY_KIND = "enable_otlp_compute_top_level_by_span_kind"
_NS = 1_000_000_000


def assemble(options: OtlpOptions, stats: OtlpStats, clock: Clock) -> Receiver:
    """What takes the requests of the signals that are on."""
    settings = options.configuration.of(OtlpSettings)
    return Receiver(
        metrics=_metrics(options, stats) if settings.metrics_enabled else None,
        logs=_logs(options),
        spans=_spans(options),
        stats=stats,
        clock=clock,
        cors=Cors(settings.cors_origins, settings.cors_headers),
    )


def _metrics(options: OtlpOptions, stats: OtlpStats) -> MetricsRoute:
    of = options.configuration.of
    settings = of(OtlpMetricsSettings)
    deltas = Deltas(
        first=settings.initial_value,
        began_ns=int(options.began_at * _NS),
        ttl_s=settings.delta_ttl_s,
        series_max=of(AggregatorSettings).contexts_max,
    )
    points = PointMapper(
        PointOptions(
            histogram_mode=settings.histogram_mode,
            aggregations=settings.aggregations or settings.count_sum,
            raw_cumulative=settings.cumulative_monotonic_mode == "raw_value",
            quantiles=settings.summaries_mode == "gauges",
        ),
        deltas,
    )
    place = PlaceOptions(
        tags=(*options.tags, *settings.tags),
        host=_host(options),
        resource_attributes_as_tags=settings.resource_attributes_as_tags,
        scope_as_tags=settings.scope_as_tags,
    )
    return MetricsRoute(MetricsMapper(place, points, stats), options.series, options.sketches)


def _logs(options: OtlpOptions) -> LogsRoute | None:
    if options.logs is None:
        return None
    message_bytes_max = options.configuration.of(LogsSettings).message_bytes_max
    mapper = LogsMapper(LogsOptions(options.log_tags, options.service, message_bytes_max))
    return LogsRoute(mapper, options.logs)


def _spans(options: OtlpOptions) -> SpansRoute | None:
    if options.spans is None:
        return None
    of = options.configuration.of
    settings = of(OtlpTracesSettings)
    naming = NamingOptions(
        older=settings.span_name_as_resource_name
        or bool(settings.span_name_remappings)
        or _OLDER_NAMES in of(TraceSettings).features,
        span_name_is_operation=settings.span_name_as_resource_name,
        remappings=dict(settings.span_name_remappings),
    )
    rate = settings.sampling_percentage / 100 or 1.0
    decided_later = of(SamplingSettings).probabilistic_enabled
    spans = SpansOptions(
        naming,
        rate=None if decided_later else rate,
        host=_host(options),
        marks_by_kind=_MARKS_BY_KIND in of(TraceSettings).features,
    )
    return SpansRoute(SpansMapper(spans), options.spans)


def _host(options: OtlpOptions) -> str:
    host = options.configuration.of(AggregatorSettings).hostname
    return "" if host == "none" else host
