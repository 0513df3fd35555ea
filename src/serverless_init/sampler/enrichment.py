"""Everything done to a sample's name and tags when its raw text is seen for the first time.

The order is the Agent's: special tags are taken out, then the extra tags are appended. Mapping,
namespace, filters and origin tags belong between the two and have their place in `identify`. The
result depends on nothing but the text, so the sampler asks once per text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from serverless_init.model import MetricSample, normalize

_HOST = b"host:"
_INTERNAL = b"dd.internal."
_ENTITY_ID = b"dd.internal.entity_id:"
_CARDINALITY = b"dd.internal.card:"
_JMX_CHECK_NAME = b"dd.internal.jmx_check_name:"

# Tag texts whose outcome is remembered; enough for the tag sets of one program.
_KNOWN_MAX = 1024


class Identity(NamedTuple):
    """What makes a context: two samples with equal identities are samples of one series.

    `tags` are sorted and distinct. A tuple and not a dataclass because it is a dictionary key,
    and tuples are hashed and compared in C.
    """

    name: bytes
    host: bytes
    tags: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Stripped:
    """A tag list without its special tags, and what these said.

    `host` is None when no tag gave one; empty means that no host is attached. The JMX check name
    is taken out and not kept: nothing here runs checks.
    """

    tags: tuple[bytes, ...]
    host: bytes | None
    entity_id: bytes
    cardinality: bytes


def strip_special(tags: Iterable[bytes], *, cardinality: bytes = b"") -> Stripped:
    """Take the special tags out of `tags`; the others keep their order.

    Of repeated ones the last counts. The exception is the cardinality: when one is known, from the
    message's field or from an earlier tag, the tag is an ordinary one.
    """
    kept = []
    host: bytes | None = None
    entity_id = b""
    for tag in tags:
        if tag.startswith(_HOST):
            host = tag[len(_HOST) :]
        elif not tag.startswith(_INTERNAL):
            kept.append(tag)
        elif tag.startswith(_ENTITY_ID):
            entity_id = tag[len(_ENTITY_ID) :]
        elif tag.startswith(_CARDINALITY) and not cardinality:
            cardinality = tag[len(_CARDINALITY) :]
        elif not tag.startswith(_JMX_CHECK_NAME):
            kept.append(tag)
    return Stripped(tuple(kept), host, entity_id, cardinality)


class Enrichment:
    """Gives samples their identity. `host` is for samples whose tags name none."""

    def __init__(self, *, host: bytes, extra_tags: tuple[bytes, ...]) -> None:
        self._host = host
        self._extra_tags = extra_tags
        self._known: dict[tuple[tuple[bytes, ...], bytes], tuple[bytes, tuple[bytes, ...]]] = {}

    def identify(self, sample: MetricSample) -> Identity:
        """The identity of the series that `sample` belongs to."""
        host, tags = self._host_and_tags(sample.tags, sample.cardinality)
        return Identity(sample.name, host, tags)

    def _host_and_tags(
        self, tags: tuple[bytes, ...], cardinality: bytes
    ) -> tuple[bytes, tuple[bytes, ...]]:
        """Host and canonical tags. Remembered, so that contexts with equal tags share a tuple."""
        key = (tags, cardinality)
        known = self._known.get(key)
        if known is None:
            stripped = strip_special(tags, cardinality=cardinality)
            host = self._host if stripped.host is None else stripped.host
            known = host, normalize(stripped.tags + self._extra_tags)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[key] = known
        return known
