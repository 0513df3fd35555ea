"""The forwarder's counters.

The law, at every instant: accepted = delivered + sum(dropped) + held, in samples and in payloads.
Each intake has counters of its own.
"""

from dataclasses import dataclass, field

from serverless_init.model import Payload


@dataclass(slots=True)
class EndpointStats:
    """What became of the payloads of one route."""

    requests: int = 0
    payloads_delivered: int = 0
    payloads_dropped: int = 0
    samples_delivered: int = 0
    samples_dropped: int = 0
    bytes_delivered: int = 0


@dataclass(slots=True)
class SpillStats:
    """What went to the disk and came back."""

    payloads_written: int = 0
    payloads_read: int = 0
    files_unreadable: int = 0
    files_outdated: int = 0
    write_errors: int = 0


@dataclass(slots=True)
class ForwarderStats:
    """One intake's totals. Reasons, phases and statuses are small closed sets: no dict grows long.

    `errors` are attempts without an answer by phase, `http_errors` answers that are no delivery by
    status, `retries` the requests among `requests` that sent something again. `samples_restored`
    are those among the accepted that an earlier run has left on the disk.
    """

    samples_accepted: int = 0
    samples_restored: int = 0
    samples_delivered: int = 0
    samples_dropped: dict[str, int] = field(default_factory=dict)
    payloads_accepted: int = 0
    payloads_delivered: int = 0
    payloads_dropped: dict[str, int] = field(default_factory=dict)
    bytes_accepted: int = 0
    bytes_delivered: int = 0
    requests: int = 0
    retries: int = 0
    connections_opened: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    http_errors: dict[int, int] = field(default_factory=dict)
    endpoints: dict[str, EndpointStats] = field(default_factory=dict)
    spill: SpillStats = field(default_factory=SpillStats)

    def accept(self, payload: Payload) -> None:
        """`payload` is ours now."""
        self.samples_accepted += payload.samples
        self.payloads_accepted += 1
        self.bytes_accepted += len(payload.body)

    def restore(self, payload: Payload) -> None:
        """`payload`, which an earlier run has stored, is ours now."""
        self.accept(payload)
        self.samples_restored += payload.samples

    def request(self, payload: Payload, *, again: bool) -> None:
        """A request carries `payload`, not for the first time when `again`."""
        self.requests += 1
        self.retries += again
        self._endpoint(payload.endpoint.name).requests += 1

    def deliver(self, payload: Payload) -> None:
        """The intake has `payload`."""
        self.samples_delivered += payload.samples
        self.payloads_delivered += 1
        self.bytes_delivered += len(payload.body)
        endpoint = self._endpoint(payload.endpoint.name)
        endpoint.samples_delivered += payload.samples
        endpoint.payloads_delivered += 1
        endpoint.bytes_delivered += len(payload.body)

    def drop(self, payload: Payload, reason: str) -> None:
        """`payload` is lost because of `reason`."""
        self.drop_counted(payload.endpoint.name, 1, payload.samples, reason)

    def drop_counted(self, endpoint: str, payloads: int, samples: int, reason: str) -> None:
        """Payloads of one endpoint are not delivered, of which only the numbers are known."""
        self.samples_dropped[reason] = self.samples_dropped.get(reason, 0) + samples
        self.payloads_dropped[reason] = self.payloads_dropped.get(reason, 0) + payloads
        account = self._endpoint(endpoint)
        account.samples_dropped += samples
        account.payloads_dropped += payloads

    def error(self, phase: str) -> None:
        """An attempt got no answer."""
        self.errors[phase] = self.errors.get(phase, 0) + 1

    def http_error(self, status: int) -> None:
        """An answer was not a delivery."""
        self.http_errors[status] = self.http_errors.get(status, 0) + 1

    def _endpoint(self, name: str) -> EndpointStats:
        return self.endpoints.setdefault(name, EndpointStats())
