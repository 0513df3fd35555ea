"""The forwarder: delivers payloads to the intake, and at the end accounts for every one.

The steady life of a payload is told in `queue`, `breaker` and `retry`. At the end `drain` differs
from the Agent's stop, which cancels or forgets silently; here the sum is always right:

- ``forwarder_stop_wait_for_inflight`` true: what is in flight goes on while the queue is sent;
  false: it is cancelled first and counted as ``cancelled_at_stop``.
- ``forwarder_stop_timeout`` above zero bounds the drain. Zero or less: the queue is not sent but
  counted as ``stop_without_purge``; only what is in flight may end.
- Everything queued is sent, what had failed before included, without waiting for a backoff; what
  fails then is tried again after 100 ms, 200 ms and so on up to 1 s, until the deadline.
- An API key that is still being fetched is waited for, and what it does not come for is counted as
  ``no_api_key``.
- Where payloads may be stored on disk, what is left half a second before the deadline is stored
  and counted as ``stored_on_disk``; see `spill`.
- At the deadline what is left is counted as ``deadline``, and as ``unconfirmed`` when the request
  had been sent in full and only its answer was missing: it may have arrived.

Each endpoint has an account of its own, and each balances by itself. The forwarder's own account is
that of the first, the main one: what is delivered there counts as delivered. The others stand
beside it in the receipt.
"""

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from serverless_init.clock import Clock
from serverless_init.config import ForwarderSettings
from serverless_init.forwarder.breaker import BackoffPolicy, backoff_policy
from serverless_init.forwarder.channel import Channel
from serverless_init.forwarder.dispatcher import Dispatcher
from serverless_init.forwarder.endpoints import IntakeEndpoint, storage_names
from serverless_init.forwarder.http import Limits, Report, Worker
from serverless_init.forwarder.keys import KeyHealth
from serverless_init.forwarder.outlet import Outlet
from serverless_init.forwarder.queue import TransactionQueue
from serverless_init.forwarder.retry import Discipline
from serverless_init.forwarder.stats import ForwarderStats
from serverless_init.lifecycle import Drained
from serverless_init.model import Payload
from serverless_init.wire import HttpClient, TlsOptions

if TYPE_CHECKING:
    from serverless_init.forwarder.spill import Spill

_log = logging.getLogger("serverless_init.forwarder")
_NO_API_KEY = (
    "no API key, so all telemetry is dropped: set DD_API_KEY to deliver it, or start with "
    "serverless-init --local COMMAND to see what would be delivered"
)
_USUAL = Discipline()
_ARBITRARY_TAGS = (("Allow-Arbitrary-Tag-Value", "true"),)
# A file is read back into memory as a whole.
_FILE_BYTES_MAX = 33_554_432
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING}


def log_line(level: str, text: str) -> None:
    """Write one line for the operator to the log."""
    _log.log(_LEVELS[level], "%s", text)


class Forwarder:
    """Takes payloads, never blocks, delivers them to every endpoint. See the module's text.

    There is one for each signal, of another `name`, with endpoints and counters of its own; they
    share the `outlet`. `endpoints` begins with the main one. Not thread-safe: everything is called
    on the loop that ran `start`.
    """

    def __init__(
        self,
        settings: ForwarderSettings,
        *,
        clock: Clock,
        endpoints: tuple[IntakeEndpoint, ...],
        name: str = "forwarder",
        report: Report = log_line,
        outlet: Outlet | None = None,
        discipline: Discipline = _USUAL,
    ) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._started = False
        policy, complaints = backoff_policy(settings)
        timeout_s, complaint = _timeout(settings)
        self._complaints = complaints + complaint
        slots = settings.workers * settings.concurrent_requests_max
        limits = Limits(slots, timeout_s, discipline.refused, usual=settings.workers)
        self._outlet = outlet or _outlet(settings, limits, report)
        self._outlet.join(name)
        self._report = report
        self._discipline = discipline
        self._workers = tuple(
            self._worker(endpoint, folder, policy, limits)
            for endpoint, folder in zip(endpoints, storage_names(endpoints), strict=True)
        )
        self.stats = self._workers[0].stats if self._workers else ForwarderStats()
        """The main endpoint's counters."""
        self.channel = self._workers[0].channel if self._workers else None
        """The way to the main endpoint, with its key of the moment."""

    @property
    def held(self) -> int:
        """Samples that wait for the main endpoint, or are in flight to it."""
        return self._workers[0].held if self._workers else 0

    @property
    def key_health(self) -> KeyHealth:
        """What is known of the API keys of all signals."""
        return self._outlet.keeper.health

    def account(self) -> Drained:
        """The main endpoint's account."""
        return _account(self.stats, self.held)

    def elsewhere(self) -> dict[str, tuple[str, Drained]]:
        """The other endpoints by URL and the key's ending: the URL as configured, the account."""
        return {
            _name(worker): (
                worker.channel.intake.configured_url,
                _account(worker.stats, worker.held),
            )
            for worker in self._workers[1:]
        }

    async def start(self) -> None:
        """Begin to send. Connects when there is something to send, not before."""
        assert not self._started, "the forwarder is started once"
        self._started = True
        for complaint in self._complaints:
            self._outlet.warn_once(complaint)
        if not self._workers:
            self._outlet.warn_once(_NO_API_KEY)
        for worker in self._workers:
            worker.start()
        self._outlet.keeper.start(self._workers)

    def submit(self, payload: Payload) -> None:
        """Queue `payload` for every endpoint that it is for.

        Never blocks; without an endpoint it is dropped as ``no_api_key``.
        """
        if not self._workers:
            self.stats.accept(payload)
            self.stats.drop(payload, "no_api_key")
        for worker in self._workers:
            if payload.is_for(worker.channel.intake.configured_url):
                worker.submit(payload)

    def wake(self) -> None:
        """End every backoff now: what waits is sent again at once."""
        for worker in self._workers:
            worker.wake()

    async def flush(self, deadline: float) -> None:
        """Try hard, as in `drain`, to send all that is held now before `deadline`, then go on.

        Nothing is dropped because of the deadline: what is left is retried as ever.
        """
        await asyncio.gather(*(worker.flush(deadline) for worker in self._workers))

    async def drain(self, deadline: float) -> Drained:
        """Deliver or account for everything before `deadline`; afterwards nothing is held."""
        stop_timeout_s = self._settings.stop_timeout_s
        purge = stop_timeout_s is None or stop_timeout_s > 0
        if stop_timeout_s is not None and stop_timeout_s > 0:
            deadline = min(deadline, self._clock.monotonic() + stop_timeout_s)
        cut_off = await asyncio.gather(
            *(self._drain(worker, deadline, purge=purge) for worker in self._workers)
        )
        await self._outlet.keeper.end(self._workers)
        return _account(self.stats, self.held, late=any(cut_off))

    def close(self) -> None:
        """End; what is still held is dropped as ``closed``. Idempotent."""
        for worker in self._workers:
            worker.close()
        self._outlet.keeper.forget(self._workers)
        self._outlet.leave(self.name)

    def _worker(
        self, endpoint: IntakeEndpoint, folder: str, policy: BackoffPolicy, limits: Limits
    ) -> Worker:
        """Delivery to `endpoint`; `folder` is where its payloads are stored, if anywhere."""
        settings, stats = self._settings, ForwarderStats()
        spill = self._spill(folder, stats) if self._discipline.storage.bytes_max else None
        bytes_max = settings.retry_queue_bytes_max
        queue = TransactionQueue(
            payloads_max=settings.queue_payloads_max,
            bytes_max=bytes_max,
            room_bytes=int(bytes_max * self._discipline.storage.memory_ratio) if spill else 0,
            ordered=self._discipline.ordered,
        )
        return Worker(
            Channel(
                endpoint,
                self._outlet.client,
                headers=_ARBITRARY_TAGS if settings.allow_arbitrary_tags else (),
            ),
            Dispatcher(queue, policy=policy, uniform=random.uniform, stats=stats, overflow=spill),
            limits=limits,
            clock=self._clock,
            stats=stats,
            report=self._report,
            spill=spill,
        )

    def _spill(self, folder: str, stats: ForwarderStats) -> "Spill":
        # Nobody else pays for what only a disk needs.
        from serverless_init.forwarder.disk import Disk, DiskLimits
        from serverless_init.forwarder.spill import Spill, SpillLimits

        storage, memory_max = self._discipline.storage, self._settings.retry_queue_bytes_max
        age_s_max = storage.age_days_max * 86_400.0
        disk_limits = DiskLimits(storage.bytes_max, storage.disk_ratio_max, age_s_max)
        return Spill(
            Disk(f"{storage.path}/{self.name}/{folder}", disk_limits, stats.spill),
            limits=SpillLimits(
                memory_max, min(memory_max, storage.bytes_max // 4, _FILE_BYTES_MAX)
            ),
            clock=self._clock,
            stats=stats,
            report=self._report,
        )

    async def _drain(self, worker: Worker, deadline: float, *, purge: bool) -> bool:
        if purge:
            until = worker.sending_ends(deadline)
            await self._outlet.keeper.fetched(worker, until - self._clock.monotonic())
        return await worker.drain(
            deadline, purge=purge, wait_for_inflight=self._settings.stop_wait_for_inflight
        )


def _outlet(settings: ForwarderSettings, limits: Limits, report: Report) -> Outlet:
    """One for a forwarder that shares with nobody."""
    client = HttpClient(
        tls=TlsOptions(skip_validation=settings.skip_tls_validation),
        idle_connections_max=limits.slots,
    )
    return Outlet(client, report=report)


def _account(stats: ForwarderStats, held: int, *, late: bool = False) -> Drained:
    return Drained(
        accepted=stats.samples_accepted,
        passed_on=stats.samples_delivered,
        dropped=dict(stats.samples_dropped),
        held=held,
        late=late,
    )


def _name(worker: Worker) -> str:
    intake = worker.channel.intake
    return f"{intake.url} (key {intake.key_ending})"


def _timeout(settings: ForwarderSettings) -> tuple[float, tuple[str, ...]]:
    """The request timeout in seconds, and a line when the settings' cannot be."""
    if settings.timeout_s > 0:
        return settings.timeout_s, ()
    declared = ForwarderSettings.fields["timeout_s"]
    line = f"{declared.env}={settings.timeout_s:g} cannot be; {declared.default:g} is used"
    return float(str(declared.default)), (line,)
