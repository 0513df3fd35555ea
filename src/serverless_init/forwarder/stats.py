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
class ForwarderStats:
    """One intake's totals. Reasons, phases and statuses are small closed sets: no dict grows long.

    `errors` are attempts without an answer by phase, `http_errors` answers that are no delivery by
    status, `retries` the requests among `requests` that sent something again.
    """

    samples_accepted: int = 0
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

    def accept(self, payload: Payload) -> None:
        """`payload` is ours now."""
        self.samples_accepted += payload.samples
        self.payloads_accepted += 1
        self.bytes_accepted += len(payload.body)

    def request(self, payload: Payload, *, again: bool) -> None:
        """A request carries `payload`, not for the first time when `again`."""
        self.requests += 1
        self.retries += again
        self._endpoint(payload).requests += 1

    def deliver(self, payload: Payload) -> None:
        """The intake has `payload`."""
        self.samples_delivered += payload.samples
        self.payloads_delivered += 1
        self.bytes_delivered += len(payload.body)
        endpoint = self._endpoint(payload)
        endpoint.samples_delivered += payload.samples
        endpoint.payloads_delivered += 1
        endpoint.bytes_delivered += len(payload.body)

    def drop(self, payload: Payload, reason: str) -> None:
        """`payload` is lost because of `reason`."""
        self.samples_dropped[reason] = self.samples_dropped.get(reason, 0) + payload.samples
        self.payloads_dropped[reason] = self.payloads_dropped.get(reason, 0) + 1
        endpoint = self._endpoint(payload)
        endpoint.samples_dropped += payload.samples
        endpoint.payloads_dropped += 1

    def error(self, phase: str) -> None:
        """An attempt got no answer."""
        self.errors[phase] = self.errors.get(phase, 0) + 1

    def http_error(self, status: int) -> None:
        """An answer was not a delivery."""
        self.http_errors[status] = self.http_errors.get(status, 0) + 1

    def _endpoint(self, payload: Payload) -> EndpointStats:
        return self.endpoints.setdefault(payload.endpoint.name, EndpointStats())
