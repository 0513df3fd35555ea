"""A transaction: one payload on its way to one intake."""

from dataclasses import dataclass

from serverless_init.model import Payload


@dataclass(frozen=True, slots=True, eq=False)
class Transaction:
    """One payload, its place in arrival order, and how often sending it has failed."""

    payload: Payload
    sequence: int
    errors: int = 0

    @property
    def target(self) -> str:
        """What circuit breaker and order are keyed by (each intake has breakers of its own)."""
        return self.payload.endpoint.name

    @property
    def size(self) -> int:
        """Bytes as the retry queue counts them: the body alone."""
        return len(self.payload.body)

    @property
    def turn(self) -> tuple[int, int]:
        """Sort key of sending: what failed less often first, then the older one."""
        return self.errors, self.sequence

    def failed(self) -> "Transaction":
        """The same payload after one more failure."""
        return Transaction(self.payload, self.sequence, self.errors + 1)
