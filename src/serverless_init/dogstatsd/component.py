"""The DogStatsD server: takes packets off the reception and feeds the sampler.

There is no queue between parsing and the sampler and there are no workers: one loop, one thread, so
there is nothing to hand over at the end and no race to win. Reading comes before parsing: between
two portions of parsing, everything that has arrived is read.
"""

import asyncio
import logging

from serverless_init.clock import Clock
from serverless_init.dogstatsd.events import Malformed, parse_event, parse_service_check
from serverless_init.lifecycle import Drained
from serverless_init.model import Event, EventSink, ServiceCheck
from serverless_init.reception import Reception
from serverless_init.sampler import TimeSampler
from serverless_init.telemetry import RateLimit

_log = logging.getLogger("serverless_init.dogstatsd")

# Packets parsed between two reads: at 13 messages a packet about half a millisecond.
_PORTION_PACKETS = 16
# How long the loop may be kept from everything else, signals and timers excepted.
_TURN_S = 0.005
# A datagram that the app sent just before its end may still be on its way through loopback.
_QUIET_S = 0.002
# A grandchild that goes on sending must not hold up the end.
_QUIET_WAIT_MAX_S = 0.25
_EXCERPT_BYTES = 80


class DogStatsDStats:
    """What came besides metrics, which the sampler counts.

    `kernel_drops` are datagrams that the kernel discarded before they could be read, known after
    the drain; None where the kernel does not say.
    """

    __slots__ = ("dropped", "events", "kernel_drops", "packets_parsed", "service_checks")

    def __init__(self) -> None:
        self.packets_parsed = 0
        self.events = 0
        self.service_checks = 0
        self.kernel_drops: int | None = None
        self.dropped: dict[str, int] = {}

    def drop(self, reason: str) -> None:
        """Count one dropped event or check."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


class DogStatsD:
    """The component. Its downstream are the sampler, for metrics, and `events`, for the rest."""

    name = "dogstatsd"

    def __init__(
        self,
        reception: Reception,
        *,
        sampler: TimeSampler,
        events: EventSink,
        extra_tags: tuple[bytes, ...],
        clock: Clock,
        log_long_frames: bool = False,
    ) -> None:
        self.stats = DogStatsDStats()
        self._reception = reception
        self._sampler = sampler
        self._events = events
        self._extra_tags = extra_tags
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: asyncio.Handle | None = None
        self._closed = False
        self._log_long_frames = log_long_frames
        self._cut_off: dict[str, int] = {}
        self._complaints = RateLimit(interval_s=60.0)

    async def start(self) -> None:
        """Parse what has been received since the sockets were bound, and go on."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reception.fileno(), self._parse_turn)
        self._parse_turn()

    async def drain(self, deadline: float) -> Drained:
        """Read every socket until it stays empty, parse all of it, close the sockets."""
        stop = min(deadline, self._clock.monotonic() + _QUIET_WAIT_MAX_S)
        while self._parse_until_empty(deadline):
            if self._clock.monotonic() >= stop:
                break
            await asyncio.sleep(_QUIET_S)
        self._stop_reading()
        self.stats.kernel_drops = self._reception.kernel_drops()
        return self.account()

    def account(self) -> Drained:
        """What came, and what became of it, in samples. A packet not yet parsed counts as one."""
        metrics, own, reception = self._sampler.stats, self.stats, self._reception.stats
        accepted = metrics.samples_accepted + own.events + own.service_checks
        dropped = dict(own.dropped)
        for reason, count in reception.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
        held = len(self._reception)
        total = sum(dropped.values())
        return Drained(
            accepted=accepted + total + held, passed_on=accepted, dropped=dropped, held=held
        )

    def close(self) -> None:
        """Close the sockets."""
        if not self._closed:
            self._closed = True
            self._stop_reading()
            self._reception.close()

    def _stop_reading(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self._loop is not None:
            self._loop.remove_reader(self._reception.fileno())
            self._loop = None

    def _parse_turn(self) -> None:
        """Parse for one turn; when more is left, go on after the loop has had its turn."""
        self._pending = None
        self._parse_until_empty(self._clock.monotonic() + _TURN_S)
        if len(self._reception) and self._loop is not None:
            self._pending = self._loop.call_soon(self._parse_turn)

    def _parse_until_empty(self, until: float) -> bool:
        """Read and parse in turns until nothing is left or `until`; True when anything came."""
        reception, anything = self._reception, False
        while not anything or self._clock.monotonic() < until:
            reception.receive()
            taken = reception.take(_PORTION_PACKETS)
            if taken is None:
                break
            anything = True
            self._parse(*taken)
        self._complain()
        return anything

    def _parse(self, arrived_at: float, packets: list[bytes]) -> None:
        ingest = self._sampler.ingest
        for packet in packets:
            for line in ingest(packet, arrived_at):
                self._parse_rare(line)
        self.stats.packets_parsed += len(packets)

    def _parse_rare(self, line: bytes) -> None:
        warnings: list[str] = []
        item: Event | ServiceCheck | Malformed
        if line.startswith(b"_e{"):
            kind = "event"
            item = parse_event(line, extra_tags=self._extra_tags, warnings=warnings)
        else:
            kind = "service_check"
            item = parse_service_check(line, extra_tags=self._extra_tags, warnings=warnings)
        if isinstance(item, Malformed):
            self.stats.drop(f"malformed:{kind}:{item}")
            self._warn(f"{kind}:{item}", f"malformed {kind} ({item}): {line[:_EXCERPT_BYTES]!r}")
            return
        if isinstance(item, Event):
            self.stats.events += 1
        else:
            self.stats.service_checks += 1
        for warning in warnings:
            self._warn(kind, f"{kind} {line[:_EXCERPT_BYTES]!r}: {warning}")
        self._events.add(item)

    def _complain(self) -> None:
        """Say what was refused since the last time, once a minute for each kind."""
        reception = self._reception.stats
        for reason, count in reception.dropped.items():
            if count != self._cut_off.get(reason, 0):
                self._warn(reason, f"dropped: {reason} ({count} so far)")
                self._cut_off[reason] = count
        if reception.frame_excerpt and self._log_long_frames:
            self._warn("frame", f"the frame that is too long begins {reception.frame_excerpt!r}")
            reception.frame_excerpt = b""
        stats = self._sampler.stats
        if stats.malformed_excerpt:
            self._warn("metric", f"malformed metric: {stats.malformed_excerpt!r}")
            stats.malformed_excerpt = b""
        if stats.refused_names:
            names = ", ".join(repr(name)[1:] for name in stats.refused_names)
            self._warn("contexts", f"too many contexts, samples are dropped, among them: {names}")
            stats.refused_names.clear()

    def _warn(self, key: str, text: str) -> None:
        more = self._complaints.permit(key, self._clock.monotonic())
        if more is not None:
            _log.warning("%s%s", text, f" (and {more} more like it)" if more else "")
