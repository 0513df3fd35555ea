"""The keeper of the API keys: fetches them, renews them, and asks whether they are valid.

Theory of operation. Each file or program that a key comes from has a task, however many intakes
and signals use the key. It fetches the key and gives it to their workers, which send nothing
before; while that fails it tries again after 1 s, 2 s and so on up to a minute. Then it waits for
the validation interval or a refusal (403) by any of them, fetches again, and when the key is
another one the workers send with it what waits. A refusal within five seconds of a fetch waits for
their end: a key that stays refused costs a fetch every five seconds and not one for every payload.
A file is read every half a second then.

One more task validates every key, the first time five seconds after the start: by then the app has
started, and a job that has ended has learnt the same from the answers to its payloads.

Workers come and go with their forwarders; when the last has gone, the tasks end.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from serverless_init.config import IntakeSettings, masked
from serverless_init.errors import Undecodable
from serverless_init.forwarder.child import fetch_key
from serverless_init.forwarder.endpoints import validation_url
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
        self._workers: tuple[Worker, ...] = ()
        # Sources and signals are few: the settings name them.
        self._renewals: dict[KeySource, _Renewal] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    @property
    def health(self) -> KeyHealth:
        """What is known of the keys."""
        return KeyHealth(tuple(worker.channel.key_status for worker in self._workers))

    def start(self, workers: Iterable[Worker]) -> None:
        """Begin to fetch and to validate the keys of `workers`, on the running loop."""
        joining = tuple(workers)
        if joining and not self._workers:
            self._tasks.append(asyncio.create_task(self._validate(), name="validate keys"))
        self._workers += joining
        for worker in joining:
            if worker.channel.renewable:
                self._join(worker)

    async def fetched(self, worker: Worker, seconds: float) -> None:
        """Wait until `worker` has a key, but not longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not worker.channel.ready:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    async def end(self, workers: Iterable[Worker]) -> None:
        """Forget `workers`; when they were the last ones, let the tasks end."""
        tasks = tuple(self._tasks)
        self.forget(workers)
        if tasks and not self._tasks:
            await asyncio.wait(tasks, timeout=_END_WITHIN_S)

    def forget(self, workers: Iterable[Worker]) -> None:
        """Care for `workers` no more, and fetch and validate no more after the last. Idempotent."""
        gone = frozenset(workers)
        self._workers = tuple(worker for worker in self._workers if worker not in gone)
        if not self._workers:
            for task in self._tasks:
                task.cancel()
            self._tasks.clear()
            self._renewals.clear()

    def _join(self, worker: Worker) -> None:
        source = worker.channel.intake.key_source
        renewal = self._renewals.get(source)
        if renewal is None:
            renewal = self._renewals[source] = _Renewal(source, asyncio.Event())
            renewing = self._renew(renewal)
            self._tasks.append(asyncio.create_task(renewing, name="renew key"))
        worker.channel.on_refusal = renewal.refused.set
        if renewal.key:
            worker.use_key(renewal.key)

    async def _renew(self, renewal: "_Renewal") -> None:
        pause_s, complaint = self._rhythm.fetch_pause_s, ""
        while True:
            renewal.refused.clear()
            why = await self._fetched(renewal)
            if why and why != complaint:
                self._report("warning", why)
            complaint = why
            if not renewal.key:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _FETCH_PAUSE_S_MAX)
                continue
            is_file = renewal.source.place is Place.FILE
            rhythm = self._rhythm
            await asyncio.sleep(rhythm.renew_file_pause_s if is_file else rhythm.renew_pause_s)
            await _set_within(renewal.refused, self._interval_s)

    async def _fetched(self, renewal: "_Renewal") -> str:
        """Fetch the key once; why that failed, empty when it did not."""
        source = renewal.source
        goes_on = "the last one stays in use" if renewal.key else "payloads wait for it"
        failure = f"the API key for {self._intakes(source)} cannot be had from {source}"
        try:
            key = await offload(partial(self._fetch, source, self._settings), name="fetch key")
        except OSError as error:
            return f"{failure}: {error.strerror or error}; {goes_on}"
        except (Undecodable, ValueError) as error:
            return f"{failure}: {error}; {goes_on}"
        conceal(key, masked(key))
        if key != renewal.key:
            renewal.key = key
            using = [worker for worker in self._users(source) if worker.use_key(key)]
            ending = using[0].channel.intake.key_ending if using else "****"
            subject = f"the API key for {self._intakes(source)}"
            self._report("info", f"{subject} now ends in {ending} ({source})")
            self._changed.set()
        return ""

    def _users(self, source: KeySource) -> list[Worker]:
        return [w for w in self._workers if w.channel.intake.key_source == source]

    def _intakes(self, source: KeySource) -> str:
        """The intakes that use the key, for a message."""
        return ", ".join(dict.fromkeys(w.channel.intake.url for w in self._users(source)))

    async def _validate(self) -> None:
        await asyncio.sleep(self._rhythm.validate_after_s)
        known: dict[tuple[object, str], KeyState] = {}
        while True:
            groups = self._by_key()
            for question, group in groups.items():
                state = await group[0].channel.validate(timeout_s=_VALIDATION_S / len(groups))
                for worker in group:
                    worker.channel.learn(question[1], state)
                self._say(group[0].channel.key_status, again=known.get(question) == state)
                known[question] = state
            known = {question: known[question] for question in groups}
            await asyncio.sleep(self._interval_s)

    def _by_key(self) -> dict[tuple[object, str], list[Worker]]:
        """The workers by where they have which key validated: each question is asked once."""
        groups: dict[tuple[object, str], list[Worker]] = {}
        for worker in self._workers:
            intake = worker.channel.intake
            groups.setdefault((validation_url(intake), intake.api_key), []).append(worker)
        return groups

    def _say(self, status: KeyStatus, *, again: bool) -> None:
        subject = f"the API key for {status.url} ending in {status.key_ending}"
        if status.state is KeyState.INVALID and not again:
            self._report("warning", f"{subject} is not valid, says Datadog")
        elif status.state is KeyState.UNKNOWN:
            self._report("info", f"{subject} could not be validated; it is used anyway")


@dataclass(slots=True, eq=False)
class _Renewal:
    """A source, what it said last, and the event that an intake has refused that."""

    source: KeySource
    refused: asyncio.Event
    key: str = ""


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
