"""What comes by OTLP: one source more for the pipelines of metrics, logs and traces."""

from collections.abc import Iterable

from serverless_init.clock import Clock
from serverless_init.config import OtlpSettings
from serverless_init.logs_pipeline import LogsPipeline
from serverless_init.otlp import Otlp, OtlpOptions
from serverless_init.pipeline import Pipeline
from serverless_init.platforms import Place
from serverless_init.signals import Signal
from serverless_init.start import Start
from serverless_init.traces_pipeline import TracesPipeline


def open_otlp(
    start: Start, place: Place, pipeline: Pipeline, signals: Iterable[Signal], clock: Clock
) -> Otlp:
    """The component, with the pipelines that there are as its sinks and in their accounts."""
    settings = start.configuration.of(OtlpSettings)
    logs = next((one for one in signals if isinstance(one, LogsPipeline)), None)
    traces = next((one for one in signals if isinstance(one, TracesPipeline)), None)
    otlp = Otlp(
        start.otlp_sockets,
        OtlpOptions(
            start.configuration,
            series=pipeline.aggregator,
            sketches=pipeline.aggregator,
            logs=logs if settings.logs_enabled else None,
            spans=traces.traces if traces and settings.traces_enabled else None,
            tags=place.tags.metric,
            log_tags=place.tags.full,
            service=logs.service if logs else "",
            began_at=start.began_at,
        ),
        clock=clock,
    )
    pipeline.add_source(otlp.points_account)
    return otlp
