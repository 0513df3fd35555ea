"""The logs pipeline: the app's output and its files, lanes, a forwarder, built sink first."""

import glob
import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from serverless_init import __version__
from serverless_init.clock import Clock
from serverless_init.config import (
    AggregatorSettings,
    Configuration,
    EnhancedSettings,
    ForwarderSettings,
    LogsDeliverySettings,
    LogsSettings,
    TagSettings,
)
from serverless_init.forensics import StderrTail
from serverless_init.forwarder import (
    Discipline,
    Forwarder,
    IntakeAddress,
    IntakeEndpoint,
    Outlet,
)
from serverless_init.lifecycle import Component, Drained
from serverless_init.logs import (
    LANES,
    Assembler,
    AssemblerOptions,
    BatchOptions,
    FilesOptions,
    Lane,
    LaneOptions,
    LogFiles,
    Logs,
    LogsStats,
    Rules,
    Settled,
    compile_rules,
)
from serverless_init.model import ExitReport, LogMessage, LogSource, Stream
from serverless_init.platforms import APP_SERVICE, Place
from serverless_init.wire import choose_codec

_log = logging.getLogger("serverless_init.logs")

# Where App Service keeps what its instances log.
_APP_SERVICE_FOLDER = "/home/LogFiles"
_SERVICE_VARIABLES = ("K_SERVICE", "CONTAINER_APP_NAME")
_SERVICE_UNKNOWN = "agent"
_PATHS_MAX = 1000
# 401 is an answer for good: so the senders of logs have it.
LOGS_DISCIPLINE = Discipline(ordered=True, refused=frozenset((400, 401, 403, 413)))
# Where our own message comes from.
_OWN_STREAM = "serverless-init"
_ROUTES = ("/api/v2/logs", "/v1/input")


@dataclass(frozen=True, slots=True)
class Common:
    """What all messages have in common."""

    service: str
    source: str
    tags: tuple[str, ...]
    origin: str


class LogsPipeline:
    """The components in their order, and the account of every line.

    `surroundings` are the place and the environment. `stages` are the forwarder's and the
    sources'. `stderr` remembers its last lines for `tell_end`; both are None when how the app ended
    is not wanted.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        streams: Sequence[Stream],
        endpoints: tuple[IntakeEndpoint, ...],
        outlet: Outlet,
        surroundings: tuple[Place, Mapping[str, str]],
        clock: Clock,
    ) -> None:
        self._common = common_of(configuration, *surroundings)
        collects = configuration.of(LogsSettings).enabled
        files = files_options(configuration, *surroundings) if collects else None
        self._options = _assembler_options(configuration)
        self._rules, problems = compile_rules(configuration.of(LogsSettings).processing_rules)
        for problem in problems:
            _log.warning("%s", problem)
        self._stats = LogsStats()
        self._clock = clock
        self.forwarder = _forwarder(configuration, endpoints, outlet, clock)
        lane_options = _lane_options(configuration, self._common)
        self._lanes = [
            Lane(
                endpoint,
                lane_options,
                out=self.forwarder,
                stats=self._stats,
                settled=self._settled,
            )
            for endpoint in LANES
        ]
        self._lane_of: dict[str, Lane] = {}
        self._joined = 0
        self.stderr: StderrTail | None = None
        self.tell_end: Callable[[ExitReport], None] | None = None
        if streams and configuration.of(EnhancedSettings).exit_report:
            streams, self.stderr = _remembering(streams, self._rules)
            self.tell_end = self._tell_end
        joined = [(stream, *self._join(stream.name)) for stream in streams]
        self._joined_stderr = next((entry for entry in joined if entry[0] is self.stderr), None)
        self.logs = Logs(
            joined,
            files=LogFiles(files, join=self._join, clock=clock) if files else None,
            lanes=self._lanes,
            stats=self._stats,
            clock=clock,
        )
        self.stages: tuple[tuple[Component, ...], ...] = ((self.forwarder,), (self.logs,))

    def facts(self) -> Mapping[str, int]:
        """What the app wrote faster than its lines could be collected."""
        return {"output_bytes_lost": self._stats.bytes_lost}

    def accounts(self) -> Mapping[str, Drained]:
        """The one account of lines."""
        return {"logs": self.account()}

    @property
    def service(self) -> str:
        """The service of what names none."""
        return self._common.service

    def submit(self, message: LogMessage) -> None:
        """Take a message that came whole; the processing rules are for its text too."""
        text = self._rules.apply(message.text, is_cut=False)
        if text is None:
            self._stats.lines_accepted += message.lines
            self._stats.drop("excluded", message.lines)
            return
        self.logs.submit(message._replace(text=text))

    async def flush(self, deadline: float) -> None:
        """Pass on and deliver every batch that is open, before `deadline`."""
        self.logs.flush()
        await self.forwarder.flush(deadline)

    def name_instance(self, tag: str) -> None:
        """See `Signal.name_instance`."""
        for lane in self._lanes:
            lane.tag((tag,))

    def _tell_end(self, end: ExitReport) -> None:
        """Make a message of how the app ended, behind its stderr, if somebody should hear of it."""
        if not end.is_notable:
            return
        common, now = self._common, self._clock.now()
        source = LogSource(_OWN_STREAM, common.service, common.source, common.tags)
        lane = self._lane("stderr")
        if self._joined_stderr and self.stderr and self.stderr.ended:
            lane.add(self._joined_stderr[1].end(now), now)
        self._stats.lines_accepted += 1
        self._stats.messages += 1
        lane.add([end_message(end, source, now)], now)

    def account(self) -> Drained:
        """Every line that was read: delivered, dropped by whom and why, or still here."""
        read, sent = self.logs.account(), self.forwarder.stats
        dropped = Counter(read.dropped)
        dropped.update(sent.samples_dropped)
        return Drained(
            accepted=read.accepted,
            passed_on=sent.samples_delivered,
            dropped=dropped,
            held=read.held + self.forwarder.held,
        )

    def _join(self, stream: str) -> tuple[Assembler, Lane]:
        common = self._common
        source = LogSource(stream, common.service, common.source, common.tags)
        assembler = Assembler(source, self._options, rules=self._rules, stats=self._stats)
        return assembler, self._lane(stream)

    def _lane(self, stream: str) -> Lane:
        """In turn; what replaces a file under its name comes after it, so has the same."""
        if stream not in self._lane_of:
            if len(self._lane_of) >= _PATHS_MAX:
                self._lane_of.clear()
            self._lane_of[stream] = self._lanes[self._joined % len(self._lanes)]
            self._joined += 1
        return self._lane_of[stream]

    def _settled(self, endpoint: str) -> Settled:
        done = self.forwarder.stats.endpoints.get(endpoint)
        if done is None:
            return Settled()
        payloads = done.payloads_delivered + done.payloads_dropped
        return Settled(done.samples_delivered, done.samples_dropped, payloads)


def end_message(end: ExitReport, source: LogSource, now: float) -> LogMessage:
    """How the app ended, with the standard attributes of an error."""
    attributes: dict[str, object] = {"exit_code": end.code}
    if end.signal:
        attributes["signal"] = end.signal
    if end.oom_kills is not None:
        attributes["oom_kills"] = end.oom_kills
    if end.is_failure:
        error = {"kind": end.kind, "message": end.error}
        if end.last_lines:
            error["stack"] = "\n".join(end.last_lines)
        attributes["error"] = error
    return LogMessage(
        text=f"serverless-init: {end.text}".encode(),
        status="critical" if end.oom_kills else "error",
        timestamp_ms=int(now * 1000),
        source=source,
        attributes=tuple(attributes.items()),
    )


def logs_address(configuration: Configuration) -> IntakeAddress:
    """Where the logs' intakes are."""
    delivery, names = configuration.of(LogsDeliverySettings), LogsDeliverySettings.fields
    return IntakeAddress(
        "http-intake.logs",
        url=_url(delivery),
        api_key=delivery.api_key,
        further=delivery.additional_endpoints,
        url_variable=names["url"].env,
        key_variable=names["api_key"].env,
        further_variable=names["additional_endpoints"].env,
    )


def common_of(configuration: Configuration, place: Place, environ: Mapping[str, str]) -> Common:
    """The service, source and tags of all messages, by the original's order of precedence."""
    named = [configuration.of(TagSettings).service]
    named += [environ.get(variable, "") for variable in _SERVICE_VARIABLES]
    return Common(
        service=next(filter(None, named), _SERVICE_UNKNOWN).lower(),
        source=configuration.of(LogsSettings).source.lower() or place.platform.log_source,
        tags=place.tags.full,
        origin=place.platform.origin,
    )


def files_options(
    configuration: Configuration, place: Place, environ: Mapping[str, str]
) -> FilesOptions | None:
    """Which files are followed; None when no setting names any."""
    settings = configuration.of(LogsSettings)
    if place.platform is APP_SERVICE and settings.instance_logging:
        instance = glob.escape(environ.get("COMPUTERNAME", ""))
        ending = glob.escape(settings.instance_file_descriptor)
        pattern = f"{_APP_SERVICE_FOLDER}/*{instance}*{ending}.log"
    else:
        pattern = settings.path
    if not pattern:
        return None
    folder = os.path.dirname(pattern)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return FilesOptions(
        pattern=pattern,
        run_path=settings.run_path or folder or ".",
        scan_period_s=settings.file_scan_period_s,
        files_max=settings.open_files_max,
    )


def _remembering(streams: Sequence[Stream], rules: Rules) -> tuple[list[Stream], StderrTail | None]:
    """The streams, and the one among them that remembers its end as the rules leave it."""
    tails = {
        stream.name: StderrTail(stream, masked=lambda line: rules.apply(line, is_cut=False))
        for stream in streams
        if stream.name == "stderr"
    }
    return [tails.get(stream.name, stream) for stream in streams], tails.get("stderr")


def _assembler_options(configuration: Configuration) -> AssemblerOptions:
    settings = configuration.of(LogsSettings)
    return AssemblerOptions(
        message_bytes_max=settings.message_bytes_max,
        timeout_s=settings.aggregation_timeout_ms / 1000,
        auto_multi_line=settings.auto_multi_line,
        datetime_detection=settings.datetime_detection,
        detect_status=settings.status == "auto",
        tag_multi_line=settings.tag_multi_line,
        tag_truncated=settings.tag_truncated,
    )


def _lane_options(configuration: Configuration, common: Common) -> LaneOptions:
    settings = configuration.of(LogsSettings)
    delivery = configuration.of(LogsDeliverySettings)
    host = configuration.of(AggregatorSettings).hostname
    kind = delivery.compression_kind if delivery.use_compression else "none"
    return LaneOptions(
        batch=BatchOptions(
            messages_max=settings.batch_messages_max,
            bytes_max=settings.batch_bytes_max,
            wait_s=settings.batch_wait_s,
            hostname=host if host != "none" else "",
        ),
        codec=choose_codec(kind, zstd_level=delivery.zstd_level),
        headers=(
            ("DD-PROTOCOL", "agent-json"),
            ("DD-EVP-ORIGIN", common.origin),
            ("DD-EVP-ORIGIN-VERSION", __version__),
        ),
    )


def _url(delivery: LogsDeliverySettings) -> str:
    url = delivery.url.strip().rstrip("/")
    if url and "://" not in url:
        url = f"{'http' if delivery.no_ssl else 'https'}://{url}"
    for route in _ROUTES:
        url = url.removesuffix(route)
    return url


def _forwarder(
    configuration: Configuration,
    endpoints: tuple[IntakeEndpoint, ...],
    outlet: Outlet,
    clock: Clock,
) -> Forwarder:
    settings = configuration.of(ForwarderSettings)
    delivery = configuration.of(LogsDeliverySettings)
    return Forwarder(
        ForwarderSettings(
            timeout_s=delivery.timeout_s,
            # A lane waits for its answers anyway: one request at once of each.
            workers=min(delivery.concurrent_requests_max or 1000, len(LANES)),
            concurrent_requests_max=1,
            stop_timeout_s=settings.stop_timeout_s,
            stop_wait_for_inflight=settings.stop_wait_for_inflight,
            backoff_factor=delivery.backoff_factor,
            backoff_base_s=delivery.backoff_base_s,
            backoff_max_s=delivery.backoff_max_s,
            recovery_interval=delivery.recovery_interval,
            recovery_reset=delivery.recovery_reset,
            queue_payloads_max=settings.queue_payloads_max,
            retry_queue_bytes_max=settings.retry_queue_bytes_max,
        ),
        clock=clock,
        endpoints=endpoints,
        name="logs_forwarder",
        outlet=outlet,
        discipline=LOGS_DISCIPLINE,
    )
