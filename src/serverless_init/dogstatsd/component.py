"""The DogStatsD server: takes packets off the reception and feeds the sampler.

There is no queue between parsing and the sampler and there are no workers: one loop, one thread, so
there is nothing to hand over at the end and no race to win. Reading comes before parsing: between
two portions of parsing, everything that has arrived is read.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from serverless_init.clock import Clock
from serverless_init.dogstatsd.complaints import too_many_contexts
from serverless_init.dogstatsd.events import Malformed, parse_event, parse_service_check
from serverless_init.dogstatsd.packet_rate import PacketRate
from serverless_init.lifecycle import Drained
from serverless_init.model import Event, EventSink, SerieSink, ServiceCheck, normalize
from serverless_init.reception import Reception
from serverless_init.sampler import COMPILED, Sender, TimeSampler
from serverless_init.telemetry import RateLimit
from serverless_init.wire import Relay

if TYPE_CHECKING:
    from serverless_init.dogstatsd.containers import Containers

_log = logging.getLogger("serverless_init.dogstatsd")

# Packets parsed between two reads: at 13 messages a packet about a tenth of a millisecond by the
# compiled sampler, about half a millisecond by Python.
_PORTION_PACKETS = 64 if COMPILED else 16
# How long the loop may be kept from everything else, signals and timers excepted.
_TURN_S = 0.005
# A datagram that the app sent just before its end may still be on its way through loopback.
_QUIET_S = 0.002
# A grandchild that goes on sending must not hold up the end.
_QUIET_WAIT_MAX_S = 0.25
_EXCERPT_BYTES = 80
_REFUSED_NAMES_TOLD = 5

# A name that is still being looked up at the end gets this long.
_RELAY_WAIT_S = 0.25


class Downstream(EventSink, SerieSink, Protocol):
    """What takes everything that the sampler does not keep."""


@dataclass(frozen=True, slots=True)
class DogStatsDOptions:
    """`relay_host` and `relay_port`: who gets a copy of each packet, nobody when one is missing.

    `packet_rate` counts packets per second; `quiet` says what is malformed at level debug;
    `long_frames_told` shows the start of a frame that is too long. `client_origin` reads what an
    event or a check says of its sender. Processes that the kernel names are looked up in `proc`.
    """

    relay_host: str = ""
    relay_port: int = 0
    packet_rate: bool = False
    quiet: bool = False
    long_frames_told: bool = False
    client_origin: bool = False
    proc: str = "/proc"


class DogStatsDStats:
    """What came besides metrics, which the sampler counts.

    `kernel_drops` are datagrams that the kernel discarded before they could be read, known after
    the drain; None where the kernel does not say. `packet_rate` counts when the options ask for it.
    `origins_unknown` are packets of processes that could not be asked about.
    """

    __slots__ = (
        "dropped",
        "events",
        "kernel_drops",
        "origins_unknown",
        "packet_rate",
        "packets_parsed",
        "service_checks",
    )

    def __init__(self) -> None:
        self.packets_parsed = 0
        self.packet_rate = PacketRate()
        self.origins_unknown = 0
        self.events = 0
        self.service_checks = 0
        self.kernel_drops: int | None = None
        self.dropped: dict[str, int] = {}

    def drop(self, reason: str) -> None:
        """Count one dropped event or check."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


class DogStatsD:
    """The component. Its downstream are the sampler, for metrics, and `out`, for the rest.

    `relay` is there between start and close, if the options name whom to pass packets on to.
    """

    name = "dogstatsd"

    def __init__(
        self,
        reception: Reception,
        *,
        sampler: TimeSampler,
        out: Downstream,
        extra_tags: tuple[bytes, ...],
        clock: Clock,
        options: DogStatsDOptions,
    ) -> None:
        self.stats = DogStatsDStats()
        self.relay: Relay | None = None
        self._reception = reception
        self._sampler = sampler
        self._out = out
        self._options = options
        self._malformed_level = logging.DEBUG if options.quiet else logging.WARNING
        self._extra_tags = extra_tags
        self._containers = _containers(options.proc) if reception.senders_named else None
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: asyncio.Handle | None = None
        self._closed = False
        self._cut_off: dict[str, int] = {}
        self._complaints = RateLimit(interval_s=60.0)

    async def start(self) -> None:
        """Parse what has been received since the sockets were bound, and go on."""
        options = self._options
        if options.relay_host and options.relay_port:
            self.relay = Relay(
                options.relay_host,
                options.relay_port,
                own_ports=self._reception.udp_ports(),
                report=_log.warning,
            )
            await self.relay.start()
        if COMPILED:
            self._reception.receive_in_threads(True)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reception.fileno(), self._parse_turn)
        self._parse_turn()

    async def drain(self, deadline: float) -> Drained:
        """Read every socket until it stays empty, parse all of it, close the sockets."""
        self._reception.receive_in_threads(False)
        stop = min(deadline, self._clock.monotonic() + _QUIET_WAIT_MAX_S)
        while self._parse_until_empty(deadline):
            if self._clock.monotonic() >= stop:
                break
            await asyncio.sleep(_QUIET_S)
        self._stop_reading()
        if self._sampler.stats.refused_names:
            self._complain_of_contexts()
        if self.relay is not None:
            await self.relay.drain(min(_RELAY_WAIT_S, deadline - self._clock.monotonic()))
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

    def take(self, packets: list[bytes]) -> None:
        """Parse packets that came another way than through our sockets."""
        self._parse(self._clock.now(), packets)

    def close(self) -> None:
        """Close the sockets."""
        if not self._closed:
            self._closed = True
            self._stop_reading()
            self._close_relay()
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
        turn_ends = self._clock.monotonic() + _TURN_S
        self._parse_until_empty(turn_ends)
        if self._clock.monotonic() >= turn_ends and self._loop is not None:
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
        if self._containers:
            for packet in packets:
                self._ingest([packet], arrived_at, self._container_of(packet))
        else:
            self._ingest(packets, arrived_at, b"")
        self.stats.packets_parsed += len(packets)
        if self._options.packet_rate:
            self.stats.packet_rate.count(len(packets), int(arrived_at))
        if self.relay is not None:
            for packet in filter(None, packets):
                self.relay.send(packet)

    def _ingest(self, packets: list[bytes], arrived_at: float, container: bytes) -> None:
        sampler = self._sampler
        if container:
            rare = sampler.ingest_from(b"\n".join(packets), arrived_at, container)
        else:
            rare = sampler.ingest_packets(packets, arrived_at)
        for line in rare:
            self._parse_rare(line, int(arrived_at), container)
        for serie in sampler.take_timestamped():
            self._out.submit(serie)

    def _container_of(self, packet: bytes) -> bytes:
        """The container of the process that sent `packet`, as far as the kernel tells."""
        pid = getattr(packet, "pid", None)
        if pid is None or self._containers is None:
            return b""
        container = self._containers.of(pid, self._clock.monotonic())
        if container is None:
            self.stats.origins_unknown += 1
            self._warn("origin", f"the container of process {pid} cannot be told")
        return container or b""

    def _parse_rare(self, line: bytes, second: int, container: bytes) -> None:
        warnings: list[str] = []
        is_event = line.startswith(b"_e{")
        kind = "event" if is_event else "service_check"
        parse: Callable[..., Event | ServiceCheck | Malformed]
        parse = parse_event if is_event else parse_service_check
        item = parse(
            line,
            host=self._sampler.enrichment.host,
            extra_tags=self._extra_tags,
            client_origin=self._options.client_origin,
            now=second,
            warnings=warnings,
        )
        if isinstance(item, Malformed):
            self.stats.drop(f"malformed:{kind}:{item}")
            text = f"malformed {kind} ({item}): {line[:_EXCERPT_BYTES]!r}"
            self._warn(f"{kind}:{item}", text, self._malformed_level)
            return
        if isinstance(item, Event):
            self.stats.events += 1
        else:
            self.stats.service_checks += 1
        for warning in warnings:
            self._warn(kind, f"{kind} {line[:_EXCERPT_BYTES]!r}: {warning}")
        self._out.add(self._with_origin(item, container))

    def _with_origin(self, item: Event | ServiceCheck, container: bytes) -> Event | ServiceCheck:
        """`item` with the tags that follow from who sent it, sorted and distinct."""
        sender = Sender(
            container, item.local_data, item.external_data, item.entity_id, item.cardinality
        )
        tags = item.tags + self._sampler.enrichment.tags_of_sender(sender)
        return replace(item, tags=normalize(tags))

    def _complain(self) -> None:
        """Say what was refused since the last time, once a minute for each kind."""
        reception = self._reception.stats
        for reason, count in reception.dropped.items():
            if count != self._cut_off.get(reason, 0):
                self._warn(reason, f"dropped: {reason} ({count} so far)")
                self._cut_off[reason] = count
        if reception.frame_excerpt and self._options.long_frames_told:
            self._warn("frame", f"the frame that is too long begins {reception.frame_excerpt!r}")
            reception.frame_excerpt = b""
        stats = self._sampler.stats
        if stats.malformed_excerpt:
            text = f"malformed metric: {stats.malformed_excerpt!r}"
            self._warn("metric", text, self._malformed_level)
            stats.malformed_excerpt = b""
        if stats.unsupported_excerpt:
            name, kind = stats.unsupported_excerpt
            text = f"only gauges and counters can have a timestamp, {name!r} is a {kind}: dropped"
            self._warn("timestamp", text)
            stats.unsupported_excerpt = None
        if stats.refused_names:
            # What is kept back goes on being counted, so that the next line names the busiest.
            permitted = self._complaints.permit("contexts", self._clock.monotonic())
            if permitted is not None:
                self._complain_of_contexts()

    def _complain_of_contexts(self) -> None:
        names = self._sampler.stats.refused_names
        told = names.top(_REFUSED_NAMES_TOLD)
        _log.warning("%s", too_many_contexts(told, self._sampler.crowding()))
        names.clear()

    def _warn(self, key: str, text: str, level: int = logging.WARNING) -> None:
        more = self._complaints.permit(key, self._clock.monotonic())
        if more is not None:
            _log.log(level, "%s%s", text, f" (and {more} more like it)" if more else "")

    def _close_relay(self) -> None:
        if self.relay is None:
            return
        self.relay.close()
        failures = self.relay.stats.failures
        if failures:
            reasons = ", ".join(f"{reason} {count}" for reason, count in failures.items())
            _log.warning("packets that were not passed on: %s", reasons)


def _containers(proc: str) -> "Containers":
    # Nobody else pays for what only origin detection needs.
    from serverless_init.dogstatsd.containers import Containers

    return Containers(proc)
