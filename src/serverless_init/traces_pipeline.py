"""The traces pipeline: the receiver and what is behind it, a forwarder each for spans and counts.

What answers tracers, and with it decoders, obfuscation and statistics, is imported and built with
the first request.
"""

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.config import (
    Configuration,
    ForwarderSettings,
    TraceDeliverySettings,
)
from serverless_init.forwarder import Forwarder, IntakeAddress, IntakeEndpoint, Outlet
from serverless_init.lifecycle import Component, Drained
from serverless_init.model import ExitReport, Span, TraceChunk
from serverless_init.platforms import Place, as_mapping
from serverless_init.traces import Traces, TracesOptions
from serverless_init.wire import Origin

if TYPE_CHECKING:
    from serverless_init.enhanced import JobSpan
    from serverless_init.forensics import StderrTail

_NAME = "trace.agent"
_BACKOFF_BASE_S = 0.1
_BACKOFF_MAX_S = 10.0
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class TracesSurroundings:
    """The place, and `local`, which takes what is passed on too: the embedded intake.

    `job_span` is that of a job's task, of which we are the only witness.
    """

    place: Place
    local: Origin | None = None
    job_span: "JobSpan | None" = None


class TracesPipeline:
    """The components in their order, and the accounts of every span and every count.

    `stages` are the forwarders and the receiver. `statsd` takes packets for DogStatsD.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        sockets: Sequence[socket.socket],
        endpoints: tuple[IntakeEndpoint, ...],
        outlet: Outlet,
        surroundings: TracesSurroundings,
        statsd: Callable[[list[bytes]], None] | None,
        clock: Clock,
    ) -> None:
        settings = _delivery(configuration)
        self.spans, self.statistics = (
            Forwarder(settings, clock=clock, endpoints=endpoints, name=name, outlet=outlet)
            for name in ("traces_forwarder", "trace_stats_forwarder")
        )
        place = surroundings.place
        site = configuration.of(ForwarderSettings).site
        job_span = surroundings.job_span
        self.traces = Traces(
            sockets,
            TracesOptions(
                configuration,
                spans=self.spans,
                statistics=self.statistics,
                statsd=statsd,
                client=outlet.client,
                api_key=self._api_key,
                apm=endpoints[0].origin if endpoints else Origin("https", f"{_NAME}.{site}", 443),
                instead=surroundings.local,
                platform=place.platform.origin,
                tags=as_mapping(place.tags.trace),
                function_tags=",".join(place.tags.function),
                profile_tags=as_mapping(place.tags.profile),
                adopt=job_span.adopt if job_span else self._name,
                last=self._last if job_span else None,
            ),
            clock=clock,
        )
        self._clock, self._job_span = clock, job_span
        self._instance: dict[str, str] = {}
        self._end: ExitReport | None = None
        self.stderr: StderrTail | None = None
        self.tell_end = self._tell_end if job_span else None
        self.stages: tuple[tuple[Component, ...], ...] = (
            (self.spans, self.statistics),
            (self.traces,),
        )

    async def flush(self, deadline: float) -> None:
        """Pass on and deliver what waits, open statistics included, before `deadline`."""
        self.traces.flush(force=True)
        await self.spans.flush(deadline)
        await self.statistics.flush(deadline)

    def name_instance(self, tag: str) -> None:
        """See `Signal.name_instance`."""
        key, _, value = tag.partition(":")
        self._instance = {key: value}

    def _name(self, spans: Iterable[Span]) -> None:
        if self._instance:
            for span in spans:
                span.meta.update(self._instance)

    def _tell_end(self, end: ExitReport) -> None:
        self._end = end

    def _last(self) -> TraceChunk:
        """The span of the task, which is over."""
        assert self._job_span, "nobody asks without one"
        return self._job_span.finish(self._end, int(self._clock.now() * 1e9))

    def _api_key(self) -> str:
        return self.spans.channel.intake.api_key if self.spans.channel else ""

    def accounts(self) -> Mapping[str, Drained]:
        """Those of spans and of the groups of their statistics, once any has come."""
        accounts = {
            "spans": _joined(self.traces.spans_account(), self.spans),
            "span_stats": _joined(self.traces.groups_account(), self.statistics),
        }
        return {name: account for name, account in accounts.items() if account.accepted}

    def facts(self) -> Mapping[str, int]:
        """Nothing that the accounts do not say."""
        return {}


def traces_address(configuration: Configuration) -> IntakeAddress:
    """Where the traces' intakes are."""
    delivery, names = configuration.of(TraceDeliverySettings), TraceDeliverySettings.fields
    return IntakeAddress(
        _NAME,
        url=delivery.url.strip().rstrip("/"),
        further=delivery.additional_endpoints,
        url_variable=names["url"].env,
        further_variable=names["additional_endpoints"].env,
    )


def _delivery(configuration: Configuration) -> ForwarderSettings:
    settings = configuration.of(ForwarderSettings)
    return ForwarderSettings(
        timeout_s=_TIMEOUT_S,
        concurrent_requests_max=configuration.of(TraceDeliverySettings).concurrent_requests_max,
        stop_timeout_s=settings.stop_timeout_s,
        stop_wait_for_inflight=settings.stop_wait_for_inflight,
        backoff_factor=settings.backoff_factor,
        backoff_base_s=_BACKOFF_BASE_S,
        backoff_max_s=_BACKOFF_MAX_S,
        recovery_interval=settings.recovery_interval,
        recovery_reset=settings.recovery_reset,
        queue_payloads_max=settings.queue_payloads_max,
        retry_queue_bytes_max=settings.retry_queue_bytes_max,
    )


def _joined(before: Drained, forwarder: Forwarder) -> Drained:
    """One account from what came to what was delivered."""
    sent = forwarder.stats
    return Drained(
        accepted=before.accepted,
        passed_on=sent.samples_delivered,
        dropped=Counter(before.dropped) + Counter(sent.samples_dropped),
        held=before.held + forwarder.held,
    )
