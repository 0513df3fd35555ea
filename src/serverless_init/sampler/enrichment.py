"""Everything done to a sample's name and tags when its raw text is seen for the first time.

The order is the Agent's: the name is mapped, special tags are taken out, the namespace is put in
front, unwanted names are dropped, the extra tags are appended, then the tags that follow from the
sender, and of distributions the unwanted tags are taken away. The result depends on nothing but the
text, and on the sender where the socket tells, so the sampler asks once per text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from serverless_init.model import MetricKind, MetricSample, normalize
from serverless_init.sampler.name_filter import NameFilter
from serverless_init.sampler.origin import OriginTags, Sender
from serverless_init.sampler.tag_filter import TagFilter

if TYPE_CHECKING:
    from serverless_init.sampler.mapper import Mapped, Mapper

_HOST = b"host:"
_INTERNAL = b"dd.internal."
_ENTITY_ID = b"dd.internal.entity_id:"
_CARDINALITY = b"dd.internal.card:"
_JMX_CHECK_NAME = b"dd.internal.jmx_check_name:"

# Tag texts whose outcome is remembered; enough for the tag sets of one program.
_KNOWN_MAX = 1024
_COPIED = (MetricKind.HISTOGRAM, MetricKind.TIMING)


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


def mapper(profiles: Iterable[object], *, cache_size: int) -> "Mapper":
    """A `Mapper` of `profiles`. Its module, and regular expressions, are imported only now."""
    from serverless_init.sampler.mapper import Mapper

    return Mapper(profiles, cache_size=cache_size)


@dataclass(frozen=True, slots=True)
class EnrichmentRules:
    """What enrichment is built with; by default it does nothing.

    `host` is for samples whose tags name none; `extra_tags` are appended to all. `namespace` is put
    in front of every name that begins with none of `namespace_exceptions`. `copy_prefix` is put in
    front of the name of a histogram's copy as a distribution; None makes no copies. Without
    `origin` a sample's sender does not matter.
    """

    host: bytes = b""
    extra_tags: tuple[bytes, ...] = ()
    map_name: "Callable[[bytes], Mapped | None] | None" = None
    namespace: bytes = b""
    namespace_exceptions: tuple[bytes, ...] = ()
    names: NameFilter = field(default_factory=NameFilter)
    tags: TagFilter = field(default_factory=TagFilter)
    copy_prefix: bytes | None = None
    origin: OriginTags | None = None


class Enrichment:
    """Gives samples their identity by `rules`."""

    def __init__(self, rules: EnrichmentRules) -> None:
        self._rules = rules
        self._known: dict[tuple[tuple[bytes, ...], Sender], tuple[bytes, tuple[bytes, ...]]] = {}

    def identify(self, sample: MetricSample, container: bytes = b"") -> Identity | None:
        """The identity of the series that `sample` belongs to; None when its name is unwanted.

        `container` is the id of the container that the socket's credentials lead to.
        """
        rules = self._rules
        name, tags = sample.name, sample.tags
        mapped = rules.map_name(name) if rules.map_name else None
        if mapped is not None:
            name, tags = mapped.name, tags + mapped.tags
        if rules.namespace and not name.startswith(rules.namespace_exceptions):
            name = rules.namespace + name
        if rules.names.rejects(name):
            return None
        sender = Sender(
            container, sample.local_data, sample.external_data, cardinality=sample.cardinality
        )
        host, canonical = self._host_and_tags(tags, sender)
        if sample.kind is MetricKind.DISTRIBUTION:
            canonical = rules.tags.filter(name, canonical)
        return Identity(name, host, canonical)

    def copy_of(self, sample: MetricSample, identity: Identity) -> Identity | None:
        """The identity of the distribution that a histogram or timing is copied to, if it is."""
        prefix = self._rules.copy_prefix
        if prefix is None or sample.kind not in _COPIED:
            return None
        name = prefix + identity.name
        return Identity(name, identity.host, self._rules.tags.filter(name, identity.tags))

    def tags_of_sender(self, sender: Sender) -> tuple[bytes, ...]:
        """The tags that follow from who sent something: for events and service checks."""
        return self._rules.origin.of(sender) if self._rules.origin else ()

    def _host_and_tags(
        self, tags: tuple[bytes, ...], sender: Sender
    ) -> tuple[bytes, tuple[bytes, ...]]:
        """Host and canonical tags. Remembered, so that contexts with equal tags share a tuple."""
        key = (tags, sender)
        known = self._known.get(key)
        if known is None:
            stripped = strip_special(tags, cardinality=sender.cardinality)
            host = self._rules.host if stripped.host is None else stripped.host
            sender = sender._replace(entity_id=stripped.entity_id, cardinality=stripped.cardinality)
            enriched = stripped.tags + self._rules.extra_tags + self.tags_of_sender(sender)
            known = host, normalize(enriched)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[key] = known
        return known
