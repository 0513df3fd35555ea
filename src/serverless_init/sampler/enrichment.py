"""Everything done to a sample's name and tags when its raw text is seen for the first time.

The name is mapped, the namespace is put in front, unwanted names are dropped. Special tags are
taken out, of the client's tags and of those that the mapping added; the extra tags are appended,
then the tags that follow from the sender; of distributions the unwanted tags are taken away. It
comes to the same as the Agent's order. The result depends on nothing but the text, and on the
sender where the socket tells, so the sampler asks once per text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from serverless_init.model import MetricKind, MetricSample, normalize
from serverless_init.sampler.rules import EnrichmentRules
from serverless_init.sampler.sender import Sender

_HOST = b"host:"
_SPECIAL = (_HOST, b"dd.internal.")
_ENTITY_ID = b"dd.internal.entity_id:"
_CARDINALITY = b"dd.internal.card:"
_JMX_CHECK_NAME = b"dd.internal.jmx_check_name:"

# Tag texts whose outcome is remembered; enough for the tag sets of one program.
_KNOWN_MAX = 1024
# Names and single tags of which contexts share one copy; beyond it, new contexts begin new copies.
_TEXTS_MAX = 16_384
_COPIED = (MetricKind.HISTOGRAM, MetricKind.TIMING)
_NOBODY = Sender()


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
        if not tag.startswith(_SPECIAL):
            kept.append(tag)
        elif tag.startswith(_HOST):
            host = tag[len(_HOST) :]
        elif tag.startswith(_ENTITY_ID):
            entity_id = tag[len(_ENTITY_ID) :]
        elif tag.startswith(_CARDINALITY) and not cardinality:
            cardinality = tag[len(_CARDINALITY) :]
        elif not tag.startswith(_JMX_CHECK_NAME):
            kept.append(tag)
    return Stripped(tuple(kept), host, entity_id, cardinality)


class Enrichment:
    """Gives samples their identity by `rules`; `host` is for what names none."""

    def __init__(self, rules: EnrichmentRules) -> None:
        self.host = rules.host
        self._rules = rules
        self._rejects = rules.names.rejects if rules.names else None
        self._texts: dict[bytes, bytes] = {}
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
        if self._rejects and self._rejects(name):
            return None
        sender = _NOBODY
        if rules.origin or sample.cardinality:
            sender = Sender(
                container, sample.local_data, sample.external_data, b"", sample.cardinality
            )
        host, canonical = self._host_and_tags(tags, sender)
        if rules.tags and sample.kind is MetricKind.DISTRIBUTION:
            canonical = rules.tags.filter(name, canonical)
        return Identity(self._shared(name), host, canonical)

    def copy_of(self, sample: MetricSample, identity: Identity) -> Identity | None:
        """The identity of the distribution that a histogram or timing is copied to, if it is."""
        rules = self._rules
        if rules.copy_prefix is None or sample.kind not in _COPIED:
            return None
        name, tags = rules.copy_prefix + identity.name, identity.tags
        return Identity(name, identity.host, rules.tags.filter(name, tags) if rules.tags else tags)

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
            host = self.host if stripped.host is None else stripped.host
            sender = sender._replace(entity_id=stripped.entity_id, cardinality=stripped.cardinality)
            enriched = stripped.tags + self._rules.extra_tags + self.tags_of_sender(sender)
            known = host, tuple([self._shared(tag) for tag in normalize(enriched)])
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[key] = known
        return known

    def _shared(self, text: bytes) -> bytes:
        """The one copy of `text` that all contexts hold."""
        if len(self._texts) >= _TEXTS_MAX:
            self._texts.clear()
        return self._texts.setdefault(text, text)
