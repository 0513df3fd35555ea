"""What the sampler counts, and every reason for which it drops a sample."""

from dataclasses import dataclass, field

from serverless_init.model import MetricSample
from serverless_init.sampler.busiest import Busiest

MALFORMED = "malformed:"
NON_FINITE = "non_finite"
KIND_CONFLICT = "kind_conflict"
CONTEXTS_MAX = "contexts_max"
UNSUPPORTED_TYPE = "unsupported_type"
SET_MEMBERS_MAX = "set_members_max"
HISTOGRAM_VALUES_MAX = "histogram_values_max"
NO_OUTPUT = "no_output"
FILTERED = "filtered"

# Names of which samples were refused; the busiest are found among many more.
_REFUSED_NAMES_MAX = 256
_EXCERPT_BYTES_MAX = 80


@dataclass(slots=True)
class SamplerStats:
    """Counters, in samples. `dropped` is by reason, ``malformed:<reason>`` for malformed lines.

    `samples_timestamped` are those that became points without aggregation.

    For the owner's log: the start of the last malformed line; the name and kind of the last
    timestamped sample of a type that cannot have one; and the names of which most samples were
    refused because there were too many contexts. The owner may clear them when it has logged them.
    """

    samples_accepted: int = 0
    samples_flushed: int = 0
    samples_timestamped: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    malformed_excerpt: bytes = b""
    unsupported_excerpt: tuple[bytes, str] | None = None
    refused_names: Busiest = field(default_factory=lambda: Busiest(_REFUSED_NAMES_MAX))

    def drop(self, reason: str, samples: int = 1) -> None:
        """Count samples that were accepted before."""
        if samples:
            self.dropped[reason] = self.dropped.get(reason, 0) + samples

    def reject(self, reason: str, line: bytes) -> None:
        """Count a malformed line: accepted as one sample and dropped."""
        self.samples_accepted += 1
        self.drop(MALFORMED + reason)
        self.malformed_excerpt = line[:_EXCERPT_BYTES_MAX]

    def refuse(self, name: bytes, samples: int) -> None:
        """Count samples for whose context there is no room: accepted and dropped."""
        self.samples_accepted += samples
        self.drop(CONTEXTS_MAX, samples)
        self.refused_names.count(name, samples)

    def filter(self, samples: int) -> None:
        """Count samples of a metric that is unwanted: accepted and dropped."""
        self.samples_accepted += samples
        self.drop(FILTERED, samples)

    def refuse_type(self, sample: MetricSample) -> None:
        """Count accepted samples that have a timestamp and are no gauge or counter."""
        self.drop(UNSUPPORTED_TYPE, len(sample.values) or 1)
        if self.unsupported_excerpt is None:
            name = sample.name[:_EXCERPT_BYTES_MAX]
            self.unsupported_excerpt = name, sample.kind.name.lower()
