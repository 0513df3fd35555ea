"""What the component and everything behind it are made of, before any of it is loaded."""

from dataclasses import dataclass

from serverless_init.config import Configuration
from serverless_init.model import LogSink, SerieSink, SketchSink, SpanSink


@dataclass(frozen=True, slots=True)
class OtlpOptions:
    """The sinks of the signals; None where a signal has no way.

    `tags` of metrics, `log_tags` and `service` are for what does not say otherwise. `began_at`, in
    unix seconds, is when we began.
    """

    configuration: Configuration
    series: SerieSink
    sketches: SketchSink
    logs: LogSink | None = None
    spans: SpanSink | None = None
    tags: tuple[str, ...] = ()
    log_tags: tuple[str, ...] = ()
    service: str = ""
    began_at: float = 0.0
