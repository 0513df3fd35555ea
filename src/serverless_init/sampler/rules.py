"""The rules of enrichment. What most runs have no rule for is imported only by those that have."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serverless_init.sampler.name_filter import NameFilter

if TYPE_CHECKING:
    from serverless_init.model import EntityTags
    from serverless_init.sampler.mapper import Mapped, Mapper
    from serverless_init.sampler.origin import OriginTags
    from serverless_init.sampler.tag_filter import TagFilter


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
    tags: "TagFilter | None" = None
    copy_prefix: bytes | None = None
    origin: "OriginTags | None" = None


def mapper(profiles: Iterable[object], *, cache_size: int) -> "Mapper":
    """A `Mapper` of `profiles`."""
    from serverless_init.sampler.mapper import Mapper

    return Mapper(profiles, cache_size=cache_size)


def tag_filter(entries: Iterable[object]) -> "TagFilter":
    """A `TagFilter` of `entries`."""
    from serverless_init.sampler.tag_filter import TagFilter

    return TagFilter(entries)


def origin_tags(
    entities: "EntityTags",
    *,
    unified: bool,
    opt_out: bool,
    entity_id_precedence: bool,
    cardinality: bytes,
) -> "OriginTags":
    """An `OriginTags` over `entities`, with `OriginOptions` of these values."""
    from serverless_init.sampler.origin import OriginOptions, OriginTags

    options = OriginOptions(unified, opt_out, entity_id_precedence, cardinality)
    return OriginTags(options, entities)
