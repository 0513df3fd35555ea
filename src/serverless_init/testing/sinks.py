"""Downstreams that keep what they are given."""

from serverless_init.model import Payload, PayloadKind


class CollectingSink:
    """A `PayloadSink` that keeps every payload, in order of submission."""

    def __init__(self) -> None:
        self.payloads: list[Payload] = []

    def submit(self, payload: Payload) -> None:
        """See `PayloadSink.submit`."""
        self.payloads.append(payload)

    @property
    def samples(self) -> int:
        """The samples in all payloads: what this sink counts as passed on to it."""
        return sum(payload.samples for payload in self.payloads)

    def of_kind(self, kind: PayloadKind) -> list[Payload]:
        """The payloads of one kind."""
        return [payload for payload in self.payloads if payload.kind is kind]
