"""What the sampler counts, and every reason for which it drops a sample."""

from dataclasses import dataclass, field

MALFORMED = "malformed:"
NON_FINITE = "non_finite"
KIND_CONFLICT = "kind_conflict"
CONTEXTS_MAX = "contexts_max"
BUCKETS_MAX = "buckets_max"
SET_MEMBERS_MAX = "set_members_max"
HISTOGRAM_VALUES_MAX = "histogram_values_max"
NO_OUTPUT = "no_output"

_REFUSED_NAMES_MAX = 10
_EXCERPT_BYTES_MAX = 80


@dataclass(slots=True)
class SamplerStats:
    """Counters, in samples. `dropped` is by reason, ``malformed:<reason>`` for malformed lines.

    For the owner's log: the start of the last malformed line; and the first ten names of which
    samples were refused because there were too many contexts, with how many. The owner may clear
    `refused_names` when it has logged them.
    """

    samples_accepted: int = 0
    samples_flushed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    malformed_excerpt: bytes = b""
    refused_names: dict[bytes, int] = field(default_factory=dict)

    def drop(self, reason: str, samples: int = 1) -> None:
        """Count samples that were accepted before."""
        if samples:
            self.dropped[reason] = self.dropped.get(reason, 0) + samples

    def reject(self, reason: str, line: bytes) -> None:
        """Count a malformed line: accepted as one sample and dropped."""
        self.samples_accepted += 1
        self.drop(MALFORMED + reason)
        self.malformed_excerpt = line[:_EXCERPT_BYTES_MAX]

    def refuse(self, reason: str, name: bytes, samples: int) -> None:
        """Count samples for which there is no room: accepted and dropped."""
        self.samples_accepted += samples
        self.drop(reason, samples)
        names = self.refused_names
        if reason == CONTEXTS_MAX and (name in names or len(names) < _REFUSED_NAMES_MAX):
            names[name] = names.get(name, 0) + samples
