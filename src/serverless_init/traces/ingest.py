"""From payloads to what waits for delivery: processing, the two writers, the accounts."""

from collections import Counter
from collections.abc import Generator, Mapping

from serverless_init.lifecycle import Drained
from serverless_init.model import TraceChunk, TracerPayload
from serverless_init.traces.build import Processing
from serverless_init.traces.pipeline import Sender
from serverless_init.traces.samplers import Rates
from serverless_init.traces.stats_payload import ClientStatsPayload
from serverless_init.traces.write import StatsWriter, TraceWriter

_NS = 1_000_000_000


class Ingest:
    """What the receivers of all protocols have in common. Times are unix seconds."""

    def __init__(self, processing: Processing, *, traces: TraceWriter, stats: StatsWriter) -> None:
        self._processing = processing
        self._traces = traces
        self._stats = stats

    @property
    def rates(self) -> Rates:
        """What tracers are told of sampling."""
        return self._processing.sampling.rates

    def traces(
        self, payload: TracerPayload, sender: Sender, now: float
    ) -> Generator[None, None, None]:
        """Take `payload`, a chunk at each step. What is worked through when it ends is kept."""
        try:
            yield from self._processing.pipeline.ingest(payload, sender, now)
        finally:
            self._traces.add(payload)

    def own(self, chunk: TraceChunk, now: float) -> None:
        """Take spans of our own, as those of a tracer."""
        for _ in self.traces(TracerPayload(chunks=[chunk]), Sender(), now):
            continue

    def statistics(
        self, payload: ClientStatsPayload, headers: Mapping[str, str], now: float
    ) -> None:
        """Take what a tracer has counted itself."""
        self._processing.client_stats.accept(
            payload,
            language=headers.get("datadog-meta-lang", ""),
            tracer_version=headers.get("datadog-meta-tracer-version", ""),
            is_obfuscated=headers.get("datadog-obfuscation-version", "0") not in ("", "0"),
            now_ns=int(now * _NS),
        )
        self._stats.add_of_client(payload)

    def flush(self, now: float, *, force: bool = False) -> None:
        """Pass on what waits; with `force` the buckets of statistics that are not over yet too."""
        self._traces.flush()
        concentrator = self._processing.concentrator
        counted = concentrator.flush(int(now * _NS), force=force) if concentrator else []
        self._stats.flush(counted)

    def spans_account(self) -> Drained:
        """Every span: passed on, dropped by whom and why, or still here."""
        stats = self._processing.stats
        dropped = sum(stats.dropped.values())
        under_way = stats.spans_accepted - stats.spans_kept - dropped
        return Drained(
            accepted=stats.spans_accepted,
            passed_on=self._traces.spans_passed_on,
            dropped=Counter(stats.dropped),
            held=under_way + self._traces.held,
        )

    def groups_account(self) -> Drained:
        """Every group of statistics."""
        concentrator = self._processing.concentrator
        held = self._stats.held + (concentrator.groups_open if concentrator else 0)
        passed_on = self._stats.groups_passed_on
        return Drained(accepted=passed_on + held, passed_on=passed_on, held=held)
