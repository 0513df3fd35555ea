"""The keeper of the API keys: fetches them, renews them, and asks whether they are valid.

Theory of operation. Each key that comes from a file or a program has a task. It fetches the key
and gives it to the key's worker, which sends nothing before; while that fails it tries again after
1 s, 2 s and so on up to a minute. Then it waits for the validation interval or a refusal (403),
fetches again, and when the key is another one the worker sends with it what waits. A refusal
within five seconds of a fetch waits for their end: a key that stays refused costs a fetch every
five seconds and not one for every payload. A file is read every half a second then.

One more task validates every key, the first time five seconds after the start: by then the app has
started, and a job that has ended has learnt the same from the answers to its payloads.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from serverless_init.config import IntakeSettings, masked
from serverless_init.errors import Undecodable
from serverless_init.forwarder.child import fetch_key
from serverless_init.forwarder.http import Report, Worker
from serverless_init.forwarder.keys import KeyHealth, KeySource, KeyState, KeyStatus, Place
from serverless_init.telemetry import conceal
from serverless_init.wire import offload

_VALIDATION_S = 10.0  # for all keys together
_FETCH_PAUSE_S_MAX = 60.0
_INTERVAL_MINUTES = 60.0
_END_WITHIN_S = 0.03

Fetch = Callable[[KeySource, IntakeSettings], str]
"""See `fetch_key`."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When the keeper does what it does."""

    validate_after_s: float = 5.0
    fetch_pause_s: float = 1.0
    renew_pause_s: float = 5.0
    renew_file_pause_s: float = 0.5


class Keeper:
    """See the module's text."""

    def __init__(
        self,
        workers: Iterable[Worker],
        settings: IntakeSettings,
        *,
        report: Report,
        rhythm: Rhythm | None = None,
        fetch: Fetch = fetch_key,
    ) -> None:
        self._settings = settings
        self._report = report
        self._rhythm = rhythm or Rhythm()
        self._fetch = fetch
        minutes = settings.validation_interval_minutes
        self._interval_s = 60.0 * (minutes if minutes > 0 else _INTERVAL_MINUTES)
        self._workers = tuple(workers)
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    @property
    def health(self) -> KeyHealth:
        """What is known of the keys."""
        return KeyHealth(tuple(worker.channel.key_status for worker in self._workers))

    def start(self) -> None:
        """Begin to fetch and to validate, on the running loop."""
        for worker in self._workers:
            if worker.channel.renewable:
                self._tasks.append(asyncio.create_task(self._renew(worker), name="renew key"))
        if self._workers:
            self._tasks.append(asyncio.create_task(self._validate(), name="validate keys"))

    async def fetched(self, worker: Worker, seconds: float) -> None:
        """Wait until `worker` has a key, but not longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not worker.channel.ready:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    async def end(self) -> None:
        """Close, and let the tasks end."""
        ending = [task for task in self._tasks if not task.done()]
        self.close()
        if ending:
            await asyncio.wait(ending, timeout=_END_WITHIN_S)

    def close(self) -> None:
        """Fetch and validate no more. Idempotent."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    async def _renew(self, worker: Worker) -> None:
        refused = asyncio.Event()
        worker.channel.on_refusal = refused.set
        pause_s, complaint = self._rhythm.fetch_pause_s, ""
        while True:
            refused.clear()
            why = await self._fetched(worker)
            if why and why != complaint:
                self._report("warning", why)
            complaint = why
            if not worker.channel.ready:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _FETCH_PAUSE_S_MAX)
                continue
            is_file = worker.channel.intake.key_source.place is Place.FILE
            rhythm = self._rhythm
            await asyncio.sleep(rhythm.renew_file_pause_s if is_file else rhythm.renew_pause_s)
            await _set_within(refused, self._interval_s)

    async def _fetched(self, worker: Worker) -> str:
        """Fetch the key once; why that failed, empty when it did not."""
        intake = worker.channel.intake
        source = intake.key_source
        goes_on = "the last one stays in use" if intake.api_key else "payloads wait for it"
        failure = f"the API key for {intake.url} cannot be had from {source}"
        try:
            key = await offload(partial(self._fetch, source, self._settings), name="fetch key")
        except OSError as error:
            return f"{failure}: {error.strerror or error}; {goes_on}"
        except (Undecodable, ValueError) as error:
            return f"{failure}: {error}; {goes_on}"
        conceal(key, masked(key))
        if worker.use_key(key):
            ending = worker.channel.intake.key_ending
            self._report("info", f"the API key for {intake.url} now ends in {ending} ({source})")
            self._changed.set()
        return ""

    async def _validate(self) -> None:
        await asyncio.sleep(self._rhythm.validate_after_s)
        timeout_s = _VALIDATION_S / len(self._workers)
        known: dict[Worker, KeyStatus] = {}
        while True:
            for worker in self._workers:
                status = await worker.channel.validate(timeout_s=timeout_s)
                self._say(status, again=known.get(worker) == status)
                known[worker] = status
            await asyncio.sleep(self._interval_s)

    def _say(self, status: KeyStatus, *, again: bool) -> None:
        subject = f"the API key for {status.url} ending in {status.key_ending}"
        if status.state is KeyState.INVALID and not again:
            self._report("warning", f"{subject} is not valid, says Datadog")
        elif status.state is KeyState.UNKNOWN:
            self._report("info", f"{subject} could not be validated; it is used anyway")


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
