"""The composition root, and the life of a run: started, supervised, drained, accounted for."""

import asyncio
import logging
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from serverless_init.clock import Clock, SystemClock
from serverless_init.config import (
    EnhancedSettings,
    ForwarderSettings,
    InventorySettings,
    RunSettings,
    masked,
)
from serverless_init.forwarder import IntakeEndpoint
from serverless_init.here import find_place
from serverless_init.intakes import open_outlet, signal_endpoints
from serverless_init.lifecycle import (
    Component,
    DrainEnded,
    DrainFailed,
    Lifecycle,
    LifecycleEvent,
    Receipt,
    StartFailed,
    Termination,
    drain_deadline,
)
from serverless_init.pipeline import Pipeline
from serverless_init.platforms import LOCAL, MICRO_VM, Place
from serverless_init.process import from_wait_status
from serverless_init.sampler import COMPILED
from serverless_init.signals import open_signals, wanted_signals
from serverless_init.start import Start
from serverless_init.telemetry import open_log, say

if TYPE_CHECKING:
    from serverless_init.health import Vitals
    from serverless_init.intake import Intake
    from serverless_init.inventory import Inventory
    from serverless_init.lifecycle import Drained
    from serverless_init.otlp import Otlp

_log = logging.getLogger("serverless_init.main")

# Relative parts of the drain window, sink first: sending takes longest.
_SHARES = (3.0, 1.0, 1.0)
_INTAKE_SHARE = 0.5
# That of the sources when they have lines to read to the end, and requests to answer.
_SIGNALS_SHARE = 2.0
_OTLP_SHARE = 1.0
_HEALTH_SHARE = 0.1
_FORENSICS_SHARE = 1.0


def run(start: Start) -> int:
    """Deliver the app's telemetry until it ends, and return the exit code."""
    start.complete_sockets()
    warnings.simplefilter("ignore")  # PYTHONWARNINGS=error is for the app
    key = start.configuration.of(ForwarderSettings).api_key
    settings = start.configuration.of(RunSettings)
    log = open_log(settings.log_level, secrets={key: masked(key)} if key else {})
    # Not asyncio.run: at its end that waits for threads, and a name lookup may hang in one.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_live(start, settings))
    finally:
        loop.close()
        log.close()


async def _live(start: Start, settings: RunSettings) -> int:
    place = await find_place(start.configuration, start.environ, sidecar=not start.command)
    return await Run(start, settings, place, SystemClock()).live()


class Run:
    """One run, from the app's start to the receipt."""

    def __init__(self, start: Start, settings: RunSettings, place: Place, clock: Clock) -> None:
        self._start = start
        self._settings = settings
        self._clock = clock
        self._place = place
        self._window_s = settings.grace_s or place.platform.grace_s
        self._intake: Intake | None = None
        local: tuple[IntakeEndpoint, ...] | None = None
        if start.local:
            # Nobody else pays for what only this mode needs.
            from serverless_init.local import local_endpoint, local_intake

            self._intake = local_intake(clock)
            local = (local_endpoint(self._intake),) if self._intake else ()
        endpoints = signal_endpoints(start.configuration) if local is None else local
        wanted = wanted_signals(start, place, local)
        outlet = open_outlet(start.configuration, sum(wanted.values(), endpoints))
        self._pipeline = Pipeline(
            start.configuration,
            reception=start.reception,
            endpoints=endpoints,
            outlet=outlet,
            place=place,
            clock=clock,
        )
        self._signals = tuple(
            open_signals(
                start,
                wanted,
                outlet=outlet,
                place=place,
                statsd=self._pipeline.dogstatsd.take,
                clock=clock,
            )
        )
        self._otlp: Otlp | None = None
        self._inventory: tuple[Inventory, ...] = ()
        self._vitals: Vitals | None = None
        stages, shares = self._assembled(is_delivering=bool(endpoints))
        self._lifecycle = Lifecycle(stages, clock=clock, observe=self._observe, shares=shares)

    def _assembled(self, *, is_delivering: bool) -> tuple[list[tuple[Component, ...]], list[float]]:
        """All components by stages, sink first, and each stage's share of the drain."""
        start, place, clock = self._start, self._place, self._clock
        stages, shares = list(self._pipeline.stages), list(_SHARES)
        for signal in self._signals:
            # Each beside its like: forwarders at the bottom, sources on top.
            stages[0] += signal.stages[0]
            stages[-1] += signal.stages[1]
            shares[-1] = _SIGNALS_SHARE
        if is_delivering and self._measures_container():
            from serverless_init.container import open_enhanced

            stages[-1] += (open_enhanced(start, place, self._pipeline.sampler, clock),)
        if place.platform is MICRO_VM and start.child:
            from serverless_init.container import open_hooks

            hooks = open_hooks(
                start,
                place,
                self._pipeline.sampler,
                flush=self._flush,
                named=self._name_instance,
                clock=clock,
            )
            stages[-1] += (hooks,)
        if start.configuration.of(InventorySettings).enabled:
            from serverless_init.inventorying import open_inventory

            self._inventory = open_inventory(start, place, self._pipeline.forwarder, clock)
            stages[-1] += self._inventory
        if start.otlp_sockets:
            from serverless_init.otlp_source import open_otlp

            self._otlp = open_otlp(start, place, self._pipeline, self._signals, clock)
            # Above all other sources, for it passes on to some of them.
            stages.append((self._otlp,))
            shares.append(_OTLP_SHARE)
        reports = start.child and start.configuration.of(EnhancedSettings).exit_report
        if reports or any(signal.tell_end for signal in self._signals):
            from serverless_init.container import open_forensics

            # Above everybody: what it finds out goes the way of all messages and spans.
            stages.append((open_forensics(start, place, self._signals, clock),))
            shares.append(_FORENSICS_SHARE)
        if self._intake:
            stages.insert(0, (self._intake,))
            shares.insert(0, _INTAKE_SHARE)
        if self._settings.health_port:
            stages.insert(0, (self._health(self._settings.health_port, stages),))
            shares.insert(0, _HEALTH_SHARE)
        return stages, shares

    async def live(self) -> int:
        """Start, wait for the end, drain, print the receipt; the exit code."""
        self._complain()
        self._start.read_meanwhile(False)
        await self._lifecycle.start()
        await self._until_the_end()
        began = self._clock.monotonic()
        deadline = drain_deadline(
            began,
            self._start.relay.terminated_at,
            self._window_s,
            self._settings.flush_timeout_s,
        )
        reports = await self._lifecycle.drain(deadline)
        drain_s = self._clock.monotonic() - began
        if self._start.capture:
            self._start.capture.discard(deadline - self._clock.monotonic())
        self._lifecycle.close()
        code = from_wait_status(self._start.reaper.status or 0)
        receipt = self._receipt(reports, drain_s=drain_s, exit_code=code)
        if self._intake:
            from serverless_init.local import local_report

            say(local_report(self._intake, self._place, self._start.environ))
        told = list(self._pipeline.statistics(as_json=self._settings.receipt == "json"))
        if told:
            say("\n".join([*told, ""]))
        # The last line of the run, whatever else is told.
        self._print(receipt)
        return code

    def _measures_container(self) -> bool:
        wanted = self._start.configuration.of(EnhancedSettings).enabled
        return self._place.platform is not LOCAL if wanted == "auto" else wanted == "true"

    def _health(self, port: int, stages: Iterable[Iterable[Component]]) -> Component:
        """What answers a platform's probes, from before the first other start to the last end."""
        from serverless_init.health import Health, Vitals

        self._vitals = Vitals(
            (component.name for stage in stages for component in stage),
            checks={"api_key": lambda: self._pipeline.forwarder.key_health.healthy},
        )
        return Health(port, self._vitals, clock=self._clock)

    def _observe(self, event: LifecycleEvent) -> None:
        _log_event(event)
        if self._vitals:
            self._vitals.observe(event)

    async def _until_the_end(self) -> None:
        """Wait for the app's end, or without an app for a termination signal."""
        loop = asyncio.get_running_loop()
        ended, terminated = asyncio.Event(), asyncio.Event()
        self._start.relay.notify_termination(lambda: loop.call_soon_threadsafe(terminated.set))
        if not self._start.child:
            await terminated.wait()
            return
        self._start.reaper.notify_end(lambda: loop.call_soon_threadsafe(ended.set))
        terminating = asyncio.create_task(self._terminate(terminated), name="termination")
        await ended.wait()
        terminating.cancel()
        self._start.terminal.take_back()

    async def _terminate(self, terminated: asyncio.Event) -> None:
        await terminated.wait()
        terminated_at = self._start.relay.terminated_at
        assert terminated_at is not None, "set before anybody is told"
        termination = Termination(
            clock=self._clock,
            window_s=self._window_s,
            flush=self._flush,
            outlived=lambda: self._print(self._receipt()),
        )
        await termination.run(terminated_at)

    async def _flush(self, deadline: float) -> None:
        """Deliver what is held before `deadline`, all signals side by side."""
        flushes = [signal.flush(deadline) for signal in self._signals]
        await asyncio.gather(self._pipeline.flush(deadline), *flushes)

    def _name_instance(self, tag: str) -> None:
        """We are one of several that began with the same memory: what each sends says which."""
        for signal in self._signals:
            signal.name_instance(tag)
        for inventory in self._inventory:
            inventory.begin_anew()

    def _receipt(self, reports: Mapping[str, "Drained"] | None = None, **facts: object) -> Receipt:
        accounts: dict[str, Drained] = {}
        for signal in self._signals:
            accounts.update(signal.accounts())
            facts.update(signal.facts())
        requests = self._otlp.requests_account() if self._otlp else None
        if requests and requests.accepted:
            accounts["otlp_requests"] = requests
        return self._pipeline.receipt(reports, signals=accounts, **facts)

    def _complain(self) -> None:
        """Say in one line each what went wrong before there was a log."""
        configuration = self._start.configuration
        configuration.read_all()
        for problem in configuration.problems:
            logging.getLogger("serverless_init.config").warning("%s", problem)
        for problem in self._start.problems:
            component, _, text = problem.partition(": ")
            logging.getLogger(f"serverless_init.{component}").warning("%s", text)
        if not COMPILED:
            _log.info("the sampler is not compiled: more CPU time is used for each message")
        misspelt, others = configuration.unknown()
        for line in misspelt:
            logging.getLogger("serverless_init.config").warning("%s", line)
        for line in others:
            logging.getLogger("serverless_init.config").info("%s", line)

    def _print(self, receipt: Receipt) -> None:
        form = self._settings.receipt
        wanted = form in ("log", "json") or self._start.local or not receipt.lossless
        if form == "off" or not wanted:
            return
        text = receipt.json() if form == "json" else f"serverless-init: {receipt.text()}"
        say(f"{text}\n")


def _log_event(event: LifecycleEvent) -> None:
    match event:
        case StartFailed(name, error):
            _log.warning("%s cannot start (%s); everything else goes on", name, error)
        case DrainEnded(name, report, took_s):
            if report.late:
                # The receipt names it too.
                _log.info("%s did not finish in time (%.1f s)", name, took_s)
        case DrainFailed(name, error):
            _log.error("%s failed while draining: %r", name, error)
        case _:
            _log.debug("%s", event)
