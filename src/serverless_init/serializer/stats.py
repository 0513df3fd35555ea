"""What the serializer counts: ``accepted = serialized + sum(dropped) + held``, in samples."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class SerializerStats:
    """Counters of all batches.

    `dropped` is in samples and `items_dropped` in series, sketch series, events and checks, both
    by reason: a histogram's second serie carries no samples, and its loss is still seen. Reasons:
    ``too_big``, ``points_max``, ``disabled:<kind>``. `samples_held` are in batches not yet emitted.
    """

    samples_accepted: int = 0
    samples_serialized: int = 0
    samples_held: int = 0
    items_serialized: int = 0
    payloads: int = 0
    bytes_uncompressed: int = 0
    bytes_compressed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    items_dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, samples: int) -> None:
        """Count one item lost for `reason`."""
        self.dropped[reason] = self.dropped.get(reason, 0) + samples
        self.items_dropped[reason] = self.items_dropped.get(reason, 0) + 1
